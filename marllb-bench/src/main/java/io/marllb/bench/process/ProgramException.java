package io.marllb.bench.process;

/** A suite can't go on: what failed, what it said, and what to do. */
public final class ProgramException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /**
     * Without a cause.
     *
     * @param message for the user
     */
    public ProgramException(String message) {
        super(message);
    }

    /**
     * With a cause.
     *
     * @param message for the user
     * @param cause what was thrown
     */
    public ProgramException(String message, Throwable cause) {
        super(message, cause);
    }
}
