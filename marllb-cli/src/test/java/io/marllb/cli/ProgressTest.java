package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ProgressTest {

    private static final long SECOND = 1_000_000_000L;

    private final StringWriter err = new StringWriter();
    private long now;

    private Progress progress(Terminal terminal) {
        return new Progress(terminal, new PrintWriter(err), "replay", () -> now);
    }

    @Test
    void saysNothingOfAShortJob() {
        try (Progress progress = progress(Terminal.NONE)) {
            now = 4 * SECOND;
            progress.accept(0.9);
        }

        assertThat(err.toString()).isEmpty();
    }

    @Test
    void writesAPlainLineWithTheTimeLeftEveryFewSeconds() {
        try (Progress progress = progress(Terminal.NONE)) {
            now = 10 * SECOND;
            progress.accept(0.25);
            now = 11 * SECOND;
            progress.accept(0.30);
            now = 100 * SECOND;
            progress.accept(0.5);
        }

        assertThat(err.toString())
                .isEqualTo("marllb: replay 25 %, about 30 s left\nmarllb: replay 50 %, about 1 min 40 s left\n");
    }

    @Test
    void redrawsOneLineOnATerminalAndLeavesItEmpty() {
        try (Progress progress = progress(new Terminal(80, true, true))) {
            progress.accept(0.5);
        }

        assertThat(err.toString()).doesNotContain("\n").contains("replay").endsWith("\r" + " ".repeat(79) + "\r");
    }
}
