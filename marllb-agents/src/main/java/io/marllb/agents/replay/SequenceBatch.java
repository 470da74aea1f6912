package io.marllb.agents.replay;

import io.marllb.agents.nn.Matrix;
import java.util.Arrays;

/**
 * A batch of windows of episodes, with what all agents saw, did and got in them. Memory is allocated once and filled by
 * {@link SequenceReplay#sample}. Not thread-safe.
 *
 * <p>Rows are time-major: row {@code t * batch + b} is step t of window b. A window has {@code burnIn} rows that only warm up memory, then
 * {@code time} rows to learn from, then {@code ahead} rows to bootstrap from:
 * <pre>
 *   observations  | burn-in | time ........ | ahead |
 *   actions       | burn-in | time ........ | ahead - 1 |
 *   states                  | time ........ | ahead |
 *   rewards, terminated, recorded | time .. | ahead - 1 |
 *   mask                    | time ........ |
 * </pre>
 * A window near the start of its episode has fewer burn-in rows: they are the last ones, and those before hold zeros ({@link #warmUp}). A window
 * near the end has fewer steps: what lies behind the last observation holds zeros, and {@link #mask} is 0.
 */
public final class SequenceBatch {

    final int agents;
    final int inputs;
    final int actionSize;
    final int stateSize;
    final int burnIn;
    final int time;
    final int ahead;
    final int batch;
    final int[] slots; // [batch] where the windows came from
    final int[] windows; // [batch]
    final float[] weights; // [batch]
    private final int[] warmUp; // [batch]
    private final Matrix[] observations;
    private final float[][] actions;
    private final float[][] rewards;
    private final Matrix states; // null without a state
    private final float[] terminated;
    private final float[] recorded;
    private final float[] mask;
    private double steps;

    /**
     * Memory for a batch.
     *
     * @param agents m, {@code >= 1}
     * @param inputs length of an observation
     * @param actionSize length of an action
     * @param stateSize length of the state, 0 for none
     * @param burnIn most rows before a window, {@code >= 0}
     * @param time rows to learn from, {@code >= 1}
     * @param ahead rows behind them, {@code >= 1}: n for targets of n steps
     * @param batch number of windows, {@code >= 1}
     */
    public SequenceBatch(
            int agents, int inputs, int actionSize, int stateSize, int burnIn, int time, int ahead, int batch) {
        if (agents < 1 || burnIn < 0 || time < 1 || ahead < 1 || batch < 1) {
            throw new IllegalArgumentException("agents, time, ahead and batch must be >= 1 and burnIn >= 0, but were "
                    + agents + ", " + time + ", " + ahead + ", " + batch + ", " + burnIn);
        }
        this.agents = agents;
        this.inputs = inputs;
        this.actionSize = actionSize;
        this.stateSize = stateSize;
        this.burnIn = burnIn;
        this.time = time;
        this.ahead = ahead;
        this.batch = batch;
        slots = new int[batch];
        windows = new int[batch];
        weights = new float[batch];
        warmUp = new int[batch];
        observations = new Matrix[agents];
        actions = new float[agents][(burnIn + time + ahead - 1) * batch * actionSize];
        rewards = new float[agents][(time + ahead - 1) * batch];
        for (int i = 0; i < agents; i++) {
            observations[i] = Matrix.zeros((burnIn + time + ahead) * batch, inputs);
        }
        states = stateSize > 0 ? Matrix.zeros((time + ahead) * batch, stateSize) : null;
        terminated = new float[(time + ahead - 1) * batch];
        recorded = new float[(time + ahead - 1) * batch];
        mask = new float[time * batch];
    }

    /** Copies a window in: steps {@code [start, start + learn)} of an episode are to learn from. */
    void fill(int b, Episode episode, int length, int start, int learn) {
        int warm = Math.min(burnIn, start);
        warmUp[b] = warm;
        int skipped = burnIn - warm;
        int from = start - burnIn; // the episode's step at row 0; may lie before its first
        for (int i = 0; i < agents; i++) {
            float[] seen = episode.observations(i);
            float[] acted = episode.actions(i);
            float[] rewarded = episode.rewards(i);
            for (int r = 0; r < burnIn + time + ahead; r++) {
                int to = r * batch + b;
                boolean there = r >= skipped && from + r <= length;
                copy(observations[i], to * inputs, seen, (from + r) * inputs, inputs, there);
                if (r < burnIn + time + ahead - 1) {
                    boolean acts = r >= skipped && from + r < length;
                    for (int k = 0; k < actionSize; k++) {
                        actions[i][to * actionSize + k] = acts ? acted[(from + r) * actionSize + k] : 0;
                    }
                }
            }
            for (int t = 0; t < time + ahead - 1; t++) {
                rewards[i][t * batch + b] = start + t < length ? rewarded[start + t] : 0;
            }
        }
        for (int t = 0; t < time + ahead; t++) {
            if (states != null) {
                boolean there = start + t <= length;
                copy(states, (t * batch + b) * stateSize, episode.states(), (start + t) * stateSize, stateSize, there);
            }
            if (t < time + ahead - 1) {
                boolean there = start + t < length;
                recorded[t * batch + b] = there ? 1 : 0;
                terminated[t * batch + b] = there && episode.terminatedAt(start + t) ? 1 : 0;
            }
            if (t < time) {
                mask[t * batch + b] = t < learn ? 1 : 0;
            }
        }
    }

