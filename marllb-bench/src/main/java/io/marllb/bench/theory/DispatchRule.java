package io.marllb.bench.theory;

/** Which of two servers the next job joins, given the jobs at each (running and waiting). */
@FunctionalInterface
public interface DispatchRule {

    /** Two scores nearer than this, relative to the larger, are a tie: powers of weights are rounded. */
    double TIE = 1e-12;

    /**
     * Probability that the job joins the first server.
     *
     * @param first jobs at the first server, {@code >= 0}
     * @param second jobs at the second server, {@code >= 0}
     * @return in [0, 1]
     */
    double shareOfFirst(int first, int second);

    /**
     * Join the shortest queue, ties at random.
     *
     * @return the rule
     */
    static DispatchRule jsq() {
        return biased(0, 1, 1, 1);
    }

    /**
     * Shortest expected delay: least {@code (q + 1) / w}, ties at random.
     *
     * @param firstWeight weight of the first server, {@code > 0}
     * @param secondWeight weight of the second server, {@code > 0}
     * @return the rule
     */
    static DispatchRule sed(double firstWeight, double secondWeight) {
        return biased(1, 1, firstWeight, secondWeight);
    }

    /**
     * Weighted least connections: least {@code q / w}, ties at random.
     *
     * @param firstWeight weight of the first server, {@code > 0}
     * @param secondWeight weight of the second server, {@code > 0}
     * @return the rule
     */
    static DispatchRule wlc(double firstWeight, double secondWeight) {
        return biased(0, 1, firstWeight, secondWeight);
    }

    /**
     * The whole family: least {@code (q + bias) / w^exponent}, ties at random.
     *
     * @param bias b, finite, {@code >= 0}
     * @param exponent e, finite
     * @param firstWeight weight of the first server, finite, {@code > 0}
     * @param secondWeight weight of the second server, finite, {@code > 0}
     * @return the rule
     */
    static DispatchRule biased(double bias, double exponent, double firstWeight, double secondWeight) {
        if (!(bias >= 0 && bias < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("bias must be finite and >= 0, but was " + bias);
        }
        double first = StrictMath.pow(firstWeight, exponent);
        double second = StrictMath.pow(secondWeight, exponent);
        if (!(firstWeight > 0 && secondWeight > 0 && first > 0 && second > 0)
                || Double.isInfinite(first)
                || Double.isInfinite(second)) {
            throw new IllegalArgumentException("weights must be finite and > 0, with a finite exponent, but were "
                    + firstWeight + " and " + secondWeight + ", exponent " + exponent);
        }
        return (q1, q2) -> {
            double a = (q1 + bias) * second;
            double b = (q2 + bias) * first;
            if (StrictMath.abs(a - b) <= TIE * Math.max(a, b)) {
                return 0.5;
            }
            return a < b ? 1 : 0;
        };
    }

    /**
     * Blind random splitting.
     *
     * @param shareOfFirst probability of the first server, in [0, 1]
     * @return the rule
     */
    static DispatchRule split(double shareOfFirst) {
        if (!(shareOfFirst >= 0 && shareOfFirst <= 1)) {
            throw new IllegalArgumentException("shareOfFirst must be in [0, 1], but was " + shareOfFirst);
        }
        return (q1, q2) -> shareOfFirst;
    }
}
