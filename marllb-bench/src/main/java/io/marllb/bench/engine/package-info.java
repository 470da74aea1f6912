/** Micro-benchmarks of the event engine. */
package io.marllb.bench.engine;
