/**
 * Evolution strategies (Salimans et al., 2017): parameters are changed at random and moved towards the changes that paid. For problems where an
 * action's effect is small against the luck of an episode, but the same luck can be played twice. {@link io.marllb.agents.es.EvolutionStrategy} is the
 * algorithm, {@link io.marllb.agents.es.EsConfig} its settings.
 */
package io.marllb.agents.es;
