package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TerminalTest {

    @AfterEach
    void forget() {
        System.clearProperty("marllb.columns");
        System.clearProperty("marllb.charset");
    }

    private static Terminal terminal(String columns, String charset) {
        System.setProperty("marllb.columns", columns);
        System.setProperty("marllb.charset", charset);
        return Terminal.ofProcess();
    }

    @Test
    void theCharacterSetCountsEvenWhereTheWidthIsUnknown() {
        assertThat(terminal("0", "ANSI_X3.4-1968")).isEqualTo(new Terminal(Terminal.UNLIMITED, false, false));
        assertThat(terminal("0", "UTF-8")).isEqualTo(Terminal.NONE);
        assertThat(terminal("60", "utf8")).isEqualTo(new Terminal(60, false, true));
    }

    @Test
    void withoutATerminalThereIsNoLimit() {
        assertThat(Terminal.ofProcess()).isEqualTo(Terminal.NONE);
    }
}
