package io.marllb.bench.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.bench.learning.LearningSpeedSuite.Latency;
import io.marllb.bench.learning.LearningSpeedSuite.Report;
import io.marllb.bench.learning.LearningSpeedSuite.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearningSpeedSuiteTest {

    private static final Row ROW = new Row(
            "update",
            List.of(new double[] {1, 2, 9}, new double[] {2, 2, 2}, new double[] {4, 5, 6}),
            List.of(new double[] {4, 4, 4}, new double[] {3, 3, 3}, new double[] {50, 50, 50}),
            1.2);
    private static final Row ALONE = new Row("update", ROW.ours(), List.of(), 1.2);

    private static Report report(Row row, double p99) {
        return new Report(
                List.of(row), List.of(new Latency(64, 2, p99, 5, 50)), Optional.empty(), Optional.of("no PyTorch"));
    }

    @Test
    void ratioIsTheMiddleOfTheRoundsRatios() {
        // Medians 2, 2, 5 against 4, 3, 50: ratios 2, 1.5, 10.
        assertThat(ROW.ratio()).isCloseTo(2, within(1e-12));
        assertThat(Row.median(ROW.ours())).isEqualTo(2);
        assertThat(ROW.ratioOfMins()).isEqualTo(3);
        assertThat(ALONE.ratio()).isNaN();
    }

    @Test
    void promisesHoldUnlessSomethingMeasuredBreaksThem() {
        assertThat(report(ROW, 3).holds()).isTrue();
        assertThat(report(ALONE, 3).holds()).isTrue();
        assertThat(report(ROW, 60).holds()).isFalse();
        assertThat(report(new Row("update", ROW.ours(), ROW.peers(), 2.1), 3).holds())
                .isFalse();
    }

    @Test
    void jsonSaysWhatWasSkipped() {
        assertThat(LearningSpeedSuite.json(report(ALONE, 3), "the command"))
                .contains("\"skipped\" : \"no PyTorch\"")
                .contains("\"command\" : \"the command\"")
                .doesNotContain("\"ratio\"");
        assertThat(LearningSpeedSuite.json(report(ROW, 3), "the command")).contains("\"ratio\" : 2.0");
    }

    @Test
    void aPythonWithoutPyTorchIsNamedAsMissing(@TempDir Path folder) throws IOException {
        assertThatThrownBy(() -> TorchPeer.start(folder.resolve("nowhere"), ""))
                .isInstanceOf(TorchPeer.MissingException.class)
                .hasMessageContaining("python3-torch")
                .hasMessageContaining("nowhere");
        Path fails = script(folder, "exit 1");
        assertThatThrownBy(() -> TorchPeer.start(fails, ""))
                .isInstanceOf(TorchPeer.MissingException.class)
                .hasMessageContaining("python3-torch");
    }

    @Test
    void aPyTorchOnTheReferenceBlasIsNoPeer(@TempDir Path folder) throws IOException {
        Path slow =
                script(folder, "echo '{\"torch\": \"1\", \"blas\": [\"/usr/lib/libblas.so.3\"], \"decisions\": 200}'");
        assertThatThrownBy(() -> TorchPeer.start(slow, ""))
                .isInstanceOf(TorchPeer.MissingException.class)
                .hasMessageContaining("libopenblas0-pthread");
    }

    @Test
    void aPeerAnswersWithTimes(@TempDir Path folder) throws IOException {
        Path peer = script(
                folder,
                "echo '{\"torch\": \"1.13\", \"blas\": [\"libopenblas.so\"], \"decisions\": 200}'; read line;"
                        + " echo '{\"nanos\": [1000, 3000]}'");
        try (TorchPeer torch = TorchPeer.start(peer, "Zen")) {
            assertThat(torch.description()).isEqualTo("PyTorch 1.13, OpenBLAS kernels Zen");
            assertThat(torch.decisions()).isEqualTo(200);
            assertThat(torch.measure("update 1 1 1", 2)).containsExactly(1000, 3000);
        }
    }

    private static Path script(Path folder, String body) throws IOException {
        Path file = folder.resolve("python");
        Files.writeString(file, "#!/bin/sh\n" + body + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file;
    }
}
