package io.marllb.env.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The numbers that were measured on the real traces by other means, when their files lie beside the checkout. */
class RealTracesTest {

    private static final Path DATA = Path.of(System.getProperty("marllb.data", "../../shared/data"));

    @Test
    void conversation() {
        TraceDescription d = describe("azure_llm_2023_conv.csv", "context-token=0ms", "generated-token=1ms");

        assertThat(d.count()).isEqualTo(19_366);
        assertThat(d.spanNanos() * 1e-9).isCloseTo(3501.7, within(0.05));
        assertThat(d.rate()).isCloseTo(5.53, within(0.005));
        assertThat(d.gapSquaredCv()).isCloseTo(1.20, within(0.005));
        TraceDescription.Sizes generated = d.classes().get(0).cpu().orElseThrow();
        assertThat(generated.mean() / 1e6).isCloseTo(211.1, within(0.05));
        assertThat(generated.p50() / 1e6).isCloseTo(129, within(0.13));
        assertThat(generated.p99() / 1e6).isCloseTo(601, within(0.61));
        assertThat(generated.squaredCv()).isCloseTo(0.595, within(0.0005));

        TraceDescription.Sizes context = describe("azure_llm_2023_conv.csv", "context-token=1ms", "generated-token=0ms")
                .classes()
                .get(0)
                .cpu()
                .orElseThrow();
        assertThat(context.mean() / 1e6).isCloseTo(1154.7, within(0.05));
        assertThat(context.p99() / 1e6).isCloseTo(4142, within(4.2));
    }

    @Test
    void code() {
        TraceDescription d = describe("azure_llm_2023_code.csv", "context-token=0ms", "generated-token=1ms");

        assertThat(d.count()).isEqualTo(8_819);
        assertThat(d.spanNanos() * 1e-9).isCloseTo(3435.9, within(0.05));
        assertThat(d.rate()).isCloseTo(2.57, within(0.005));
        assertThat(d.gapSquaredCv()).isCloseTo(173, within(0.5));
        TraceDescription.Sizes generated = d.classes().get(0).cpu().orElseThrow();
        assertThat(generated.mean() / 1e6).isCloseTo(27.9, within(0.05));
        assertThat(generated.p50() / 1e6).isCloseTo(13, within(0.014));
        assertThat(generated.p99() / 1e6).isCloseTo(251, within(1.3)); // 252 by rank, 251 by interpolation
        assertThat(generated.squaredCv()).isCloseTo(4.61, within(0.005));
    }

    @Test
    void nasaPerMinute() {
        TraceDescription d = describe("nasa_http_1995_per_minute.csv");
        TraceDescription.Window minute = d.windows().get(2);

        assertThat(minute.windows()).isEqualTo(84_331); // of 84,332; the last is never complete
        assertThat(d.count() / 84_332.0).isCloseTo(41.0, within(0.05));
        assertThat(minute.peak() * 60).isCloseTo(409, within(1e-9));
        assertThat(minute.emptyShare()).isCloseTo(0.035, within(0.0005));
    }

    @Test
    void nasaBusiestDay() {
        TraceDescription d = describe("nasa_http_1995_busiest_day_per_second.csv");
        TraceDescription.Window hour = d.windows().get(4);

        assertThat(d.count()).isEqualTo(134_204);
        assertThat(d.windows().get(0).dispersion()).isCloseTo(2.0, within(0.05));
        assertThat(hour.windows()).isEqualTo(23); // the last hour is not complete
        assertThat(hour.peak() / hour.trough()).isCloseTo(6.8, within(0.05));
    }

    @Test
    void epaAndSdsc() {
        assertThat(describe("epa_http_1995_per_minute.csv").count()).isEqualTo(47_742);
        TraceDescription sdsc = describe("sdsc_http_1995_per_minute.csv");
        assertThat(sdsc.count()).isEqualTo(28_338);
        assertThat(sdsc.windows().get(2).peak() * 60).isCloseTo(74, within(1e-9));
    }

    /** The excerpt ramps up over its first ten seconds, so the rate of the whole file (390.4 per second) holds only after them. */
    @Test
    void forLoop() {
        TraceDescription d =
                describe("marllb_poisson_forloop_rate400_first30s.tsv", "iterations-per-second=1000000000");

        assertThat(d.count()).isEqualTo(10_140);
        TraceDescription.Sizes iterations = d.classes().get(0).cpu().orElseThrow();
        assertThat(iterations.mean()).isCloseTo(3.67e6, within(0.04e6));
        assertThat(iterations.squaredCv()).isCloseTo(1.005, within(0.01));
        assertThat(d.windows().get(0).peak()).isBetween(390.0, 460.0);
    }

    private static TraceDescription describe(String name, String... options) {
        Path file = DATA.resolve(name);
        Assumptions.assumeTrue(
                Files.exists(file), file + " is not there; traces/README.md says where the real traces are had");
        try (TraceReader reader = TraceReader.open(file, "auto", List.of(options))) {
            return TraceDescription.of(reader);
        }
    }
}
