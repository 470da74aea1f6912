package io.marllb.cli;

import java.io.PrintWriter;
import java.util.Locale;
import java.util.function.DoubleConsumer;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * How far a long job is and when it will be done, on stderr: a bar that redraws itself on a terminal and is gone in the end, otherwise a plain
 * line every few seconds and nothing for short jobs. Told from any thread.
 */
final class Progress implements DoubleConsumer, AutoCloseable {

    private static final long LINE_EVERY_NANOS = 5_000_000_000L;
    private static final int BAR_STEPS = 100;
    private static final int BAR_COLUMNS = 79;
    private static final int REDRAW_MILLIS = 200;

    private final String task;
    private final PrintWriter err;
    private final LongSupplier nanoClock;
    private final ProgressBar bar;
    private final long start;
    private long lastLine;

    /**
     * Starts at nothing done.
     *
     * @param task what is being done, one or two words
     * @param nanoClock nanosecond clock
     */
    Progress(Terminal terminal, PrintWriter err, String task, LongSupplier nanoClock) {
        this.task = task;
        this.err = err;
        this.nanoClock = nanoClock;
        start = nanoClock.getAsLong();
        lastLine = start;
        bar = terminal.progressBar() ? bar() : null;
    }

    /** Not the library's own console: that asks for the terminal with escape codes, and leaves its last state behind. */
    private ProgressBar bar() {
        return new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(BAR_STEPS)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(REDRAW_MILLIS)
                .setConsumer(new DelegatingProgressBarConsumer(this::redraw, BAR_COLUMNS))
                .build();
    }

    private void redraw(String line) {
        err.print("\r" + line);
        err.flush();
    }

    /** @param share how much of the whole is done, in [0, 1] */
    @Override
    public synchronized void accept(double share) {
        if (bar != null) {
            bar.stepTo(Math.round(share * BAR_STEPS));
            return;
        }
        long now = nanoClock.getAsLong();
        if (now - lastLine >= LINE_EVERY_NANOS && share > 0) {
            lastLine = now;
            double left = (now - start) * (1 - share) / share / 1e9;
            err.println(String.format(Locale.ROOT, "marllb: %s %.0f %%, about %s left", task, 100 * share, time(left)));
            err.flush();
        }
    }

    private static String time(double seconds) {
        long s = (long) Math.ceil(seconds);
        return s < 60 ? s + " s" : s / 60 + " min " + s % 60 + " s";
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            err.print("\r" + " ".repeat(BAR_COLUMNS) + "\r");
            err.flush();
        }
    }
}
