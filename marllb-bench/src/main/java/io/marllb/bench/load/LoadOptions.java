package io.marllb.bench.load;

import io.marllb.core.check.Checks;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;

/**
 * How load is made.
 *
 * @param duration traffic is sent for so long at most, {@code > 0}
 * @param mostFlows requests at most, {@code >= 1}
 * @param bytesPerSecond bytes to ask for per second of a flow's work; 0 asks for the whole resource whatever the work
 * @param timeout from a request's due moment to its end, {@code > 0}
 * @param mostOpen connections at once; a request that is due beyond them is not sent, and counts as failed
 * @param progress told the share that is done, in [0, 1]
 * @param cancelled asked now and then whether to stop
 */
public record LoadOptions(
        Duration duration,
        long mostFlows,
        double bytesPerSecond,
        Duration timeout,
        int mostOpen,
        DoubleConsumer progress,
        BooleanSupplier cancelled) {

    /** Connections at once, unless said otherwise: fewer than there are ports to one address. */
    public static final int MOST_OPEN = 20_000;

    /** Checks every component. */
    public LoadOptions {
        new Checks("load")
                .positive("duration", duration.toNanos())
                .atLeast("mostFlows", mostFlows, 1)
                .notNegative("bytesPerSecond", bytesPerSecond)
                .positive("timeout", timeout.toNanos())
                .atLeast("mostOpen", mostOpen, 1)
                .throwIfAny();
    }

    /**
     * Load for some time, whole resources, 30 s until a request is given up.
     *
     * @param duration traffic is sent for so long at most
     * @return the options
     */
    public static LoadOptions of(Duration duration) {
        return new LoadOptions(
                duration, Long.MAX_VALUE, 0, Duration.ofSeconds(30), MOST_OPEN, share -> {}, () -> false);
    }

    /**
     * The same with sizes by work.
     *
     * @param bytes per second of work
     * @return a copy
     */
    public LoadOptions withBytesPerSecond(double bytes) {
        return new LoadOptions(duration, mostFlows, bytes, timeout, mostOpen, progress, cancelled);
    }

    /**
     * The same with a limit on requests.
     *
     * @param flows at most so many
     * @return a copy
     */
    public LoadOptions withMostFlows(long flows) {
        return new LoadOptions(duration, flows, bytesPerSecond, timeout, mostOpen, progress, cancelled);
    }

    /**
     * The same with other limits on one request and on all.
     *
     * @param each until a request is given up
     * @param open connections at once
     * @return a copy
     */
    public LoadOptions withLimits(Duration each, int open) {
        return new LoadOptions(duration, mostFlows, bytesPerSecond, each, open, progress, cancelled);
    }

    /**
     * The same, watched.
     *
     * @param listener told the share that is done
     * @param stop asked whether to stop
     * @return a copy
     */
    public LoadOptions watched(DoubleConsumer listener, BooleanSupplier stop) {
        return new LoadOptions(duration, mostFlows, bytesPerSecond, timeout, mostOpen, listener, stop);
    }
}