    private static void copy(Matrix to, int at, float[] from, int offset, int count, boolean there) {
        if (there) {
            to.put(at, from, offset, count);
        } else {
            for (int k = 0; k < count; k++) {
                to.buffer().put(at + k, 0f);
            }
        }
    }

    void filled() {
        steps = 0;
        for (float m : mask) {
            steps += m;
        }
    }

    /**
     * Number of windows.
     *
     * @return {@code >= 1}
     */
    public int batch() {
        return batch;
    }

    /**
     * Rows to learn from.
     *
     * @return {@code >= 1}
     */
    public int time() {
        return time;
    }

    /**
     * Most rows before a window.
     *
     * @return {@code >= 0}
     */
    public int burnIn() {
        return burnIn;
    }

    /**
     * Rows behind a window.
     *
     * @return {@code >= 1}
     */
    public int ahead() {
        return ahead;
    }

    /**
     * How many burn-in rows a window has: the last ones of {@link #burnIn}; memory is empty before them.
     *
     * @param b window
     * @return in {@code [0, burnIn]}
     */
    public int warmUp(int b) {
        return warmUp[b];
    }

    /**
     * What an agent saw.
     *
     * @param agent index
     * @return {@code [(burnIn + time + ahead) * batch, inputs]}
     */
    public Matrix observations(int agent) {
        return observations[agent];
    }

    /**
     * What an agent did.
     *
     * @param agent index
     * @return {@code [(burnIn + time + ahead - 1) * batch * actionSize]}, the array itself
     */
    public float[] actions(int agent) {
        return actions[agent];
    }

    /**
     * What an agent got.
     *
     * @param agent index
     * @return {@code [(time + ahead - 1) * batch]}, the array itself
     */
    public float[] rewards(int agent) {
        return rewards[agent];
    }

    /**
     * The states.
     *
     * @return {@code [(time + ahead) * batch, stateSize]}; null if there are none
     */
    public Matrix states() {
        return states;
    }

    /**
     * After which steps nothing follows.
     *
     * @return {@code [(time + ahead - 1) * batch]}, 1 or 0; a truncated end has 0
     */
    public float[] terminated() {
        return terminated;
    }

    /**
     * Which steps took place.
     *
     * @return {@code [(time + ahead - 1) * batch]}, 1 or 0
     */
    public float[] recorded() {
        return recorded;
    }

    /**
     * What counts in a loss, and in what it is divided by.
     *
     * @return {@code [time * batch]}, 1 or 0
     */
    public float[] mask() {
        return mask;
    }

    /**
     * How many steps count: what a masked loss is divided by.
     *
     * @return sum of {@link #mask}, {@code >= 1}
     */
    public double steps() {
        return steps;
    }

    /**
     * Importance weights, which undo that windows were not drawn uniformly.
     *
     * @return {@code [batch]}, in (0, 1], the largest 1; all 1 without priorities
     */
    public float[] weights() {
        return weights;
    }

    /**
     * Targets of up to n = {@link #ahead} steps:
     * {@code y(t) = r(t) + γ r(t+1) + ... + γ^(m-1) r(t+m-1) + γ^m (1 - terminated(t+m-1)) V(t+m)}, where m is n, or less where the record of the
     * episode ends earlier. A truncated episode bootstraps from its last observation, a terminated one does not (Pardo et al., 2018,
     * arXiv:1712.00378).
     *
     * @param agent whose rewards
     * @param discount γ
     * @param values V of each observation from the first row to learn from, {@code [(time + ahead) * batch]}
     * @param targets overwritten, {@code [time * batch]}; 0 where {@link #mask} is 0
     */
    public void targets(int agent, double discount, float[] values, float[] targets) {
        float[] r = rewards[agent];
        Arrays.fill(targets, 0, time * batch, 0f);
        for (int row = 0; row < time * batch; row++) {
            if (mask[row] == 0) {
                continue;
            }
            double sum = 0;
            double factor = 1;
            boolean ends = false;
            int at = row;
            for (int k = 0; k < ahead && !ends && (k == 0 || recorded[at] == 1); k++) {
                sum += factor * r[at];
                factor *= discount;
                ends = terminated[at] == 1;
                at += batch;
            }
            targets[row] = (float) (ends ? sum : sum + factor * values[at]);
        }
    }
}
