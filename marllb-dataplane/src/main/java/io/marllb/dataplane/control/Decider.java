package io.marllb.dataplane.control;

import io.marllb.core.Reports;
import io.marllb.core.WeightPolicy;
import io.marllb.dataplane.LiveObservation;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks a policy, in a thread of its own, and waits for so long and no longer: a policy that hangs must not keep the controller from watching servers.
 * While it hangs nothing else is asked. Used by one thread.
 */
final class Decider implements AutoCloseable {

    /** What came of it. */
    enum Answer {
        DECIDED,
        /** It threw; {@link Decider#failure} tells what. */
        FAILED,
        /** It did not answer in time; what it still says is thrown away. */
        LATE
    }

    private final ExecutorService thread = Executors.newSingleThreadExecutor(task -> {
        Thread t = new Thread(task, "marllb-decide");
        t.setDaemon(true);
        return t;
    });

    private Future<?> asked;
    private Throwable failure;

    /**
     * Asks; not while it is {@link #busy}.
     *
     * @param weights those in force; the new ones if the answer is {@link Answer#DECIDED}, else left as they are
     * @param timeoutNanos how long to wait
     */
    Answer decide(WeightPolicy policy, LiveObservation observation, double[] weights, long timeoutNanos) {
        double[] own = weights.clone(); // it may still write there when nobody waits any more
        asked = thread.submit(() -> policy.decide(observation, Reports.NONE, own));
        try {
            asked.get(timeoutNanos, TimeUnit.NANOSECONDS);
            System.arraycopy(own, 0, weights, 0, weights.length);
            return Answer.DECIDED;
        } catch (TimeoutException e) {
            return Answer.LATE;
        } catch (ExecutionException e) {
            failure = e.getCause();
            return Answer.FAILED;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Answer.LATE;
        }
    }

    /** Whether it still thinks about an earlier question, whose observation must not be touched. */
    boolean busy() {
        return asked != null && !asked.isDone();
    }

    /** Why the last one failed. */
    Throwable failure() {
        return failure;
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
