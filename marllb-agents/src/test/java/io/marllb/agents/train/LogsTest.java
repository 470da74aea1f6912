package io.marllb.agents.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogsTest {

    @TempDir
    private Path folder;

    private static Map<String, Double> row(Object... pairs) {
        Map<String, Double> row = new TreeMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            row.put((String) pairs[i], (Double) pairs[i + 1]);
        }
        return row;
    }

    @Test
    void theTableIsABoxWithGroups() {
        StringWriter text = new StringWriter();
        new ConsoleTable(new PrintWriter(text))
                .row(1, row("rollout/ep_rew_mean", -1234.567, "time/fps", 12.0, "train/actor_loss", 1.23456e-7));

        assertThat(text.toString().lines())
                .containsExactly(
                        "-----------------------------",
                        "| rollout/       |          |",
                        "|    ep_rew_mean | -1235    |",
                        "| time/          |          |",
                        "|    fps         | 12       |",
                        "| train/         |          |",
                        "|    actor_loss  | 1.23e-07 |",
                        "-----------------------------");
    }

    @Test
    void numbersHaveThreeDigits() {
        assertThat(ConsoleTable.number(0.0123456)).isEqualTo("0.0123");
        assertThat(ConsoleTable.number(9.876)).isEqualTo("9.88");
        assertThat(ConsoleTable.number(1_000_000)).isEqualTo("1000000");
        assertThat(ConsoleTable.number(Double.NaN)).isEqualTo("NaN");
    }

    @Test
    void aNewKeyIsANewColumn() throws IOException {
        Path file = folder.resolve("progress.csv");
        try (ProgressCsv log = ProgressCsv.create(file)) {
            log.row(10, row("time/total_timesteps", 10.0, "a/x", 0.5));
            log.row(20, row("time/total_timesteps", 20.0, "a/x", 0.25, "b/y", 1e300));
            log.row(30, row("time/total_timesteps", 30.0));
        }

        assertThat(file).hasContent("""
                        a/x,time/total_timesteps,b/y
                        0.5,10,
                        0.25,20,1.0E300
                        ,30,
                        """);
    }

    @Test
    void whatCameAfterTheCheckpointIsDroppedOnResume() throws IOException {
        Path file = folder.resolve("progress.csv");
        Files.writeString(file, "a/x,time/total_timesteps\n0.5,10\n0.25,20\n0.125,30\n0.1");

        try (ProgressCsv log = ProgressCsv.resume(file, 20)) {
            log.row(40, row("a/x", 1.0, "time/total_timesteps", 40.0));
        }

        assertThat(file).hasContent("a/x,time/total_timesteps\n0.5,10\n0.25,20\n1,40\n");
        assertThat(folder.toFile().list()).hasSize(1);
    }

    @Test
    void resumingWithoutAFileBeginsOne() throws IOException {
        Path file = folder.resolve("progress.csv");
        try (ProgressCsv log = ProgressCsv.resume(file, 20)) {
            log.row(40, row("time/total_timesteps", 40.0));
        }

        assertThat(file).hasContent("time/total_timesteps\n40\n");
    }
}
