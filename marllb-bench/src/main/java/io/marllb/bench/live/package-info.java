/**
 * The simulator as a data plane: {@link io.marllb.bench.live.SimulatedDataPlane} lets the very controller that steers connections and packets steer a
 * simulated cluster, in virtual time and over the same segment. To evaluate policies, use {@code io.marllb.bench.replay}: it needs no controller.
 */
package io.marllb.bench.live;
