/**
 * Agents that learn: what a {@link io.marllb.agents.Learner} is, and what it is given. Networks are in {@code nn}, data in {@code replay}, one
 * package per family of algorithms, and the loop that feeds them in {@code train}. Nothing here knows an environment but through {@code core.rl}.
 */
package io.marllb.agents;
