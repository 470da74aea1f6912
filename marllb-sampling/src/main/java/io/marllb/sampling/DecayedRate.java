package io.marllb.sampling;

/**
 * Events per second, in which an event of age a counts {@code e^(-a/τ)}: O(1) memory.
 *
 * <p>The sum is divided by {@code τ (1 - e^(-elapsed/τ))} and not by τ, so a constant rate is estimated without bias from the first moment
 * on. Not thread-safe; does not allocate.
 */
public final class DecayedRate {

    private final Decay decay;
    private final double timeConstantSeconds;
    private long startNanos;
    private double sum; // at lastNanos
    private long lastNanos;

    /**
     * No event yet.
     *
     * @param timeConstantNanos τ, nanoseconds, {@code > 0}
     * @param startNanos when watching begins
     */
    public DecayedRate(long timeConstantNanos, long startNanos) {
        decay = Decay.timeConstant(timeConstantNanos);
        timeConstantSeconds = timeConstantNanos * 1e-9;
        clear(startNanos);
    }

    /**
     * Counts one event.
     *
     * @param nowNanos when it happened, not before the last one
     */
    public void add(long nowNanos) {
        add(1, nowNanos);
    }

    /**
     * Counts an amount, such as bytes.
     *
     * @param amount finite, {@code >= 0}
     * @param nowNanos when it happened, not before the last one
     */
    public void add(double amount, long nowNanos) {
        assert amount >= 0 && amount < Double.POSITIVE_INFINITY : amount;
        sum = sumAt(nowNanos) + amount;
        lastNanos = nowNanos;
    }

    private double sumAt(long nowNanos) {
        return sum * decay.weight((double) (nowNanos - lastNanos));
    }

    /**
     * The rate at a time.
     *
     * @param nowNanos not before the last event
     * @return amount per second, {@code >= 0}; NaN while no time has passed
     */
    public double perSecond(long nowNanos) {
        if (nowNanos <= startNanos) {
            return Double.NaN;
        }
        double elapsed = 1 - decay.weight((double) (nowNanos - startNanos));
        return sumAt(nowNanos) / (timeConstantSeconds * elapsed);
    }

    /**
     * Adds what another rate has counted: exactly the rate of both streams, if both have watched since the same time.
     *
     * @param other with the same time constant and start; unchanged
     * @throws IllegalArgumentException if these differ
     */
    public void merge(DecayedRate other) {
        if (other.startNanos != startNanos || other.timeConstantSeconds != timeConstantSeconds) {
            throw new IllegalArgumentException("rates to merge must have the same start and time constant, but have "
                    + startNanos + " and " + other.startNanos + " ns, " + timeConstantSeconds + " and "
                    + other.timeConstantSeconds + " s");
        }
        long now = Math.max(lastNanos, other.lastNanos);
        sum = sumAt(now) + other.sumAt(now);
        lastNanos = now;
    }

    /**
     * Forgets every event.
     *
     * @param nowNanos when watching begins anew
     */
    public void clear(long nowNanos) {
        startNanos = nowNanos;
        lastNanos = nowNanos;
        sum = 0;
    }
}
