/**
 * How fast the simulator and the environments are, per CPU second of one thread, and against peers on the same work in the same run.
 *
 * <p>Entry type {@link io.marllb.bench.speed.SpeedSuite}. Micro-benchmarks are in the packages that mirror what they measure.
 */
package io.marllb.bench.speed;
