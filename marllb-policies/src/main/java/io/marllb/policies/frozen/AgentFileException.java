package io.marllb.policies.frozen;

/** A file that is no usable trained agent: what is wrong, what was expected and found, and what helps. */
public final class AgentFileException extends IllegalArgumentException {

    private final String file;

    AgentFileException(String file, String problem, String fix) {
        super(printable(file + ": " + problem + "; " + fix));
        this.file = file;
    }

    AgentFileException(String file, String problem, String fix, Throwable cause) {
        super(printable(file + ": " + problem + "; " + fix), cause);
        this.file = file;
    }

    /**
     * Text of an agent file that may be shown: nobody knows who wrote it, and it must not write to a terminal.
     *
     * @param text any
     * @return with a question mark in place of every control, line-breaking or invisible character, such as those that begin an escape sequence
     */
    public static String printable(String text) {
        StringBuilder shown = new StringBuilder(text.length());
        text.codePoints().forEach(c -> shown.appendCodePoint(harmless(c) ? c : '?'));
        return shown.toString();
    }

    private static boolean harmless(int codePoint) {
        return switch (Character.getType(codePoint)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }

    /**
     * The file.
     *
     * @return its path as it was given, or the name of a shipped agent
     */
    public String file() {
        return file;
    }
}
