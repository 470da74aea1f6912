package io.marllb.core.rl;

import io.marllb.core.check.Nearest;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** How an agent's action becomes one weight per server. Immutable. */
public sealed interface WeightActions {

    /** The paper's six levels 1.0, 1.2, ..., 2.0 per server (arXiv:2201.11727, section 5). */
    WeightActions LEVELS = new Levels(List.of(1.0, 1.2, 1.4, 1.6, 1.8, 2.0));

    /** The three levels 1.0, 1.5, 2.0 of the original program. */
    WeightActions ORIGINAL = new Levels(List.of(1.0, 1.5, 2.0));

    /** Any weight from 0.1 to 10: a hundredfold range of speeds. */
    WeightActions CONTINUOUS = new Continuous(0.1, 10);

    /** One server at twice the weight of the others, or none: for learners that know a single choice only. */
    WeightActions BOOST = new Boost(2);

    /**
     * The action space for a number of servers.
     *
     * @param servers n, {@code >= 1}
     * @return a space of n entries, or of one ({@link Boost})
     */
    Space space(int servers);

    /**
     * Turns an action into weights.
     *
     * @param action an element of {@link #space}
     * @param weights overwritten, {@code [servers]}, each finite and {@code > 0}
     */
    void decode(float[] action, double[] weights);

    /**
     * The form that {@link #parse} reads.
     *
     * @return such as {@code "levels"}, {@code "1/1.5/2"}, {@code "continuous"} or {@code "boost-2"}
     */
    String text();

    /**
     * Reads a configuration.
     *
     * @param text {@code levels}, {@code original}, {@code continuous}, levels such as {@code 1/1.5/2}, a range such as {@code 0.1..10}, or one
     *     server above the others such as {@code boost-2}
     * @return the actions
     * @throws IllegalArgumentException if it is none of these
     */
    static WeightActions parse(String text) {
        String t = text.strip();
        return switch (t) {
            case "levels" -> LEVELS;
            case "original" -> ORIGINAL;
            case "continuous" -> CONTINUOUS;
            default -> parseNumbers(t);
        };
    }

    private static WeightActions parseNumbers(String t) {
        try {
            if (t.startsWith(Boost.PREFIX)) {
                return new Boost(Double.parseDouble(t.substring(Boost.PREFIX.length())));
            }
            int dots = t.indexOf("..");
            if (dots > 0) {
                return new Continuous(
                        Double.parseDouble(t.substring(0, dots)), Double.parseDouble(t.substring(dots + 2)));
            }
            List<Double> levels = new ArrayList<>();
            for (String level : t.split("/", -1)) {
                levels.add(Double.valueOf(level));
            }
            return new Levels(levels);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "unknown actions '" + t + "'"
                            + Nearest.hint(
                                    t, List.of("levels", "original", "continuous", "1/1.5/2", "0.1..10", "boost-2")),
                    e);
        }
    }

    /**
     * One of a few levels per server: a {@link MultiDiscrete} with a head per server.
     *
     * @param levels the weights to choose from, at least two, each finite and {@code > 0}, increasing
     */
    record Levels(List<Double> levels) implements WeightActions {

        /** Checks the levels. */
        public Levels {
            levels = List.copyOf(levels);
            if (levels.size() < 2) {
                throw new IllegalArgumentException("levels must be at least two, but were " + levels);
            }
            double last = 0;
            for (double l : levels) {
                if (!(l > last && l < Double.POSITIVE_INFINITY)) {
                    throw new IllegalArgumentException("levels must be finite, > 0 and increasing, but were " + levels);
                }
                last = l;
            }
        }

        @Override
        public Space space(int servers) {
            return MultiDiscrete.uniform(servers, levels.size());
        }

        @Override
        public void decode(float[] action, double[] weights) {
            for (int j = 0; j < weights.length; j++) {
                weights[j] = levels.get((int) action[j]);
            }
        }

        @Override
        public String text() {
            if (equals(LEVELS)) {
                return "levels";
            }
            return equals(ORIGINAL)
                    ? "original"
                    : levels.stream().map(String::valueOf).collect(Collectors.joining("/"));
        }
    }

    /**
     * The weights themselves: a {@link Box}.
     *
     * @param low smallest weight, {@code > 0}: weight 0 would take a server out, which is not the agent's to decide
     * @param high largest weight, {@code > low}, finite
     */
    record Continuous(double low, double high) implements WeightActions {

        /** Checks the range. */
        public Continuous {
            if (!(low > 0 && (float) low > 0 && low < high && high <= Float.MAX_VALUE)) {
                throw new IllegalArgumentException(
                        "a range of weights must have 0 < low < high, finite, but was " + low + ".." + high);
            }
        }

        @Override
        public Space space(int servers) {
            return Box.of((float) low, (float) high, servers);
        }

        @Override
        public void decode(float[] action, double[] weights) {
            for (int j = 0; j < weights.length; j++) {
                weights[j] = action[j];
            }
        }

        @Override
        public String text() {
            return equals(CONTINUOUS) ? "continuous" : low + ".." + high;
        }
    }

    /**
     * One choice instead of one per server: a {@link Discrete} of n + 1. Choice 0 gives every server weight 1, choice j the weight
     * {@code factor} to server j - 1 and 1 to the others. Levels of every server as one choice would be K^n of them.
     *
     * @param factor weight of the chosen server, {@code > 1}, finite
     */
    record Boost(double factor) implements WeightActions {

        private static final String PREFIX = "boost-";

        /** Checks the factor. */
        public Boost {
            if (!(factor > 1 && factor < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("a boost must be finite and > 1, but was " + factor);
            }
        }

        @Override
        public Space space(int servers) {
            return new Discrete(servers + 1);
        }

        @Override
        public void decode(float[] action, double[] weights) {
            int chosen = (int) action[0] - 1;
            for (int j = 0; j < weights.length; j++) {
                weights[j] = j == chosen ? factor : 1;
            }
        }

        @Override
        public String text() {
            return PREFIX + (factor == (long) factor ? Long.toString((long) factor) : Double.toString(factor));
        }
    }
}
