package io.marllb.dataplane.control;

import io.marllb.core.Reports;
import io.marllb.core.WeightPolicy;
import io.marllb.dataplane.LiveObservation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/**
 * Whose turn it is: one round at a time, whichever thread makes it. While a policy thinks the turn is free, so that another thread can go on with rounds when
 * that takes too long; its answer is then thrown away. So a policy costs no change of threads as long as it is quick, and cannot stop the rounds when it hangs.
 */
final class Turn {

    /** What came of a question. */
    enum Answer {
        DECIDED,
        /** It threw; {@link Turn#failure} tells what. */
        FAILED,
        /** It took longer than it may; what it said is thrown away. */
        LATE,
        /** It took so long that rounds went on without it: this one is over, and nothing of it may be used. */
        ABANDONED
    }

    /** A policy that thinks. */
    private static final class Question {
        final WeightPolicy policy;
        final LiveObservation observation;
        final long since;
        boolean abandoned;

        Question(WeightPolicy policy, LiveObservation observation, long since) {
            this.policy = policy;
            this.observation = observation;
            this.since = since;
        }
    }

    /** Told what is given up. */
    interface Abandoning {
        void abandon(WeightPolicy policy, LiveObservation observation);
    }

    private final ReentrantLock lock = new ReentrantLock();
    private final LongSupplier clock;
    private final List<Question> open = new ArrayList<>();
    private Throwable failure;

    Turn(LongSupplier clock) {
        this.clock = clock;
    }

    void take() {
        lock.lock();
    }

    /** False if another thread is in the midst of a round. */
    boolean tryTake() {
        return lock.tryLock();
    }

    /** False if the turn does not come in time. */
    boolean takeWithin(long nanos) {
        try {
            return lock.tryLock(nanos, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    void giveBack() {
        lock.unlock();
    }

    /**
     * Asks a policy, in this thread; the turn is free meanwhile. Not while it is {@link #thinking}.
     *
     * @param weights those in force; the new ones if the answer is {@link Answer#DECIDED}, else left as they are
     * @param timeoutNanos how long it may take
     */
    Answer ask(WeightPolicy policy, LiveObservation observation, double[] weights, long timeoutNanos) {
        Question question = new Question(policy, observation, clock.getAsLong());
        double[] own = weights.clone(); // it may still write there when nobody waits any more
        // Not for another thread, but since it keeps whatever is thrown: rounds go on, and the caller says it.
        FutureTask<Void> decision = new FutureTask<>(() -> policy.decide(observation, Reports.NONE, own), null);
        open.add(question);
        giveBack();
        try {
            decision.run();
        } finally {
            take();
            open.remove(question);
        }
        if (question.abandoned) {
            return Answer.ABANDONED;
        }
        if (clock.getAsLong() - question.since > timeoutNanos) {
            return Answer.LATE;
        }
        failure = thrownBy(decision);
        if (failure != null) {
            return Answer.FAILED;
        }
        System.arraycopy(own, 0, weights, 0, weights.length);
        return Answer.DECIDED;
    }

    /** Null if it threw nothing. */
    private static Throwable thrownBy(FutureTask<?> ended) {
        try {
            ended.get();
            return null;
        } catch (ExecutionException e) {
            return e.getCause();
        } catch (InterruptedException e) {
            throw new IllegalStateException("one that has ended is not waited for", e);
        }
    }

    /**
     * Gives up the questions that have been open for too long.
     *
     * @return false if one is open that may still be answered in time: then this is not the time for another round
     */
    boolean abandonLate(long now, long timeoutNanos, Abandoning told) {
        for (Question q : open) {
            if (!q.abandoned && now - q.since <= timeoutNanos) {
                return false;
            }
        }
        abandonAll(told);
        return true;
    }

    void abandonAll(Abandoning told) {
        for (Question q : open) {
            if (!q.abandoned) {
                q.abandoned = true;
                told.abandon(q.policy, q.observation);
            }
        }
    }

    /** Whether a policy still thinks about a question that was given up. */
    boolean thinking(WeightPolicy policy) {
        for (Question q : open) {
            if (q.policy == policy) {
                return true;
            }
        }
        return false;
    }

    /** Why the last one failed; null if it did not. */
    Throwable failure() {
        return failure;
    }
}
