/**
 * A cluster in a box, on real sockets: network namespaces with a client, balancers and nginx servers of different speed, and the same traffic that the
 * simulator plays. {@link io.marllb.bench.testbed.Testbed} makes and removes it, {@link io.marllb.bench.testbed.TestbedSuite} measures policies on it
 * beside what the simulator predicts.
 */
package io.marllb.bench.testbed;
