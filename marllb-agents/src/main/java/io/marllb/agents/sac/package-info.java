/**
 * Soft actor-critic over sequences (SAC-GRU), discrete and continuous. {@link io.marllb.agents.sac.Sac} is the learner, {@link
 * io.marllb.agents.sac.SacConfig} all its numbers with their sources; each of the two updates is told top to bottom in one class. Twin critics with
 * targets, a learnt temperature, burn-in, masks. Docs: {@code docs/algorithms/sac-gru.md}. To play, copy the actors; a learner never acts.
 */
package io.marllb.agents.sac;
