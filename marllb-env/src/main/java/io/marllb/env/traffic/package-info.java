/**
 * What arrives: arrival processes, size distributions and the mix of classes, behind {@link io.marllb.env.traffic.FlowSource}.
 *
 * <p>Traffic knows neither servers nor policies.
 */
package io.marllb.env.traffic;
