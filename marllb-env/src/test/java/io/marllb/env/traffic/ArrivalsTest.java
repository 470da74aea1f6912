package io.marllb.env.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArrivalsTest {

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY})
    void refusesRatesThatAreNone(double bad) {
        Path file = Path.of("f");
        assertThatIllegalArgumentException().isThrownBy(() -> new Arrivals.Poisson(bad));
        assertThatIllegalArgumentException().isThrownBy(() -> new Arrivals.Mmpp(List.of(1.0), List.of(bad)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Arrivals.Nhpp(file, OptionalDouble.of(bad), Optional.empty()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Arrivals.Nhpp(file, OptionalDouble.empty(), Optional.of(bad)));
        assertThatIllegalArgumentException().isThrownBy(() -> new Arrivals.Trace(file, "auto", bad, List.of()));
    }

    @Test
    void refusesStatesThatDoNotMatchOrNeverSendAFlow() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Arrivals.Mmpp(List.of(1.0, 2.0), List.of(1e9)))
                .withMessageContaining("rates has 2 entries and dwell has 1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Arrivals.Mmpp(List.of(0.0, 0.0), List.of(1e9, 1e9)))
                .withMessageContaining("at least one rate must be > 0");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Arrivals.Mmpp(List.of(1e-3, 0.0), List.of(1.0, 1.0)))
                .withMessageContaining("change more than 1e6 times per flow");
        assertThatIllegalArgumentException().isThrownBy(() -> new Arrivals.Mmpp(List.of(), List.of()));
    }

    @Test
    void namesTheFormatThatWasMeant() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Arrivals.Trace(Path.of("f"), "azure-lm", 1, List.of()))
                .withMessage("unknown trace format 'azure-lm'; did you mean 'azure-llm'?");
    }

    @Test
    void weighsTheRatesOfStatesByTheirStays() {
        assertThat(new Arrivals.Mmpp(List.of(10.0, 100.0), List.of(9e9, 1e9)).meanRate())
                .isCloseTo(19, within(1e-9));
    }

    @Test
    void refusesRateChangesOutOfOrder() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> RateChanges.of(new long[] {5, 4}, new double[] {1, Double.NaN}))
                .withMessageContaining("at[1] must be >= 5, but was 4")
                .withMessageContaining("factors[1] must be finite and > 0, but was NaN");
        assertThatIllegalArgumentException().isThrownBy(() -> RateChanges.of(new long[] {-1}, new double[] {1}));
        assertThatIllegalArgumentException().isThrownBy(() -> RateChanges.of(new long[] {1}, new double[] {}));
    }
}
