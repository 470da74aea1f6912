package io.marllb.agents.remote;

/** The learner is gone and did not come back, or does not want this actor. */
public final class LearnerLostException extends RuntimeException {

    private static final long serialVersionUID = 1;

    LearnerLostException(String message) {
        super(message);
    }
}
