package io.marllb.agents.replay;

import io.marllb.policies.frozen.Tensors;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Episodes to draw windows from, uniformly or by priority. The oldest episodes are dropped as a whole when there are too many steps. Not
 * thread-safe.
 *
 * <p>With {@code edges} every step is in as many windows as any other (windows may reach over both ends of an episode and are cut there), so that
 * ends, where values are grounded, are learnt from like the rest. Without, windows lie inside; an episode shorter than a window is one window.
 * With windows as long as the longest episode, that draws whole episodes.
 *
 * <p>Priorities are those of Schaul et al. (2016), arXiv:1511.05952: a window is drawn with probability proportional to p^α; of sequences, p
 * mixes the largest and the mean error of its steps (Kapturowski et al., 2019, "R2D2").
 */
public final class SequenceReplay {

    /** Share of the largest error in a sequence's priority (Kapturowski et al., 2019). */
    public static final double LARGEST_ERROR_SHARE = 0.9;

    /** Added to an error, so that no window is lost (order of Schaul et al., 2016, whose ε is small and unstated). */
    private static final double SMALLEST_ERROR = 1e-6;

    /** Episodes that a file may name: more would not have been written. */
    private static final long MOST_SLOTS = 1 << 28;

    /** An episode and the priorities of its windows. */
    private static final class Entry {
        private final Episode episode;
        private final int length;
        private float[] priorities = {}; // [windows], p^α; unused without priorities

        private Entry(Episode episode) {
            this.episode = episode;
            length = episode.length();
        }
    }

    private final long capacity;
    private final int time;
    private final boolean edges;
    private final double exponent;
    private final SumTree tree = new SumTree(1);
    private Entry[] ring = new Entry[tree.leaves()]; // slot = leaf
    private int oldest;
    private int count;
    private long steps;
    private long windows;
    private float largestPriority = 1;

    /**
     * An empty store.
     *
     * @param capacity most steps; the newest episode is kept even if it is longer
     * @param time length of a window, {@code >= 1}
     * @param edges whether windows may reach over the ends of an episode
     * @param exponent α of the priorities, in [0, 1]; 0 draws uniformly
     */
    public SequenceReplay(long capacity, int time, boolean edges, double exponent) {
        if (capacity < 1 || time < 1 || !(exponent >= 0 && exponent <= 1)) {
            throw new IllegalArgumentException("capacity and time must be >= 1 and the exponent in [0, 1], but were "
                    + capacity + ", " + time + ", " + exponent);
        }
        this.capacity = capacity;
        this.time = time;
        this.edges = edges;
        this.exponent = exponent;
    }

    /**
     * Takes an episode in, and drops the oldest ones if there are too many steps.
     *
     * @param episode all agents', ended
     * @throws IllegalArgumentException if it has not ended
     */
    public void add(Episode episode) {
        if (!episode.ended()) {
            throw new IllegalArgumentException(
                    "the episode must have ended, but it goes on after " + episode.length() + " steps");
        }
        if (count == ring.length) {
            grow();
        }
        Entry e = new Entry(episode.compact());
        int slot = (oldest + count++) % ring.length;
        ring[slot] = e;
        steps += e.length;
        windows += windowsOf(e.length);
        if (exponent > 0) {
            e.priorities = new float[windowsOf(e.length)];
            Arrays.fill(e.priorities, largestPriority);
        }
        weigh(slot);
        while (steps > capacity && count > 1) {
            dropOldest();
        }
    }

    private void dropOldest() {
        Entry gone = ring[oldest];
        steps -= gone.length;
        windows -= windowsOf(gone.length);
        tree.set(oldest, 0);
        ring[oldest] = null;
        oldest = (oldest + 1) % ring.length;
        count--;
    }

    private void grow() {
        Entry[] larger = new Entry[2 * ring.length];
        for (int i = 0; i < count; i++) {
            larger[i] = entry(i);
        }
        ring = larger;
        oldest = 0;
        tree.clear(ring.length);
        for (int i = 0; i < count; i++) {
            weigh(i);
        }
    }

    private Entry entry(int age) {
        return ring[(oldest + age) % ring.length];
    }

    private int windowsOf(int length) {
        if (length == 0) {
            return 0;
        }
        return edges ? length + time - 1 : Math.max(1, length - time + 1);
    }

    private void weigh(int slot) {
        Entry e = ring[slot];
        if (exponent == 0) {
            tree.set(slot, windowsOf(e.length));
            return;
        }
        double sum = 0;
        for (float p : e.priorities) {
            sum += p;
        }
        tree.set(slot, sum);
    }

    /**
     * Steps to draw from.
     *
     * @return sum of the episodes' lengths
     */
    public long steps() {
        return steps;
    }

    /**
     * Number of episodes.
     *
     * @return those not dropped
     */
    public int episodes() {
        return count;
    }

