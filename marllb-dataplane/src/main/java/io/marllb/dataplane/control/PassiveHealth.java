package io.marllb.dataplane.control;

import io.marllb.ipc.MsgOut;
import io.marllb.ipc.ServerState;
import java.util.Arrays;

/**
 * What flows say of servers: one whose flows fail, while those of the others do not, gets no new flows for a while. Its open flows stay. For one thread;
 * allocates nothing once built.
 *
 * <p>Judged over windows of {@value #WINDOW_SECONDS} s: at least {@value #LEAST_FAILURES} failures, more than completions, and a share of failures at
 * least {@value #CONTRAST} times that of the other servers together, so that clients who hang up everywhere eject nobody. A server that nobody
 * checks actively is also ejected when it has had open flows for {@value #SILENCE_SECONDS} s without one ending, while others ended at least
 * {@value #LEAST_ENDS}.
 */
final class PassiveHealth {

    static final int WINDOW_SECONDS = 2;
    static final int LEAST_FAILURES = 5;
    static final int CONTRAST = 2;
    static final int SILENCE_SECONDS = 10;
    static final int LEAST_ENDS = 20;

    private static final long SECOND = 1_000_000_000L;
    private static final int MOST_ROUNDS = 10; // bound of the growth of ejections
    private static final long NEVER = Long.MIN_VALUE;

    private final int[] generation;
    private final long[] lastFailed;
    private final long[] lastCompleted;
    private final long[] failed; // in this window
    private final long[] completed; // in this window
    private final long[] quietSince; // since then open flows and no end
    private final long[] endsAtQuiet; // ends of the whole pool by then
    private final long[] ejectedUntil; // NEVER when it is not
    private final int[] rounds;
    private long windowFrom = NEVER;
    private long ends;
    private long ejections;
    private boolean begun;

    PassiveHealth(int slots) {
        generation = new int[slots];
        lastFailed = new long[slots];
        lastCompleted = new long[slots];
        failed = new long[slots];
        completed = new long[slots];
        quietSince = new long[slots];
        endsAtQuiet = new long[slots];
        ejectedUntil = new long[slots];
        rounds = new int[slots];
        Arrays.fill(ejectedUntil, NEVER);
    }

    /** Takes in what the data plane saw since the last call. */
    void observe(MsgOut out, long now) {
        if (windowFrom == NEVER || now - windowFrom >= WINDOW_SECONDS * SECOND) {
            Arrays.fill(failed, 0);
            Arrays.fill(completed, 0);
            windowFrom = now;
        }
        for (int j = 0; j < generation.length; j++) {
            long f = out.rejected[j] + out.aborted[j];
            long c = out.completed[j];
            boolean same = begun && generation[j] == out.generation[j];
            long newlyFailed = same ? Math.max(0, f - lastFailed[j]) : 0;
            long newlyCompleted = same ? Math.max(0, c - lastCompleted[j]) : 0;
            failed[j] += newlyFailed;
            completed[j] += newlyCompleted;
            ends += newlyFailed + newlyCompleted;
            if (!same) {
                forget(j);
            }
            if (!same || newlyFailed + newlyCompleted > 0 || out.inFlight[j] == 0) {
                quietSince[j] = now;
                endsAtQuiet[j] = ends;
            }
            generation[j] = out.generation[j];
            lastFailed[j] = f;
            lastCompleted[j] = c;
        }
        begun = true;
    }

    private void forget(int slot) {
        ejectedUntil[slot] = NEVER;
        rounds[slot] = 0;
        failed[slot] = 0;
        completed[slot] = 0;
    }

    /** Whether the flows of a server speak against it now. */
    boolean suspect(int slot, MsgOut out, boolean checked, long now) {
        if (out.state[slot] != ServerState.ACTIVE) {
            return false;
        }
        if (!checked && now - quietSince[slot] >= SILENCE_SECONDS * SECOND && ends - endsAtQuiet[slot] >= LEAST_ENDS) {
            return true;
        }
        long f = failed[slot];
        long c = completed[slot];
        if (f < LEAST_FAILURES || f <= c) {
            return false;
        }
        long othersFailed = -f;
        long othersEnded = -f - c;
        for (int j = 0; j < failed.length; j++) {
            othersFailed += failed[j];
            othersEnded += failed[j] + completed[j];
        }
        double own = f / (double) (f + c);
        return othersEnded == 0 || own >= CONTRAST * (othersFailed / (double) othersEnded);
    }

    /** Ejects a server; how long grows with the rounds. */
    void eject(int slot, long base, long now) {
        if (ejectedUntil[slot] != NEVER && now - ejectedUntil[slot] > MOST_ROUNDS * base) {
            rounds[slot] = 0; // it was well for long
        }
        rounds[slot] = Math.min(MOST_ROUNDS, rounds[slot] + 1);
        ejectedUntil[slot] = now + rounds[slot] * base;
        ejections++;
        failed[slot] = 0;
        completed[slot] = 0;
        quietSince[slot] = now;
        endsAtQuiet[slot] = ends;
    }

    boolean ejected(int slot, long now) {
        return ejectedUntil[slot] != NEVER && now < ejectedUntil[slot];
    }

    long ejections() {
        return ejections;
    }
}
