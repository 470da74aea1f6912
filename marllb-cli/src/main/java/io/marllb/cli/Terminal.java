package io.marllb.cli;

import java.util.Locale;

/**
 * What is known of the terminal. The launcher asks the system, since Java cannot tell which of its streams is one.
 *
 * @param columns width of standard output in characters; {@link #UNLIMITED} when it is not a terminal
 * @param progressBar whether standard error is a terminal, so that a line may be redrawn
 * @param unicode whether characters beyond ASCII are shown as what they are
 */
record Terminal(int columns, boolean progressBar, boolean unicode) {

    /** Nothing is wrapped. */
    static final int UNLIMITED = Integer.MAX_VALUE;

    private static final int NARROWEST = 20; // less is no width, but a terminal that does not know

    /** No terminal at all. */
    static final Terminal NONE = new Terminal(UNLIMITED, false, true);

    /** Whether colours are welcome. */
    boolean colour() {
        return columns < UNLIMITED && System.getenv("NO_COLOR") == null && !"dumb".equals(System.getenv("TERM"));
    }

    /** The one that the launcher described in the system properties {@code marllb.columns}, {@code marllb.charset} and {@code marllb.progress}. */
    static Terminal ofProcess() {
        int columns = Integer.getInteger("marllb.columns", UNLIMITED);
        String charset =
                System.getProperty("marllb.charset"); // of a terminal, even of one that does not tell its width
        boolean terminal = columns >= NARROWEST && columns < UNLIMITED;
        return new Terminal(
                terminal ? columns : UNLIMITED,
                Boolean.getBoolean("marllb.progress"),
                charset == null || charset.toUpperCase(Locale.ROOT).startsWith("UTF"));
    }
}