    /**
     * Draws windows, with replacement.
     *
     * @param random where draws come from
     * @param importance β in [0, 1], how much of the bias of priorities the weights undo
     * @param into overwritten; its time is this store's
     * @throws IllegalStateException if there is no step yet
     */
    public void sample(RandomGenerator random, double importance, SequenceBatch into) {
        if (into.time != time) {
            throw new IllegalArgumentException(
                    "the batch has windows of " + into.time + " steps, but the store of " + time);
        }
        if (windows == 0) {
            throw new IllegalStateException("no step was recorded yet");
        }
        double largest = 0;
        for (int b = 0; b < into.batch; b++) {
            double point = random.nextDouble() * tree.total();
            int slot = tree.find(point);
            Entry e = ring[slot];
            double offset = tree.offset();
            int window = Math.min((int) offset, windowsOf(e.length) - 1);
            double weight = 1;
            if (exponent > 0) {
                window = 0;
                while (window < e.priorities.length - 1 && offset >= e.priorities[window]) {
                    offset -= e.priorities[window++];
                }
                // (1 / (N P))^β
                weight = StrictMath.pow(tree.total() / (windows * e.priorities[window]), importance);
            }
            largest = Math.max(largest, weight);
            into.weights[b] = (float) weight;
            into.slots[b] = slot;
            into.windows[b] = window;
            int start = edges ? Math.max(0, window - time + 1) : window;
            int end = Math.min(e.length, edges ? window + 1 : window + time);
            into.fill(b, e.episode, e.length, start, end - start);
        }
        for (int b = 0; b < into.batch; b++) {
            into.weights[b] /= (float) largest;
        }
        into.filled();
    }

    /**
     * Sets the priorities of windows just drawn. Without an exponent it does nothing.
     *
     * @param drawn from the last {@link #sample}; no episode came since
     * @param errors absolute errors, {@code [time * batch]}; those with mask 0 do not count
     */
    public void prioritise(SequenceBatch drawn, float[] errors) {
        if (exponent == 0) {
            return;
        }
        for (int b = 0; b < drawn.batch; b++) {
            double sum = 0;
            double max = 0;
            int counted = 0;
            for (int t = 0; t < time; t++) {
                int row = t * drawn.batch + b;
                if (drawn.mask()[row] == 1) {
                    double error = Math.abs(errors[row]);
                    sum += error;
                    max = Math.max(max, error);
                    counted++;
                }
            }
            double error = LARGEST_ERROR_SHARE * max + (1 - LARGEST_ERROR_SHARE) * sum / counted;
            float priority = (float) StrictMath.pow(error + SMALLEST_ERROR, exponent);
            largestPriority = Math.max(largestPriority, priority);
            ring[drawn.slots[b]].priorities[drawn.windows[b]] = priority;
        }
        for (int slot : drawn.slots) {
            weigh(slot);
        }
    }

    /**
     * Everything, for {@link #load}.
     *
     * @param prefix begins the names of the tensors
     * @param into filled
     */
    public void save(String prefix, Tensors into) {
        long[] lengths = new long[count];
        long[] terminated = new long[count];
        int all = 0;
        for (int i = 0; i < count; i++) {
            Entry e = entry(i);
            lengths[i] = e.length;
            terminated[i] = e.length > 0 && e.episode.terminatedAt(e.length - 1) ? 1 : 0;
            all = Math.addExact(all, e.length);
        }
        int agents = count == 0 ? 0 : entry(0).episode.agents();
        int w = count == 0 ? 0 : entry(0).episode.inputs();
        int a = count == 0 ? 0 : entry(0).episode.actionSize();
        int s = count == 0 ? 0 : entry(0).episode.stateSize();
        // the layout too: draws depend on which slot an episode is in
        into.put(prefix + "layout", new long[] {ring.length, oldest, agents, w, a, s});
        into.put(prefix + "lengths", lengths);
        into.put(prefix + "terminated", terminated);
        for (int agent = 0; agent < agents; agent++) {
            float[] observations = new float[Math.multiplyExact(all + count, w)];
            float[] actions = new float[Math.multiplyExact(all, a)];
            float[] rewards = new float[all];
            int done = 0;
            for (int i = 0; i < count; i++) {
                Episode e = entry(i).episode;
                int n = entry(i).length;
                System.arraycopy(e.observations(agent), 0, observations, (done + i) * w, (n + 1) * w);
                System.arraycopy(e.actions(agent), 0, actions, done * a, n * a);
                System.arraycopy(e.rewards(agent), 0, rewards, done, n);
                done += n;
            }
            into.put(prefix + "observations." + agent, observations);
            into.put(prefix + "actions." + agent, actions);
            into.put(prefix + "rewards." + agent, rewards);
        }
        float[] states = new float[Math.multiplyExact(all + count, s)];
        int stated = 0;
        for (int i = 0; i < count; i++) {
            int n = (entry(i).length + 1) * s;
            System.arraycopy(entry(i).episode.states(), 0, states, stated, n);
            stated += n;
        }
        into.put(prefix + "states", states);
        if (exponent > 0) {
            float[] priorities = new float[Math.toIntExact(windows)];
            int p = 0;
            for (int i = 0; i < count; i++) {
                float[] own = entry(i).priorities;
                System.arraycopy(own, 0, priorities, p, own.length);
                p += own.length;
            }
            into.put(prefix + "priorities", priorities);
            into.put(prefix + "largest_priority", new float[] {largestPriority});
        }
    }

