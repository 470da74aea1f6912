package io.marllb.env.traffic;

import java.util.List;

/**
 * The traffic of one run, flow by flow in the order of arrival. The engine is its only consumer, in one thread.
 *
 * <p>{@link #advance} moves to the next flow; the other methods describe the flow it moved to. Everything random comes from the source's own
 * named streams and is drawn in arrival order, so every policy meets the same flows under the same seed. {@link #advance} allocates nothing
 * for generated traffic. A source over a file holds it open until the traffic ends or {@link #close} is called.
 */
public interface FlowSource extends AutoCloseable {

    /**
     * Moves to the next flow.
     *
     * @return false when the traffic has ended
     * @throws io.marllb.env.trace.TraceFormatException if a recorded trace turns out to be malformed
     */
    boolean advance();

    /**
     * When the client sends it.
     *
     * @return nanoseconds from the start of the run, never decreasing
     */
    long at();

    /**
     * Its class.
     *
     * @return index into {@link #classNames()}
     */
    int flowClass();

    /**
     * Its CPU work.
     *
     * @return nanoseconds at speed 1, finite, {@code >= 0}
     */
    double cpuNanos();

    /**
     * Its I/O delay after the CPU work.
     *
     * @return nanoseconds, {@code >= 0}
     */
    long ioNanos();

    /**
     * Names of the classes, in the order of their indices; constant.
     *
     * @return at least one name
     */
    List<String> classNames();

    /** Lets go of a file, if there is one; nothing may be read afterwards. Twice is the same as once. */
    @Override
    default void close() {}
}
