package io.marllb.cli;

/**
 * What is known of the terminal. The launcher asks the system, since Java cannot tell which of its streams is one.
 *
 * @param columns width of standard output in characters; {@link #UNLIMITED} when it is not a terminal
 * @param progressBar whether standard error is a terminal, so that a line may be redrawn
 */
record Terminal(int columns, boolean progressBar) {

    /** Nothing is wrapped. */
    static final int UNLIMITED = Integer.MAX_VALUE;

    /** No terminal at all. */
    static final Terminal NONE = new Terminal(UNLIMITED, false);

    /** The one that the launcher described in the system properties {@code marllb.columns} and {@code marllb.progress}. */
    static Terminal ofProcess() {
        int columns = Integer.getInteger("marllb.columns", UNLIMITED);
        return new Terminal(columns < 20 ? UNLIMITED : columns, Boolean.getBoolean("marllb.progress"));
    }
}
