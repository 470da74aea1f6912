package io.marllb.sampling;

/**
 * A bounded set of (value, time) samples of a stream, and what is read from it.
 *
 * <p>Times are nanoseconds on the caller's clock and must not decrease from one {@link #add} to the next. They are kept as doubles: exact to
 * 2^53 ns (104 days) from the clock's zero. Not thread-safe, not even for concurrent reads: statistics share scratch space. After
 * construction nothing allocates but {@code merge}, which each implementation offers for its own kind.
 */
public interface Reservoir {

    /**
     * Offers a sample.
     *
     * @param value finite; seconds where it is a time
     * @param nowNanos when it was taken
     */
    void add(double value, long nowNanos);

    /**
     * Samples that were ever offered since the start or {@link #clear}.
     *
     * @return count, {@code >= 0}
     */
    long offered();

    /**
     * Samples that are held.
     *
     * @return count in {@code [0, capacity]}
     */
    int size();

    /**
     * Samples that can be held.
     *
     * @return count, {@code >= 1}
     */
    int capacity();

    /**
     * The value of a held sample; the order means nothing.
     *
     * @param i index in {@code [0, size)}
     * @return the value as it was added
     */
    double value(int i);

    /**
     * When a held sample was taken.
     *
     * @param i index in {@code [0, size)}
     * @return nanoseconds
     */
    long timeNanos(int i);

    /**
     * Reads a statistic.
     *
     * @param statistic which one
     * @param nowNanos time of reading
     * @return its value; NaN when nothing is held
     */
    double statistic(Statistic statistic, long nowNanos);

    /** Forgets everything, except where the random stream stands. */
    void clear();
}
