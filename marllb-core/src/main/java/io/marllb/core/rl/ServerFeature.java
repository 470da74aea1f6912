package io.marllb.core.rl;

import io.marllb.core.Observation;
import io.marllb.core.Reduction;
import io.marllb.core.check.Nearest;
import java.util.Arrays;
import java.util.List;

/**
 * What an agent sees of each server, in this order; one row per server makes the observation, {@code [servers, 12]}, row-major. Environments,
 * trained policies and live controllers all write it with {@link #write}, so that they cannot disagree.
 *
 * <p>Counters and times are the balancer's own; nothing here is the server's true state.
 */
public enum ServerFeature {
    /** Flows of this balancer that are open at the server. */
    IN_FLIGHT(0, "in-flight", "flows", null, false),
    /** Mean flow completion time. */
    FCT_MEAN(1, "fct-mean", "s", Reduction.MEAN, true),
    /** 90th percentile of flow completion times. */
    FCT_P90(2, "fct-p90", "s", Reduction.P90, true),
    /** Standard deviation of flow completion times. */
    FCT_STD(3, "fct-std", "s", Reduction.STD, true),
    /** Discounted mean flow completion time. */
    FCT_DISCOUNTED_MEAN(4, "fct-discounted-mean", "s", Reduction.DISCOUNTED_MEAN, true),
    /** Discounted 90th percentile of flow completion times. */
    FCT_DISCOUNTED_P90(5, "fct-discounted-p90", "s", Reduction.DISCOUNTED_P90, true),
    /** Mean flow duration. */
    DURATION_MEAN(6, "duration-mean", "s", Reduction.MEAN, false),
    /** 90th percentile of flow durations. */
    DURATION_P90(7, "duration-p90", "s", Reduction.P90, false),
    /** Standard deviation of flow durations. */
    DURATION_STD(8, "duration-std", "s", Reduction.STD, false),
    /** Discounted mean flow duration: τ of the paper. */
    DURATION_DISCOUNTED_MEAN(9, "duration-discounted-mean", "s", Reduction.DISCOUNTED_MEAN, false),
    /** Discounted 90th percentile of flow durations. */
    DURATION_DISCOUNTED_P90(10, "duration-discounted-p90", "s", Reduction.DISCOUNTED_P90, false),
    /** 1 if the server takes part, 0 if it is drained, removed, dead or not there yet. */
    ACTIVE(11, "active", "flag", null, false);

    /** Number of features of a server. */
    public static final int COUNT = values().length;

    private static final ServerFeature[] ALL = values();

    private final int index;
    private final String id;
    private final String unit;
    private final Reduction reduction; // null for what is no reservoir statistic
    private final boolean ofCompletions;

    ServerFeature(int index, String id, String unit, Reduction reduction, boolean ofCompletions) {
        this.index = index;
        this.id = id;
        this.unit = unit;
        this.reduction = reduction;
        this.ofCompletions = ofCompletions;
    }

    /**
     * Its place in a server's row.
     *
     * @return in {@code [0, 12)}
     */
    public int index() {
        return index;
    }

    /**
     * The name in configurations and tables.
     *
     * @return lower case, such as {@code "duration-discounted-mean"}
     */
    public String id() {
        return id;
    }

    /**
     * The unit.
     *
     * @return {@code "flows"}, {@code "s"} or {@code "flag"}
     */
    public String unit() {
        return unit;
    }

    /**
     * The feature of one server.
     *
     * @param observation what the balancer knows
     * @param server index in {@code [0, n)}
     * @return finite and {@code >= 0}; NaN for a statistic without a sample
     */
    public double of(Observation observation, int server) {
        if (reduction != null) {
            return ofCompletions
                    ? observation.flowCompletionTime(server, reduction)
                    : observation.flowDuration(server, reduction);
        }
        return this == IN_FLIGHT ? observation.inFlight(server) : observation.active(server) ? 1 : 0;
    }

    /**
     * The space of {@link #write}: every entry in [0, Infinity), the active flag in [0, 1].
     *
     * @param servers n, {@code >= 1}
     * @return a Box of shape {@code [servers, 12]}
     */
    public static Box space(int servers) {
        float[] low = new float[servers * COUNT];
        float[] high = new float[servers * COUNT];
        Arrays.fill(high, Float.POSITIVE_INFINITY);
        for (int j = 0; j < servers; j++) {
            high[j * COUNT + ACTIVE.index] = 1f;
        }
        return Box.of(low, high, servers, COUNT);
    }

    /**
     * Writes all features of all servers. A statistic without a sample becomes 0, which no mean or percentile of times is otherwise.
     *
     * @param observation what the balancer knows
     * @param into overwritten, {@code [servers * 12]}
     */
    public static void write(Observation observation, float[] into) {
        int n = observation.n();
        int i = 0;
        for (int j = 0; j < n; j++) {
            for (ServerFeature f : ALL) {
                double x = f.of(observation, j);
                into[i++] = Double.isNaN(x) ? 0f : (float) x;
            }
        }
    }

    /**
     * Indices into the observation of some features of all servers, for {@link SelectFeatures}.
     *
     * @param servers n, {@code >= 1}
     * @param features which, in the order to keep
     * @return {@code [servers * features]}
     */
    public static int[] indices(int servers, ServerFeature... features) {
        int[] indices = new int[servers * features.length];
        int i = 0;
        for (int j = 0; j < servers; j++) {
            for (ServerFeature f : features) {
                indices[i++] = j * COUNT + f.index;
            }
        }
        return indices;
    }

    /**
     * A feature by its name in a configuration.
     *
     * @param id such as {@code "duration-discounted-mean"}
     * @return the feature
     * @throws IllegalArgumentException if there is none, with the nearest name
     */
    public static ServerFeature named(String id) {
        for (ServerFeature f : ALL) {
            if (f.id.equals(id)) {
                return f;
            }
        }
        List<String> ids = Arrays.stream(ALL).map(ServerFeature::id).toList();
        throw new IllegalArgumentException("unknown feature '" + id + "'" + Nearest.hint(id, ids));
    }
}
