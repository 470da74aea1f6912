package io.marllb.env.trace;

import java.nio.file.Path;

/** A trace file is malformed: where, what was found, what was expected, and what to do about it. */
public final class TraceFormatException extends RuntimeException {

    private final transient Path file;
    private final long line;
    private final int column;

    TraceFormatException(Path file, long line, int column, String expected, String found, String fix) {
        super(file + ":" + line + ":" + column + ": expected " + expected + ", but found " + found
                + (fix.isEmpty() ? "" : "; " + fix));
        this.file = file;
        this.line = line;
        this.column = column;
    }

    /**
     * The malformed file.
     *
     * @return its path, as it was given
     */
    public Path file() {
        return file;
    }

    /**
     * Where reading stopped.
     *
     * @return line number, from 1
     */
    public long line() {
        return line;
    }

    /**
     * Where in the line the trouble begins.
     *
     * @return byte in the line, from 1
     */
    public int column() {
        return column;
    }
}
