package io.marllb.agents.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.check.Checks;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SettingsTest {

    enum Kind {
        ONE_STEP,
        FULL
    }

    record Inner(int length) {}

    record Example(
            double learningRate,
            int batch,
            long budget,
            boolean doubleQ,
            String rule,
            Kind kind,
            List<Integer> hidden,
            Inner replay) {
        Example {
            new Checks("Example")
                    .positive("learningRate", learningRate)
                    .atLeast("batch", batch, 1)
                    .throwIfAny();
        }
    }

    record Other(int threads) {}

    private static final Example EXAMPLE =
            new Example(1e-3, 32, 5, true, "sed", Kind.FULL, List.of(64, 32), new Inner(10));

    @Test
    void namesAreInKebabCaseAndInOrder() {
        assertThat(Settings.of(EXAMPLE, new Other(2)).values())
                .containsExactly(
                        Map.entry("learning-rate", "0.001"),
                        Map.entry("batch", "32"),
                        Map.entry("budget", "5"),
                        Map.entry("double-q", "true"),
                        Map.entry("rule", "sed"),
                        Map.entry("kind", "full"),
                        Map.entry("hidden", "64,32"),
                        Map.entry("replay.length", "10"),
                        Map.entry("threads", "2"));
    }

    @Test
    void everyTypeIsRead() {
        Settings changed = Settings.of(EXAMPLE, new Other(2))
                .with(Map.of(
                        "learning-rate", "3e-4",
                        "budget", "7000000000",
                        "double-q", "false",
                        "rule", "sed:bias=1/m",
                        "kind", "one-step",
                        "hidden", "none",
                        "replay.length", "20"));

        assertThat(changed.get(Example.class))
                .isEqualTo(new Example(
                        3e-4, 32, 7_000_000_000L, false, "sed:bias=1/m", Kind.ONE_STEP, List.of(), new Inner(20)));
        assertThat(changed.get(Other.class)).isEqualTo(new Other(2));
        assertThat(Settings.of(EXAMPLE, new Other(2)).with(changed.values()).values())
                .isEqualTo(changed.values());
    }

    @Test
    void everyProblemIsReportedWithTheNearestName() {
        Settings settings = Settings.of(EXAMPLE, new Other(2));

        assertThatThrownBy(() -> settings.with(Map.of(
                        "learning-rat", "1", "kind", "half", "hidden", "64,x", "double-q", "yes", "threads", "two")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("unknown setting 'learning-rat'; did you mean 'learning-rate'?")
                .hasMessageContaining("kind must be one of one-step, full, but was 'half'")
                .hasMessageContaining("hidden must be whole numbers such as 128,128, or none, but was '64,x'")
                .hasMessageContaining("double-q must be one of true, false, but was 'yes'")
                .hasMessageContaining("threads must be a whole number, but was 'two'");
    }

    @Test
    void whatARecordRefusesIsReported() {
        assertThatThrownBy(() -> Settings.of(EXAMPLE).with(Map.of("learning-rate", "NaN", "batch", "0")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("learningRate must be finite and > 0, but was NaN")
                .hasMessageContaining("batch must be >= 1, but was 0");
    }

    @Test
    void twoSettingsOfOneNameAreAMistakeOfTheProgram() {
        assertThatThrownBy(() -> Settings.of(new Inner(1), new Inner(2)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("'length'");
    }

    @Test
    void textsAreReadAsPairs() {
        assertThat(Settings.parse(List.of("a=1", "rule=sed:bias=1/m", "a=2")))
                .containsExactly(Map.entry("a", "2"), Map.entry("rule", "sed:bias=1/m"));
        assertThatThrownBy(() -> Settings.parse(List.of("a=1", "b", "=3")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("'b', '=3'");
    }
}
