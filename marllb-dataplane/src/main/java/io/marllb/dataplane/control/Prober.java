package io.marllb.dataplane.control;

import io.marllb.dataplane.ServerAddress;
import java.util.function.Consumer;

/** Performs health checks elsewhere, so that the control loop never waits for a server. Used by one thread. */
interface Prober extends AutoCloseable {

    /**
     * What came of a check.
     *
     * @param ticket of the check
     * @param failure why it failed; empty if the server is well
     */
    record Result(long ticket, String failure) {

        boolean well() {
            return failure.isEmpty();
        }
    }

    /** Starts a check; its result comes later. A check that cannot even start is a failed one. */
    void start(long ticket, ServerAddress server, HealthConfig config);

    /** Hands over the results that have come since the last call. */
    void results(Consumer<Result> to);

    @Override
    void close();
}
