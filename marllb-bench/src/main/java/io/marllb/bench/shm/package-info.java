/**
 * Shared memory between Java and C, measured: {@link io.marllb.bench.shm.ShmSuite} compiles a small data plane in C, and counts what is torn, goes
 * backwards or is lost, how long a message takes, and what happens when either side is killed.
 */
package io.marllb.bench.shm;
