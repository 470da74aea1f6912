/**
 * What a back end puts around a policy: {@link io.marllb.policies.host.PolicyHost} keeps one balancer's counters, reservoirs and weights, and calls
 * its rule in the order that {@link io.marllb.core.FlowRule} promises. The simulator and the proxy share it, so that a policy meets the same host
 * in both; {@link io.marllb.policies.host.WeightCheck} is what either demands of weights.
 */
package io.marllb.policies.host;
