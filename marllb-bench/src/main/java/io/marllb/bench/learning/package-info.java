/**
 * How fast networks learn and decide, against PyTorch on the same machine, networks and batches, one thread each, in one run.
 *
 * <p>Entry type {@link io.marllb.bench.learning.LearningSpeedSuite}. PyTorch is optional; without it only our own times are measured.
 */
package io.marllb.bench.learning;
