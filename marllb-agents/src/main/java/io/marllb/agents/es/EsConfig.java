package io.marllb.agents.es;

import io.marllb.core.check.Checks;
import java.util.List;

/**
 * Settings of {@link EvolutionStrategy}.
 *
 * @param pairs antithetic pairs of changes per generation, {@code >= 1}
 * @param batch episodes that every member of a generation plays, the same for all, {@code >= 1}
 * @param sigma standard deviation of a change, {@code > 0}
 * @param rate Adam's step size, {@code > 0}
 * @param clip largest relative difference within a pair that one episode counts for, {@code > 0}
 * @param tail how much the relative difference of an episode's tail counts beside that of its return, {@code >= 0}
 * @param averaging share of the average of parameters that a generation keeps, in [0, 1): the average is what serves
 * @param start what evolves at the start, in the order of {@link EvolutionStrategy#evolved}; none for all 0, the codec's neutral action
 * @param balancers numbers of balancers to take turns with, for scenarios that are drawn; none for what the scenario says
 * @param evaluationEpisodes episodes of an evaluation, always the same, {@code >= 1}
 * @param evaluationEvery generations between evaluations, {@code >= 1}
 */
public record EsConfig(
        int pairs,
        int batch,
        double sigma,
        double rate,
        double clip,
        double tail,
        double averaging,
        List<Double> start,
        List<Integer> balancers,
        int evaluationEpisodes,
        int evaluationEvery) {

    /** Checks every value. */
    public EsConfig {
        start = List.copyOf(start);
        balancers = List.copyOf(balancers);
        new Checks("EsConfig")
                .atLeast("pairs", pairs, 1)
                .atLeast("batch", batch, 1)
                .positive("sigma", sigma)
                .positive("rate", rate)
                .positive("clip", clip)
                .that(tail >= 0 && tail < Double.POSITIVE_INFINITY, "tail must be >= 0, but was " + tail)
                .that(averaging >= 0 && averaging < 1, "averaging must be in [0, 1), but was " + averaging)
                .that(start.stream().allMatch(Double::isFinite), "start must be finite, but was " + start)
                .that(balancers.stream().allMatch(m -> m >= 1), "balancers must be >= 1, but were " + balancers)
                .atLeast("evaluationEpisodes", evaluationEpisodes, 1)
                .atLeast("evaluationEvery", evaluationEvery, 1)
                .throwIfAny();
    }

    /**
     * Found on random clusters, see docs/algorithms/marllb.md.
     *
     * @return the defaults
     */
    public static EsConfig defaults() {
        return new EsConfig(8, 12, 0.2, 0.015, 0.5, 0.5, 0.95, List.of(), List.of(), 80, 20);
    }
}
