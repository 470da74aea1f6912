/**
 * Micro-benchmarks (JMH) of what runs once per flow or once per interval: reservoirs, samplers, alias draws, the minimum tree.
 *
 * <p>Build with {@code -Pjmh}, see the module's POM. Nothing else may use this package.
 */
package io.marllb.bench.sampling;
