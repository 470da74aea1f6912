package io.marllb.dataplane.proxy;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what another thread does, so long and no longer. */
final class Await {

    private static final long PATIENCE_NANOS = 30_000_000_000L;
    private static final long PAUSE_NANOS = 1_000_000L;

    private Await() {}

    static void until(String what, BooleanSupplier condition) {
        long from = System.nanoTime();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - from > PATIENCE_NANOS) {
                throw new AssertionError("within 30 s: " + what);
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }
}
