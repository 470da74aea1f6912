/**
 * The contracts that everything else stands on: a policy is a pair of a {@link io.marllb.core.FlowRule} (once per new flow) and a
 * {@link io.marllb.core.WeightPolicy} (once per control interval).
 *
 * <p>Hosts (simulator, proxy, controller) implement {@link io.marllb.core.View}, {@link io.marllb.core.Observation} and
 * {@link io.marllb.core.Outbox}; policies see nothing else. Nothing here draws random numbers, reads a clock or does I/O.
 */
package io.marllb.core;
