package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class OutputsTest {

    @Test
    void triesEveryOneAndNamesEveryFailure() {
        Outputs outputs = new Outputs();
        outputs.attempt("a", () -> {
            throw new IOException("a can't be written: disk full");
        });
        outputs.attempt("b", () -> {});
        outputs.attempt("c", () -> {
            throw new IOException("c can't be written: gone");
        });

        assertThat(outputs.describe()).isEqualTo("written: b; a can't be written: disk full; c can't be written: gone");
        assertThatThrownBy(outputs::requireAll)
                .isInstanceOf(JobFailedException.class)
                .hasMessage("a can't be written: disk full; c can't be written: gone")
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(2));
    }
}
