package io.marllb.agents.problems;

import io.marllb.agents.qmix.GameTraining;
import io.marllb.agents.qmix.MixerSpec.Kind;
import io.marllb.core.rl.ParallelEnv;
import java.util.List;
import java.util.function.Supplier;

/**
 * A small game, explored uniformly, and what is known of its answer. All seeds have the same numbers. Immutable.
 *
 * @param game alias in the registry of environments
 * @param mixer how values become one
 * @param horizon steps of an episode
 * @param episodes how many are played
 * @param returns greedy returns that theory allows, empty where it promises nothing
 * @param tables joint values that theory knows, empty where none
 */
public record GameProblem(
        String game, Kind mixer, int horizon, int episodes, List<Double> returns, List<Table> tables) {

    private static final int QMIX_EPISODES = 4_000;
    private static final int SUM_EPISODES = 2_000; // sums are quickly learnt
    private static final double EXACT = 1e-9;
    private static final List<Double> NOTHING = List.of();
    private static final List<Double> FACTORISED = List.of(5.0, 7.0); // never 11: see docs/algorithms/qmix.md

    /** Of the two-step game (Rashid et al., 2018, section 5): at the start, γ 0.99 times what the second step gives. */
    private static final List<Table> PAYOFFS = List.of(
            new Table(0, List.of(6.93, 6.93, 7.92, 7.92), 0.05),
            new Table(1, List.of(7.0, 7.0, 7.0, 7.0), 0.05),
            new Table(2, List.of(0.0, 1.0, 1.0, 8.0), 0.05));

    /** The best sum, which is what linear mixers come to. */
    private static final List<Table> SUMS =
            List.of(new Table(1, List.of(7.0, 7.0, 7.0, 7.0), 0.1), new Table(2, List.of(-1.5, 2.5, 2.5, 6.5), 0.4));

    /** All of them. */
    public static final List<GameProblem> ALL = List.of(
            twoStep(Kind.QMIX, QMIX_EPISODES, List.of(8.0), PAYOFFS),
            twoStep(Kind.VDN, SUM_EPISODES, List.of(7.0), SUMS),
            twoStep(Kind.WEIGHTED, QMIX_EPISODES, List.of(7.0), SUMS.subList(1, 2)),
            twoStep(Kind.IQL, SUM_EPISODES, NOTHING, List.of()),
            matrix("climbing", Kind.QMIX, FACTORISED),
            matrix("climbing", Kind.VDN, FACTORISED),
            matrix("climbing", Kind.IQL, FACTORISED),
            matrix("penalty", Kind.QMIX, List.of(2.0)),
            matrix("penalty", Kind.VDN, List.of(2.0)),
            matrix("penalty", Kind.IQL, List.of(2.0)));

    /**
     * Joint values in one state of a game whose state is one-hot and seen by all.
     *
     * @param state which
     * @param values row-major over the agents' actions
     * @param tolerance largest error
     */
    public record Table(int state, List<Double> values, double tolerance) {

        /** Copies. */
        public Table {
            values = List.copyOf(values);
        }

        private double error(GameTraining training, int states, int agents) {
            float[] at = new float[states];
            at[state] = 1;
            float[][] seen = new float[agents][states + agents]; // the state, then who one is
            for (int i = 0; i < agents; i++) {
                seen[i][state] = 1;
                seen[i][states + i] = 1;
            }
            double[] found = training.learner().jointValues(seen, at);
            double worst = 0;
            for (int k = 0; k < found.length; k++) {
                worst = Math.max(worst, Math.abs(found[k] - values.get(k)));
            }
            return worst;
        }
    }

    /**
     * What came of a run.
     *
     * @param seed the run's
     * @param greedyReturn of an episode in which everyone takes what it values most
     * @param tableError largest error of a joint value; 0 where no table is known
     * @param holds whether return and tables are as theory says; true where it says nothing
     */
    public record Outcome(long seed, double greedyReturn, double tableError, boolean holds) {}

    /** Copies. */
    public GameProblem {
        returns = List.copyOf(returns);
        tables = List.copyOf(tables);
    }

    private static GameProblem twoStep(Kind mixer, int episodes, List<Double> returns, List<Table> tables) {
        return new GameProblem("two-step", mixer, 2, episodes, returns, tables);
    }

    private static GameProblem matrix(String game, Kind mixer, List<Double> returns) {
        return new GameProblem(game, mixer, 1, mixer == Kind.QMIX ? QMIX_EPISODES : SUM_EPISODES, returns, List.of());
    }

    /**
     * Learns it.
     *
     * @param environments makes the environment of {@link #game}
     * @param seed root of all randomness
     * @return what came of it
     */
    public Outcome run(Supplier<ParallelEnv> environments, long seed) {
        try (ParallelEnv env = environments.get()) {
            GameTraining training = new GameTraining(env, horizon, mixer, episodes, seed).run((key, value) -> {});
            double greedy = training.greedyReturn();
            boolean holds = returns.isEmpty() || returns.stream().anyMatch(r -> Math.abs(r - greedy) < EXACT);
            double worst = 0;
            for (Table table : tables) {
                double error = table.error(
                        training, env.stateSpace().size(), env.possibleAgents().size());
                worst = Math.max(worst, error);
                holds &= error <= table.tolerance();
            }
            return new Outcome(seed, greedy, worst, holds);
        }
    }
}
