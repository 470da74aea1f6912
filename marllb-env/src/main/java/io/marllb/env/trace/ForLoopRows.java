package io.marllb.env.trace;

import java.util.List;

/** {@code time<TAB>/dummy.php/?n=ITERATIONS}. */
final class ForLoopRows extends Rows {

    /** Measured on the testbed's files: a mean job of 3.67e6 iterations took 200 ms of CPU. */
    static final double ITERATIONS_PER_SECOND = 18.35e6;

    static final String HEADER = "time\tquery";
    static final String LABEL = "for-loop";

    private final double nanosPerIteration;

    ForLoopRows(LineReader in, TraceOptions options) {
        super(in);
        nanosPerIteration = 1e9 / options.positive("iterations-per-second", ITERATIONS_PER_SECOND);
        if (in.next() && !in.text().equalsIgnoreCase(HEADER)) {
            in.unread(); // a headerless part of a file is fine: its rows speak for themselves
        }
    }

    @Override
    boolean next() {
        if (!in.next()) {
            return false;
        }
        int tab = in.find(in.start(), '\t');
        int second = tab == in.end() ? tab : in.find(tab + 1, '\t');
        if (tab == in.end() || second < in.end()) {
            throw in.error(second < in.end() ? second : in.start(), in.end(), "2 columns, time<TAB>query", "");
        }
        at = Numbers.scaled(in, in.start(), tab, 9, "the time in seconds");
        int n = iterationsAt(tab + 1);
        int to = in.find(n, '&');
        cpuNanos = Numbers.integer(in, n, to, "the number of loop iterations n") * nanosPerIteration;
        return true;
    }

    /** Position after {@code ?n=} or {@code &n=}. */
    private int iterationsAt(int query) {
        byte[] b = in.buffer();
        for (int i = query; i + 2 < in.end(); i++) {
            if ((b[i] == '?' || b[i] == '&') && b[i + 1] == 'n' && b[i + 2] == '=') {
                return i + 3;
            }
        }
        throw in.error(query, in.end(), "a query with ?n=ITERATIONS", "");
    }

    @Override
    List<String> labels() {
        return List.of(LABEL);
    }

    @Override
    boolean sized() {
        return true;
    }
}
