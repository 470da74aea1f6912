package io.marllb.core.rl;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/**
 * Sums up rewards and counts steps of each episode. The last step's {@link StepResult#info} holds the {@link Episode} under
 * {@link StepResult#EPISODE}, and the most recent ones are kept. Rewards are those seen where this wrapper stands: put it inside a
 * {@link NormalizeReward}.
 */
public final class RecordEpisodeStatistics extends Wrapper {

    /**
     * One finished episode.
     *
     * @param returns undiscounted sum of rewards, by agent index
     * @param length number of steps
     */
    public record Episode(List<Double> returns, int length) {

        /** Copies the returns. */
        public Episode {
            returns = List.copyOf(returns);
        }

        /**
         * Mean over the agents.
         *
         * @return the mean return
         */
        public double meanReturn() {
            double sum = 0;
            for (double r : returns) {
                sum += r;
            }
            return sum / returns.size();
        }
    }

    private static final int KEPT = 100; // as Gymnasium's buffer_length

    private final double[] returns;
    private final ArrayDeque<Episode> recent = new ArrayDeque<>();
    private int length;

    /**
     * Wraps an environment.
     *
     * @param inner the environment
     */
    public RecordEpisodeStatistics(ParallelEnv inner) {
        super(inner);
        this.returns = new double[inner.possibleAgents().size()];
    }

    /**
     * The most recent finished episodes, at most 100.
     *
     * @return a copy, oldest first
     */
    public List<Episode> recent() {
        return List.copyOf(recent);
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        inner().reset(seed, into);
        Arrays.fill(returns, 0);
        length = 0;
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        inner().step(actions, into);
        length++;
        List<Double> sums = null;
        boolean over = inner().agents().isEmpty();
        if (over) {
            sums = new ArrayList<>(returns.length);
        }
        for (int a = 0; a < returns.length; a++) {
            returns[a] += into.reward(a);
            if (over) {
                sums.add(returns[a]);
            }
        }
        if (over) {
            Episode episode = new Episode(sums, length);
            if (recent.size() == KEPT) {
                recent.removeFirst();
            }
            recent.addLast(episode);
            into.info().put(StepResult.EPISODE, episode);
        }
    }
}
