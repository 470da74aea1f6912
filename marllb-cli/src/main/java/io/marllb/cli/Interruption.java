package io.marllb.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ctrl-C, or a polite kill, while a job runs: the job is asked to stop and gets a while to put away what it has finished. The JVM then ends the
 * process with the signal's exit code (130 for Ctrl-C).
 */
class Interruption implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final CountDownLatch ended = new CountDownLatch(1);
    private final Thread hook = new Thread(this::stop, "interruption");
    private final Runnable also;
    private final Duration patience;
    private volatile boolean happened;

    Interruption() {
        this(() -> {});
    }

    /** Does something when it happens, in another thread: to wake a job that waits. */
    Interruption(Runnable also) {
        this(also, PATIENCE);
    }

    /** The same for a job that may take so long to end. */
    Interruption(Runnable also, Duration patience) {
        this.also = also;
        this.patience = patience;
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /** Whether to stop. */
    boolean happened() {
        return happened;
    }

    private void stop() {
        happened = true;
        also.run();
        try {
            if (!ended.await(patience.toNanos(), TimeUnit.NANOSECONDS)) {
                System.err.println("marllb: not everything could be put away");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        ended.countDown();
        if (!happened) {
            try {
                Runtime.getRuntime().removeShutdownHook(hook);
            } catch (IllegalStateException e) {
                happened = true; // the shutdown has begun, and the hook is free to end
            }
        }
    }
}
