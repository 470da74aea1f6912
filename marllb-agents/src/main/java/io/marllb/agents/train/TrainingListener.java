package io.marllb.agents.train;

/** Told what a {@link Trainer} does, on the thread that runs it. */
public interface TrainingListener {

    /** Does nothing. */
    TrainingListener NONE = new TrainingListener() {};

    /**
     * An iteration is over.
     *
     * @param share how much of the run is done, in [0, 1]
     */
    default void advanced(double share) {}

    /**
     * The actors were evaluated, on schedule or because the run is over.
     *
     * @param trainer at the end of an iteration
     * @param evaluation what they got
     */
    default void evaluated(Trainer trainer, Evaluation evaluation) {}

    /**
     * An evaluation was due: told after {@link #evaluated}. These are the same however a run is cut into parts, so what is kept of a run must come
     * from them alone.
     *
     * @param trainer at the end of an iteration
     * @param evaluation what they got
     */
    default void scheduled(Trainer trainer, Evaluation evaluation) {}

    /**
     * The run should be saved: so often, when it is cancelled, and before the last evaluation.
     *
     * @param trainer at the end of an iteration, so that {@link Trainer#save} holds all there is
     */
    default void checkpoint(Trainer trainer) {}
}
