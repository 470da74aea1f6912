package io.marllb.bench.learners;

import io.marllb.agents.qmix.GameTraining;
import io.marllb.agents.train.Algorithm;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.env.Environments;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** A small game, explored uniformly. Every seed must meet a bar, where there is one. */
final class GameCase implements LearnerCase {

    private static final int EPISODES = 4_000;
    private static final double EXACT = 1e-9;
    private static final double TABLE_ERROR = 0.1; // of payoffs up to 8
    private static final double NO_BAR = Double.NaN;

    private final String game;
    private final Algorithm algorithm;
    private final int horizon;
    private final double expected;
    private final boolean tables;

    private GameCase(String game, Algorithm algorithm, int horizon, double expected, boolean tables) {
        this.game = game;
        this.algorithm = algorithm;
        this.horizon = horizon;
        this.expected = expected;
        this.tables = tables;
    }

    static Stream<LearnerCase> all() {
        return Stream.of(
                new GameCase("two-step", Algorithm.QMIX, 2, 8, true),
                new GameCase("two-step", Algorithm.VDN, 2, 7, false),
                new GameCase("two-step", Algorithm.QMIX_WEIGHTED, 2, NO_BAR, false),
                new GameCase("two-step", Algorithm.IQL, 2, NO_BAR, false),
                new GameCase("climbing", Algorithm.QMIX, 1, NO_BAR, false),
                new GameCase("climbing", Algorithm.VDN, 1, NO_BAR, false),
                new GameCase("climbing", Algorithm.IQL, 1, NO_BAR, false),
                new GameCase("penalty", Algorithm.QMIX, 1, NO_BAR, false),
                new GameCase("penalty", Algorithm.VDN, 1, NO_BAR, false),
                new GameCase("penalty", Algorithm.IQL, 1, NO_BAR, false));
    }

    @Override
    public String name() {
        return game;
    }

    @Override
    public String learner() {
        return algorithm.id();
    }

    @Override
    public String budget() {
        return String.format(Locale.ROOT, "%,d episodes", EPISODES);
    }

    @Override
    public String bar() {
        if (Double.isNaN(expected)) {
            return "reported";
        }
        return String.format(Locale.ROOT, "return %.0f", expected)
                + (tables ? ", joint values within " + TABLE_ERROR + " of the payoffs" : "");
    }

    @Override
    public int required() {
        return Double.isNaN(expected) ? 0 : LearnerSuite.SEEDS;
    }

    @Override
    public Outcome run(long seed) {
        try (ParallelEnv env = Environments.make(game)) {
            GameTraining training =
                    new GameTraining(env, horizon, algorithm.mixer(), EPISODES, seed).run((key, value) -> {});
            double greedy = training.greedyReturn();
            String text = String.format(Locale.ROOT, "%.4g", greedy);
            if (Double.isNaN(expected)) {
                return new Outcome(seed, greedy, text, Optional.empty());
            }
            boolean holds = Math.abs(greedy - expected) < EXACT;
            if (tables) {
                double error = tableError(training);
                text += String.format(Locale.ROOT, " (values off by %.2g)", error);
                holds &= error <= TABLE_ERROR;
            }
            return new Outcome(seed, greedy, text, Optional.of(holds));
        }
    }

    /** Largest error of the joint values in the two games of the second step, 2A: 7 everywhere, 2B: [[0, 1], [1, 8]]. */
    private static double tableError(GameTraining training) {
        double[][] payoffs = {{7, 7, 7, 7}, {0, 1, 1, 8}};
        double worst = 0;
        for (int which = 0; which < payoffs.length; which++) {
            float[] state = {0, which == 0 ? 1 : 0, which == 0 ? 0 : 1};
            float[][] seen = new float[2][];
            for (int i = 0; i < seen.length; i++) {
                seen[i] = new float[] {state[0], state[1], state[2], i == 0 ? 1 : 0, i == 0 ? 0 : 1};
            }
            double[] values = training.learner().jointValues(seen, state);
            for (int k = 0; k < values.length; k++) {
                worst = Math.max(worst, Math.abs(values[k] - payoffs[which][k]));
            }
        }
        return worst;
    }
}
