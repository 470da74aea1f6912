/**
 * A thin adapter to RL4J, the reinforcement learning library of Deeplearning4j: {@link io.marllb.rl4j.EnvMdp} shows one of our environments as its
 * MDP, {@link io.marllb.rl4j.DqnTraining} trains its DQN, {@link io.marllb.rl4j.TrainDqn} is the command. What comes out is an ordinary
 * {@code .marllb} file. RL4J is no longer maintained and knows one agent, one discrete choice and no memory: a baseline to compare with, not
 * a base to build on. Nothing else of ours may depend on this module.
 */
package io.marllb.rl4j;
