package io.marllb.policies.frozen;

/** A file that is no usable trained agent: what is wrong, what was expected and found, and what helps. */
public final class AgentFileException extends IllegalArgumentException {

    private final String file;

    AgentFileException(String file, String problem, String fix) {
        super(file + ": " + problem + "; " + fix);
        this.file = file;
    }

    AgentFileException(String file, String problem, String fix, Throwable cause) {
        super(file + ": " + problem + "; " + fix, cause);
        this.file = file;
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
