package io.marllb.agents.train;

import io.marllb.policies.frozen.Tensors;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;

/** Returns and lengths of the last episodes, and means of what else was measured in them. One thread at a time. */
final class RecentEpisodes {

    /** How many the means are over: Stable-Baselines3's {@code stats_window_size}. */
    static final int WINDOW = 100;

    private final Deque<double[]> window = new ArrayDeque<>(); // {return, length}
    private final List<double[]> fresh = new ArrayList<>();
    private final Means more = new Means();

    void ended(double meanReturn, int length) {
        fresh.add(new double[] {meanReturn, length});
    }

    /** What else was measured. */
    Means more() {
        return more;
    }

    /** Takes over, and empties, what another noted; a fixed order of calls gives fixed bits. */
    void drain(RecentEpisodes other) {
        for (double[] e : other.fresh) {
            window.addLast(e);
            if (window.size() > WINDOW) {
                window.removeFirst();
            }
        }
        other.fresh.clear();
        more.drain(other.more);
    }

    /** Writes means; those of {@link #more} begin anew. */
    void write(Map<String, Double> into) {
        if (!window.isEmpty()) {
            into.put("rollout/ep_rew_mean", mean(0));
            into.put("rollout/ep_len_mean", mean(1));
        }
        more.write(into);
    }

    private double mean(int column) {
        double sum = 0;
        for (double[] e : window) {
            sum += e[column];
        }
        return sum / window.size();
    }

    void save(String name, Tensors into) {
        long[] bits = new long[2 * window.size()];
        int i = 0;
        for (double[] e : window) {
            bits[i++] = Double.doubleToRawLongBits(e[0]);
            bits[i++] = Double.doubleToRawLongBits(e[1]);
        }
        into.put(name, bits);
    }

    void load(String name, Tensors from) {
        long[] bits = from.longs(name);
        if (bits.length % 2 != 0 || bits.length > 2 * WINDOW) {
            throw new IllegalArgumentException("tensor '" + name + "' must have pairs of numbers, at most " + WINDOW
                    + ", but has " + bits.length + " numbers");
        }
        window.clear();
        for (int i = 0; i + 1 < bits.length; i += 2) {
            window.addLast(new double[] {Double.longBitsToDouble(bits[i]), Double.longBitsToDouble(bits[i + 1])});
        }
    }
}