    /**
     * Replaces everything by what {@link #save} kept.
     *
     * @param prefix as in {@link #save}
     * @param from read
     * @param agents how many each episode must have
     * @param inputs length of an observation that they must have
     * @param actionSize length of an action that they must have
     * @param stateSize length of the state that they must have
     * @throws IllegalArgumentException if something is missing or does not fit; nothing is replaced then
     */
    public void load(String prefix, Tensors from, int agents, int inputs, int actionSize, int stateSize) {
        long[] layout = exactly(from, prefix + "layout", 6);
        long[] lengths = from.longs(prefix + "lengths");
        long[] terminated = exactly(from, prefix + "terminated", lengths.length);
        long slots = layout[0];
        if (slots < 1 || slots > MOST_SLOTS || Long.bitCount(slots) != 1 || lengths.length > slots) {
            throw new IllegalArgumentException("tensor '" + prefix + "layout' must begin with a power of 2 that is >= "
                    + lengths.length + " episodes, but has " + slots);
        }
        if (layout[1] < 0 || layout[1] >= slots) {
            throw new IllegalArgumentException("tensor '" + prefix + "layout' must have its oldest slot in [0, " + slots
                    + "), but has " + layout[1]);
        }
        long[] expected = {agents, inputs, actionSize, stateSize};
        long[] found = Arrays.copyOfRange(layout, 2, layout.length);
        if (lengths.length > 0 && !Arrays.equals(found, expected)) {
            throw new IllegalArgumentException("tensor '" + prefix
                    + "layout': agents and the lengths of observation, action and state must be "
                    + Arrays.toString(expected) + ", but were " + Arrays.toString(found)
                    + "; the data is of another problem");
        }
        long all = 0;
        long newWindows = 0;
        for (long n : lengths) {
            if (n < 0 || n > Integer.MAX_VALUE - time) {
                throw new IllegalArgumentException("tensor '" + prefix + "lengths' must be lengths >= 0, but has " + n);
            }
            all += n;
            newWindows += windowsOf((int) n);
        }
        long rows = all + lengths.length; // one observation more than steps in each episode
        requireSize(from, prefix + "states", rows * stateSize);
        for (int k = 0; k < agents && lengths.length > 0; k++) {
            requireSize(from, prefix + "observations." + k, rows * inputs);
            requireSize(from, prefix + "actions." + k, all * actionSize);
            requireSize(from, prefix + "rewards." + k, all);
        }
        if (exponent > 0) {
            requireSize(from, prefix + "priorities", newWindows);
            requireSize(from, prefix + "largest_priority", 1);
        }
        replace(prefix, from, layout, lengths, terminated);
    }

    private static long[] exactly(Tensors from, String name, int size) {
        long[] values = from.longs(name);
        if (values.length != size) {
            throw new IllegalArgumentException(
                    "tensor '" + name + "' must hold " + size + " numbers, but has " + values.length);
        }
        return values;
    }

    private static void requireSize(Tensors from, String name, long size) {
        int found = from.floats(name).length;
        if (found != size) {
            throw new IllegalArgumentException(
                    "tensor '" + name + "' must hold " + size + " numbers, but has " + found);
        }
    }

    /** Takes over what was checked. */
    private void replace(String prefix, Tensors from, long[] layout, long[] lengths, long[] terminated) {
        float[] states = from.floats(prefix + "states");
        int slots = (int) layout[0];
        int agents = (int) layout[2];
        int w = (int) layout[3];
        int a = (int) layout[4];
        int s = (int) layout[5];
        tree.clear(slots);
        ring = new Entry[slots];
        oldest = (int) layout[1];
        count = 0;
        steps = 0;
        windows = 0;
        int done = 0;
        for (int i = 0; i < lengths.length; i++) {
            int n = (int) lengths[i];
            float[][] observations = new float[agents][];
            float[][] actions = new float[agents][];
            float[][] rewards = new float[agents][];
            for (int k = 0; k < agents; k++) {
                observations[k] = part(from, prefix + "observations." + k, (done + i) * w, (n + 1) * w);
                actions[k] = part(from, prefix + "actions." + k, done * a, n * a);
                rewards[k] = part(from, prefix + "rewards." + k, done, n);
            }
            float[] state = Arrays.copyOfRange(states, (done + i) * s, (done + i + n + 1) * s);
            add(Episode.restored(observations, actions, rewards, state, w, a, s, terminated[i] == 1));
            done += n;
        }
        if (exponent > 0) {
            float[] priorities = from.floats(prefix + "priorities");
            largestPriority = from.floats(prefix + "largest_priority")[0];
            int p = 0;
            for (int i = 0; i < count; i++) {
                float[] own = entry(i).priorities;
                System.arraycopy(priorities, p, own, 0, own.length);
                p += own.length;
                weigh((oldest + i) % ring.length);
            }
        }
    }

    private static float[] part(Tensors from, String name, int at, int size) {
        return Arrays.copyOfRange(from.floats(name), at, at + size);
    }
}
