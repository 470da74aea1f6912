package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.env.scenario.Scenarios;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The main job, end to end through the public command, on runs of a few thousand flows. */
class ReplayCommandTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    private String small;

    @BeforeEach
    void writeScenario() throws IOException {
        String yaml = Scenarios.text("quickstart").replaceAll("flows: *[0-9_]+", "flows: 4000");
        small = Files.writeString(folder.resolve("small.yaml"), yaml).toString();
    }

    private Cli replay(String... more) {
        List<String> args = new ArrayList<>(List.of("replay", "--scenario", small, "--seeds", "2"));
        args.addAll(List.of(more));
        return Cli.run(args.toArray(String[]::new));
    }

    @Test
    void printsATableWithEveryPolicyAndWritesTheReport() throws IOException {
        Path report = folder.resolve("report");

        Cli run = replay("--policies", "ecmp,sed:bias=1/m,oracle-sed", "--report", report.toString());

        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .contains("ecmp")
                .contains("sed:bias=1/m")
                .contains("oracle-sed *")
                .contains("95 % CI");
        assertThat(run.out().lines()).allMatch(l -> l.length() <= 120);
        assertThat(run.err()).isEqualTo("marllb: report: " + report.resolve("index.html") + "\n");
        assertThat(report.resolve("index.html"))
                .content()
                .contains("sed:bias=1/m")
                .contains("marllb replay --scenario");
        assertThat(report.resolve("scenario.yaml")).content().contains("flows: 4000");
    }

    @Test
    void jsonOnStandardOutputIsTheOnlyThingThere() throws IOException {
        Cli run = replay("--policies", "sed,lsq", "--json", "-");

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        JsonNode json = JSON.readTree(run.out());
        assertThat(json.get("schema").asInt()).isEqualTo(1);
        assertThat(json.get("seeds")).hasSize(2);
        assertThat(json.get("policies")).hasSize(2);
        for (JsonNode policy : json.get("policies")) {
            assertThat(policy.get("flows").asLong())
                    .isEqualTo(2 * 3600)
                    .isEqualTo(policy.get("completed").asLong()
                            + policy.get("rejected").asLong()
                            + policy.get("in_flight_at_end").asLong());
            assertThat(policy.get("fct_ms").get("mean").asDouble()).isPositive();
            assertThat(policy.get("fct_ms").get("ci95")).hasSize(2);
            assertThat(policy.get("per_seed")).hasSize(2);
        }
        assertThat(folder.resolve("marllb-report")).doesNotExist();
    }

    @Test
    void resultsDoNotDependOnTheNumberOfThreads() throws IOException {
        Path one = folder.resolve("one.json");
        Path four = folder.resolve("four.json");

        replay("--policies", "sed,rate,ecmp", "--threads", "1", "--json", one.toString());
        replay("--policies", "sed,rate,ecmp", "--threads", "4", "--json", four.toString());

        assertThat(withoutTimes(one)).isEqualTo(withoutTimes(four));
    }

    private static JsonNode withoutTimes(Path file) throws IOException {
        JsonNode json = JSON.readTree(file.toFile());
        ((ObjectNode) json.get("engine")).remove(List.of("wall_s", "events_per_s"));
        json.get("policies").forEach(p -> ((ObjectNode) p).remove("decision_ns"));
        return json;
    }

    @Test
    void csvHasARowPerPolicyAndSeed() {
        Cli run = replay("--policies", "sed,lsq", "--csv", "-");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out().lines()).hasSize(1 + 2 * 2).first().asString().startsWith("scenario,policy,");
    }

    @Test
    void aTraceReplacesTheArrivalsAndSaysSo() throws IOException {
        StringBuilder rows = new StringBuilder("time_s,cpu_ms\n");
        for (int i = 0; i < 1000; i++) {
            rows.append(i / 100.0).append(",").append(50 + i % 7 * 10).append('\n');
        }
        Path trace = Files.writeString(folder.resolve("t.csv"), rows);

        Cli run = Cli.run(
                "replay",
                trace.toString(),
                "--policies",
                "sed",
                "--seeds",
                "1",
                "--flows",
                "500",
                "--report",
                folder.resolve("r").toString());

        assertThat(run.exitCode()).isZero();
        assertThat(run.out())
                .startsWith("t.csv on quickstart: ")
                .contains(
                        "(the first 500)",
                        "1,000 flows",
                        "quickstart cluster with the speed of its servers multiplied by");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--policies sedd|there is no policy 'sedd'; did you mean 'sed'?",
                "--policies sed,sed|'sed' is there twice",
                "--policies sed:bais=1|did you mean 'bias'?",
                "--seeds 0|--seeds must be >= 1, but was 0",
                "--seeds many|'many' is not an int",
                "--flows 10|--flows needs a TRACE",
                "--seeds 2000000000|--seeds must be at most 100000, but was 2000000000",
                "--format csv|--format and --option say how a TRACE is read",
                "--option jitter=1s|--format and --option say how a TRACE is read",
                "-|TRACE must be a file",
                "/|/ is a folder; name a trace file",
                "--json x.json --csv ./x.json|are one file",
                "--threads 0|--threads must be >= 1, but was 0",
                "--scenario quikstart|did you mean 'quickstart'?",
                "--json - --csv -|cannot both go to -",
                "--json /no/such/folder/x.json|there is no folder /no/such/folder",
                "/no/such/trace.csv|/no/such/trace.csv",
                "--polices sed|unknown option '--polices'; did you mean '--policies'?",
            })
    void badInputIsOneMessageAndNothingElse(String args, String message) {
        Cli run = Cli.run(Stream.concat(Stream.of("replay"), Stream.of(args.split(" ", -1)))
                .toArray(String[]::new));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .startsWith("marllb: ")
                .contains(message)
                .hasLineCount(1)
                .doesNotContain("\tat ");
    }

    @Test
    void aFolderWithOtherFilesIsNoReportAndStaysAsItIs() throws IOException {
        Cli run = replay("--policies", "sed", "--report", folder.toString());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("the folder holds other files");
        assertThat(folder.toFile().list()).containsExactly("small.yaml");
    }

    @Test
    void aFileThatCannotBeWrittenKeepsNoOtherFromBeingWritten() throws IOException {
        assumeThat(Path.of("/dev/full")).exists();
        Path csv = folder.resolve("r.csv");
        Path report = folder.resolve("report");

        Cli run = replay(
                "--policies", "sed", "--json", "/dev/full", "--csv", csv.toString(), "--report", report.toString());

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(csv).isNotEmptyFile();
        assertThat(report.resolve("index.html")).isNotEmptyFile();
        assertThat(run.err().lines())
                .filteredOn(l -> !l.startsWith("marllb: report: "))
                .singleElement()
                .asString()
                .startsWith("marllb: /dev/full can't be written: ");
    }

    @Test
    void aRunInWhichNothingArrivesIsRefused() throws IOException {
        Files.writeString(
                Path.of(small), Files.readString(Path.of(small)).replaceAll("flows: *[0-9_]+", "duration: 1ns"));

        Cli run = replay("--policies", "sed", "--json", "-");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).isEqualTo("marllb: no flow arrived after warm-up; make the run longer\n");
    }

    /** Stopped as if by Ctrl-C when asked for the n-th time whether to stop. */
    private Cli stopped(long asked, String... more) {
        AtomicLong left = new AtomicLong(asked);
        ReplayCommand replay = new ReplayCommand(Terminal.NONE, () -> new Interruption() {
            @Override
            boolean happened() {
                return left.decrementAndGet() < 0;
            }
        });
        List<String> args = new ArrayList<>(List.of("--scenario", small, "--seeds", "2", "--threads", "1"));
        args.addAll(List.of(more));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int exitCode = new CommandLine(replay)
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(args.toArray(String[]::new));
        return new Cli(exitCode, out.toString(), err.toString());
    }

    @Test
    void anInterruptedRunSaysSoAndWhatItWrote() {
        Path json = folder.resolve("r.json");
        Path report = folder.resolve("report");
        String[] args = {"--policies", "sed,lsq", "--json", json.toString(), "--report", report.toString()};

        Cli early = stopped(0, args);
        assertThat(json).doesNotExist();
        long asked = 0;
        Cli late = early;
        while (late.err().contains("before the first")) {
            late = stopped(++asked, args);
        }

        assertThat(early.exitCode()).isEqualTo(130);
        assertThat(early.err()).isEqualTo("marllb: interrupted before the first run had ended; no file was written\n");
        assertThat(late.exitCode()).isEqualTo(130);
        assertThat(late.err()).isEqualTo("marllb: interrupted; written: " + json + ", " + report + "\n");
        assertThat(json).isNotEmptyFile();
        assertThat(report.resolve("index.html")).isNotEmptyFile();
    }
}
