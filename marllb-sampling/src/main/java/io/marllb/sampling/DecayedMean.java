package io.marllb.sampling;

/**
 * Mean and standard deviation in which a sample of age a weighs {@code e^(-a/τ)}: O(1) memory, about 10 ns per sample.
 *
 * <p>Weights are normalised, so the mean does not depend on when it is read; irregular arrivals need no correction. The update is that of
 * West (1979), doi:10.1145/359146.359153, with every old weight scaled down first. Not thread-safe; does not allocate.
 */
public final class DecayedMean {

    private final Decay decay;
    private double weight; // at lastNanos
    private double mean;
    private double squares; // weighted sum of squared deviations, at lastNanos
    private long lastNanos;

    /**
     * No sample yet.
     *
     * @param timeConstantNanos τ, nanoseconds, {@code > 0}
     */
    public DecayedMean(long timeConstantNanos) {
        this(Decay.timeConstant(timeConstantNanos));
    }

    /**
     * No sample yet.
     *
     * @param decay how weights fall with age
     */
    public DecayedMean(Decay decay) {
        this.decay = decay;
    }

    /**
     * Adds a sample.
     *
     * @param value finite
     * @param nowNanos when it was taken, not before the last one
     */
    public void add(double value, long nowNanos) {
        assert Double.isFinite(value) : value;
        double kept = weight > 0 ? decay.weight((double) (nowNanos - lastNanos)) : 0;
        weight = kept * weight + 1;
        double deviation = value - mean;
        mean += deviation / weight;
        squares = kept * squares + deviation * (value - mean);
        lastNanos = nowNanos;
    }

    /**
     * The weighted mean.
     *
     * @return the mean; NaN when there is no sample
     */
    public double mean() {
        return weight > 0 ? mean : Double.NaN;
    }

    /**
     * The weighted standard deviation of the population.
     *
     * @return the deviation, {@code >= 0}; NaN when there is no sample
     */
    public double std() {
        return weight > 0 ? Math.sqrt(squares / weight) : Double.NaN;
    }

    /**
     * The sum of all weights at a time: how many fresh samples the mean is worth.
     *
     * @param nowNanos not before the last sample
     * @return weight, {@code >= 0}
     */
    public double weight(long nowNanos) {
        return weight * decay.weight((double) (nowNanos - lastNanos));
    }

    /**
     * Adds what another mean has seen: exactly the mean over both streams.
     *
     * @param other with the same decay; unchanged
     */
    public void merge(DecayedMean other) {
        if (!(other.weight > 0)) {
            return;
        }
        long now = weight > 0 ? Math.max(lastNanos, other.lastNanos) : other.lastNanos;
        double mine = weight(now);
        double theirs = other.weight(now);
        double mySquares = weight > 0 ? squares * mine / weight : 0;
        double theirSquares = other.squares * theirs / other.weight;
        double difference = other.mean - mean;
        double total = mine + theirs;
        mean += difference * theirs / total;
        squares = mySquares + theirSquares + difference * difference * mine * theirs / total;
        weight = total;
        lastNanos = now;
    }

    /** Forgets every sample. */
    public void clear() {
        weight = 0;
        mean = 0;
        squares = 0;
    }
}
