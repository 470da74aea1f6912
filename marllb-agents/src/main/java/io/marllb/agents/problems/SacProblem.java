package io.marllb.agents.problems;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.sac.Sac;
import io.marllb.agents.sac.SacConfig;
import io.marllb.agents.train.EpisodeProbe;
import io.marllb.agents.train.Evaluation;
import io.marllb.agents.train.Evaluator;
import io.marllb.agents.train.Hooks;
import io.marllb.agents.train.TrainOptions;
import io.marllb.agents.train.Trainer;
import io.marllb.agents.train.TrainingListener;
import io.marllb.core.rl.AgentId;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.RescaleAction;
import java.util.List;
import java.util.function.Supplier;

/**
 * A problem with a known answer, and the learner for it. All seeds have the same numbers. Immutable.
 *
 * <p>Every {@code evaluateEvery} steps the greedy actor plays 20 episodes; at the bar, it plays 100, and if their mean is at the bar too, the
 * problem is solved and the run ends.
 *
 * @param name unique, such as {@code "cart-pole"}
 * @param environment alias in the registry of environments
 * @param horizon most steps of an episode
 * @param config the learner's numbers
 * @param stepsPerUpdate environment steps between updates
 * @param budget most environment steps
 * @param evaluateEvery steps between evaluations
 * @param bar mean return that counts as solved
 * @param solvable whether it should be solved; false: it must not be
 * @param source where the bar comes from
 */
public record SacProblem(
        String name,
        String environment,
        int horizon,
        SacConfig config,
        int stepsPerUpdate,
        long budget,
        long evaluateEvery,
        double bar,
        boolean solvable,
        String source) {

    /** Seeds to run. */
    public static final List<Long> SEEDS = List.of(1L, 2L, 3L, 4L, 5L);

    /** How many of them must solve what is solvable. */
    public static final int REQUIRED = 3;

    private static final int EPISODES = 20; // of an evaluation
    private static final int CONFIRMING = 100; // of the one that decides
    private static final int NEVER = Integer.MAX_VALUE;

    /**
     * What came of a run.
     *
     * @param seed the run's
     * @param solvedAt environment steps when it was solved, -1 if it was not
     * @param steps environment steps made
     * @param updates updates made
     * @param meanReturn mean return of the last evaluation, over 100 episodes
     * @param best largest mean return of any evaluation
     */
    public record Outcome(long seed, long solvedAt, long steps, long updates, double meanReturn, double best) {

        /**
         * Whether it was solved.
         *
         * @return true within the budget
         */
        public boolean solved() {
            return solvedAt >= 0;
        }
    }

    /**
     * Learns it.
     *
     * @param environments makes the environment of {@link #environment}
     * @param seed root of all streams
     * @return what came of it; the same numbers whenever it is run on the same kind of processor
     */
    public Outcome run(Supplier<ParallelEnv> environments, long seed) {
        Supplier<ParallelEnv> rescaled = () -> rescaled(environments.get());
        LearnerSetup setup = setup(rescaled, seed);
        Sac sac = new Sac(config, setup);
        Evaluation[] last = new Evaluation[1];
        Hooks hooks = Hooks.QUIET.withListener(new TrainingListener() {
            @Override
            public void evaluated(Trainer trainer, Evaluation evaluation) {
                last[0] = evaluation;
            }
        });
        TrainOptions options = new TrainOptions(1, stepsPerUpdate, 1, 1, 0, EPISODES, 0, NEVER);
        double best = Double.NEGATIVE_INFINITY;
        try (Trainer trainer = new Trainer(sac, setup, options, rescaled, EpisodeProbe.NONE, hooks);
                Evaluator confirming = new Evaluator(sac, setup, rescaled, 1, EpisodeProbe.NONE)) {
            while (true) {
                trainer.run(Long.MAX_VALUE, Math.min(budget, trainer.steps() + evaluateEvery));
                best = Math.max(best, last[0].meanReward());
                boolean over = trainer.steps() >= budget;
                if (last[0].meanReward() >= bar || over) {
                    double mean = confirming.evaluate(CONFIRMING).meanReward();
                    if (mean >= bar || over) {
                        return new Outcome(
                                seed, mean >= bar ? trainer.steps() : -1, trainer.steps(), sac.updates(), mean, best);
                    }
                }
            }
        }
    }

    private static ParallelEnv rescaled(ParallelEnv env) {
        boolean continuous = env.actionSpace(env.possibleAgents().get(0)) instanceof Box;
        return continuous ? new RescaleAction(env, -1, 1) : env;
    }

    private LearnerSetup setup(Supplier<ParallelEnv> environments, long seed) {
        try (ParallelEnv env = environments.get()) {
            List<AgentId> agents = env.possibleAgents();
            return new LearnerSetup(
                    agents.size(),
                    env.observationSpace(agents.get(0)).size(),
                    env.actionSpace(agents.get(0)),
                    0,
                    horizon,
                    0,
                    0,
                    0,
                    seed);
        }
    }
}
