/**
 * Networks for learning, on ND4J. {@link io.marllb.agents.nn.Matrix} is memory, {@link io.marllb.agents.nn.Parameters} the flat parameters and
 * gradients of a network, {@link io.marllb.agents.nn.Network} its forward and backward pass, {@link io.marllb.agents.nn.Adam} the optimiser. Matrix
 * products are ND4J's; the arithmetic between them works on the same memory; gradients are written by hand and proved by finite differences.
 * Everything is allocated once. Do not use ND4J's fused GRU gradient (wrong in 1.0.0-M2.1), nor its random numbers.
 */
package io.marllb.agents.nn;
