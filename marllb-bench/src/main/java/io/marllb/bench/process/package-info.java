/**
 * Other programs that a suite runs: found, run to their end, started and ended. Those that are still running when this JVM ends are ended with it.
 * {@link io.marllb.bench.process.Programs} does it; not for programs that are to stay.
 */
package io.marllb.bench.process;
