package io.marllb.agents.train;

import io.marllb.core.check.Checks;

/**
 * How much is played between two looks at the learner, and when it is evaluated and saved. Immutable.
 *
 * <p>An iteration plays with the actors as they were at its start, while the learner updates on what earlier iterations gave; so the two can run on
 * two threads with the same bits. A run is a whole number of iterations.
 *
 * @param environments how many are played, {@code >= 1}; results depend on it, other than on the number of threads
 * @param stepsPerIteration steps of each environment per iteration; 0 for whole episodes
 * @param episodesPerIteration episodes of each environment per iteration, {@code >= 1}; ignored with {@code stepsPerIteration}
 * @param updatesPerIteration updates of the learner per iteration, {@code >= 0}
 * @param evaluateEvery episodes between evaluations; 0 for none but one when the run is over, which is off the schedule
 * @param evaluationEpisodes episodes of an evaluation, always of the same seeds, {@code >= 1}
 * @param checkpointEvery episodes between checkpoints; 0 for none but the last
 * @param logEvery episodes between rows of the logs, {@code >= 1}
 */
public record TrainOptions(
        int environments,
        int stepsPerIteration,
        int episodesPerIteration,
        int updatesPerIteration,
        int evaluateEvery,
        int evaluationEpisodes,
        int checkpointEvery,
        int logEvery) {

    private static final int MOST_ENVIRONMENTS = 1024;

    /** Checks everything and reports every violation. */
    public TrainOptions {
        new Checks("TrainOptions")
                .that(
                        environments >= 1 && environments <= MOST_ENVIRONMENTS,
                        "environments must be in [1, " + MOST_ENVIRONMENTS + "], but was " + environments)
                .atLeast("stepsPerIteration", stepsPerIteration, 0)
                .atLeast("episodesPerIteration", episodesPerIteration, 1)
                .atLeast("updatesPerIteration", updatesPerIteration, 0)
                .atLeast("evaluateEvery", evaluateEvery, 0)
                .atLeast("evaluationEpisodes", evaluationEpisodes, 1)
                .atLeast("checkpointEvery", checkpointEvery, 0)
                .atLeast("logEvery", logEvery, 1)
                .throwIfAny();
    }

    /**
     * Whole episodes, as episodic replays want them.
     *
     * @param environments how many are played
     * @param updatesPerIteration updates after one episode of each
     * @return options with an evaluation of 5 episodes every 20, a checkpoint every 50, a row of the logs every 4 (Stable-Baselines3's interval)
     */
    public static TrainOptions episodes(int environments, int updatesPerIteration) {
        return new TrainOptions(environments, 0, 1, updatesPerIteration, 20, 5, 50, 4);
    }

    /**
     * So many steps between updates, as transitions are learnt from.
     *
     * @param stepsPerIteration steps of the one environment
     * @param updatesPerIteration updates after them
     * @return options with an evaluation of 10 episodes every 100, a checkpoint every 500, a row of the logs every 20
     */
    public static TrainOptions steps(int stepsPerIteration, int updatesPerIteration) {
        return new TrainOptions(1, stepsPerIteration, 1, updatesPerIteration, 100, 10, 500, 20);
    }
}
