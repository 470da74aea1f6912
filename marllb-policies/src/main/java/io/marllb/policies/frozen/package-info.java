/**
 * Trained policies that serve: plain arrays, no allocation while they decide, nothing native. {@link io.marllb.policies.frozen.AgentFile} is a
 * checkpoint on disk, {@link io.marllb.policies.frozen.NetworkSpec} the shape of a network, {@link io.marllb.policies.frozen.FrozenNetwork} one with its
 * parameters, {@link io.marllb.policies.frozen.Codec} how observations become inputs and actions become weights. Learning is elsewhere, on ND4J;
 * both sides share the shapes, the names and the order of parameters defined here.
 */
package io.marllb.policies.frozen;
