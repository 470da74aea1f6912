package io.marllb.bench.replay;

/** Hears how far an experiment is. Called by the threads that run, one at a time; must return quickly. */
@FunctionalInterface
public interface ReplayProgress {

    /** For nobody. */
    ReplayProgress NONE = (done, total, share) -> {};

    /**
     * Something has moved.
     *
     * @param done runs that have ended
     * @param total runs in all
     * @param share how much of all runs is done, in [0, 1], with the parts of the runs that are under way
     */
    void update(int done, int total, double share);
}
