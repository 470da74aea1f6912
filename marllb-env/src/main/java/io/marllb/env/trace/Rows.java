package io.marllb.env.trace;

import java.util.List;

/** The rows of one format, in the order of the file. A cursor: {@link #next} fills the fields. */
abstract class Rows {

    final LineReader in;
    long at; // nanoseconds, as written: since the epoch or since the start
    int label; // index into labels()
    double cpuNanos;
    long ioNanos;

    Rows(LineReader in) {
        this.in = in;
    }

    /** Moves to the next row. @return false at the end */
    abstract boolean next();

    /** Names of the classes that rows are labelled with; empty where the format knows no classes. */
    abstract List<String> labels();

    /** Whether rows carry their work. */
    abstract boolean sized();

    /** URL of the row as written, or null. */
    String url() {
        return null;
    }

    /** Nanoseconds that are time 0 where the format says so; -1 where it follows from the first row. */
    long origin() {
        return -1;
    }

    /** What is worth knowing about how the file was read. */
    List<String> notes() {
        return List.of();
    }
}
