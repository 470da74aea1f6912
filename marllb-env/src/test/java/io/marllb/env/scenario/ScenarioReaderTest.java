package io.marllb.env.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.Distribution;
import io.marllb.env.traffic.FlowClass;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScenarioReaderTest {

    private static final long SECOND = 1_000_000_000L;
    private static final double MILLI = 1e6;

    private static final String LEAST = """
            servers: [{}]
            traffic: {arrivals: {type: poisson, rate: 1}, classes: [{name: a, share: 1, cpu: {type: exponential, mean: 1ms}}]}
            run: {flows: 10}
            """;

    @TempDir
    Path folder;

    private Scenario parse(String yaml) {
        return Scenarios.parse(yaml, "some/where/test-file.yaml", folder);
    }

    private Scenario withTraffic(String traffic) {
        return parse("servers: [{}]\nrun: {flows: 10}\ntraffic:\n" + traffic.indent(2));
    }

    @Test
    void readsTheWholeFormat() {
        Scenario s = parse("""
                name: paper-moderate
                description: everything at once
                balancers: 2
                servers:
                  - {count: 4, cores: 1, speed: 1.0, smt-gain: 0.2, workers: 32, backlog: 128, discipline: ps}
                  - {count: 3, cores: 2, speed: 1.5, workers: unlimited, discipline: fifo}
                weights: unknown
                traffic:
                  arrivals: {type: poisson, rate: 690.9}
                  acks: 3
                  classes:
                    - {name: wiki,   share: 0.459, cpu: {type: lognormal, mean: 33ms, cv: 1.5}, io: {type: exponential, mean: 11ms}}
                    - {name: static, share: 54.1%, cpu: {type: exponential, mean: 1.8ms}}
                network: {client-to-balancer: 40us, balancer-to-server: 1.5ms, signal-loss: 1%}
                events:
                  - {at: 40s, servers: [2], down: true}
                  - {at: 20s, servers: [0, 5], speed: 0.5}
                  - {at: 50s, servers: [2], down: false}
                  - {at: 55s, servers: [3], drain: true}
                  - {at: 1m, servers: [3], remove: true}
                  - {at: 61s, add: {cores: 8}}
                  - {at: 62s, servers: [7], drain: false}
                  - {at: 63s, rate: 1.5}
                control: {interval: 200ms, report-interval: 100ms, detection: 1s, slow-start: 10s}
                run: {duration: 5m, warmup: 5%, seed: -7}
                """);

        ServerSpec weak = new ServerSpec(1, 1, 0.2, 32, 128, Discipline.PS);
        ServerSpec strong = new ServerSpec(2, 1.5, 0, ServerSpec.UNLIMITED, ServerSpec.UNLIMITED, Discipline.FIFO);
        ServerSpec added = new ServerSpec(8, 1, 0, ServerSpec.UNLIMITED, ServerSpec.UNLIMITED, Discipline.PS);
        assertThat(s)
                .isEqualTo(new Scenario(
                        "paper-moderate",
                        2,
                        List.of(weak, weak, weak, weak, strong, strong, strong),
                        false,
                        new Scenario.Traffic(
                                new Arrivals.Poisson(690.9),
                                List.of(
                                        new FlowClass(
                                                "wiki",
                                                0.459,
                                                new Distribution.Lognormal(33 * MILLI, 1.5),
                                                Optional.of(new Distribution.Exponential(11 * MILLI))),
                                        new FlowClass(
                                                "static",
                                                0.541,
                                                new Distribution.Exponential(1_800_000),
                                                Optional.empty())),
                                3),
                        new Scenario.Network(40_000, 1_500_000, 0.01),
                        List.of(
                                new ScenarioEvent.SetSpeed(20 * SECOND, List.of(0, 5), 0.5),
                                new ScenarioEvent.SetDown(40 * SECOND, List.of(2), true),
                                new ScenarioEvent.SetDown(50 * SECOND, List.of(2), false),
                                new ScenarioEvent.SetDrain(55 * SECOND, List.of(3), true),
                                new ScenarioEvent.Remove(60 * SECOND, List.of(3)),
                                new ScenarioEvent.Add(61 * SECOND, added),
                                new ScenarioEvent.SetDrain(62 * SECOND, List.of(7), false),
                                new ScenarioEvent.SetRate(63 * SECOND, 1.5)),
                        new Scenario.Control(SECOND / 5, SECOND / 10, SECOND, 10 * SECOND),
                        new Scenario.Run(OptionalLong.empty(), OptionalLong.of(300 * SECOND), 0.05, -7)));
        assertThat(s.slots()).isEqualTo(8);
    }

    @Test
    void needsOnlyServersTrafficAndRun() {
        Scenario s = parse(LEAST);

        assertThat(s)
                .isEqualTo(new Scenario(
                        "test-file",
                        1,
                        List.of(new ServerSpec(1, 1, 0, ServerSpec.UNLIMITED, ServerSpec.UNLIMITED, Discipline.PS)),
                        true,
                        new Scenario.Traffic(
                                new Arrivals.Poisson(1),
                                List.of(new FlowClass("a", 1, new Distribution.Exponential(MILLI), Optional.empty())),
                                2),
                        new Scenario.Network(0, 0, 0),
                        List.of(),
                        new Scenario.Control(SECOND / 4, SECOND / 4, 0, 0),
                        new Scenario.Run(OptionalLong.of(10), OptionalLong.empty(), 0.1, 1)));
    }

    @Test
    void readsEveryArrivalProcess() throws IOException {
        Path profile = Files.writeString(folder.resolve("day.csv"), "1\n");
        Path trace = Files.createDirectories(folder.resolve("a b")).resolve("t.tsv");
        Files.writeString(trace, "1\n");
        String classes = "classes: [{name: a, share: 1, cpu: {type: exponential, mean: 1ms}}]\n";

        assertThat(withTraffic("arrivals: {type: mmpp, rates: [400, 1200], dwell: [10s, 1s]}\n" + classes)
                        .traffic()
                        .arrivals())
                .isEqualTo(new Arrivals.Mmpp(List.of(400.0, 1200.0), List.of(10e9, 1e9)));
        assertThat(withTraffic("arrivals: {type: nhpp, profile: day.csv}\n" + classes)
                        .traffic()
                        .arrivals())
                .isEqualTo(new Arrivals.Nhpp(profile, OptionalDouble.empty(), Optional.empty()));
        assertThat(withTraffic("arrivals: {type: nhpp, profile: day.csv, rate: 50, step: 1m}\n" + classes)
                        .traffic()
                        .arrivals())
                .isEqualTo(new Arrivals.Nhpp(profile, OptionalDouble.of(50), Optional.of(60e9)));
        assertThat(withTraffic("arrivals: {type: trace, file: 'a b/t.tsv'}\n")
                        .traffic()
                        .arrivals())
                .isEqualTo(new Arrivals.Trace(trace, "auto", 1, List.of()));
        String azure =
                "arrivals: {type: trace, file: a b/../a b/t.tsv, format: azure-llm, scale: 2.5, options: {%s}}\n";
        assertThat(withTraffic(azure.formatted("generated-token: 20ms, jitter: 'x=y'") + classes)
                        .traffic()
                        .arrivals())
                .isEqualTo(new Arrivals.Trace(trace, "azure-llm", 2.5, List.of("generated-token=20ms", "jitter=x=y")));
    }

    @Test
    void readsEverySizeLaw() throws IOException {
        Path sizes = Files.writeString(
                folder.resolve("sizes.txt"), "# ms where no unit is written\n1.5\n\n250us\r\n 2 s \n0\n");

        assertThat(law("{type: deterministic, mean: 1s}")).isEqualTo(new Distribution.Deterministic(1e9));
        assertThat(law("{type: exponential, mean: 0.25ns}")).isEqualTo(new Distribution.Exponential(0.25));
        assertThat(law("{type: erlang, mean: 2ms, k: 3}")).isEqualTo(new Distribution.Erlang(2e6, 3));
        assertThat(law("{type: hyperexponential, mean: 2ms, cv: 4}"))
                .isEqualTo(new Distribution.Hyperexponential(2e6, 4));
        assertThat(law("{type: lognormal, mean: 2ms, cv: 0.4}")).isEqualTo(new Distribution.Lognormal(2e6, 0.4));
        assertThat(law("{type: pareto-bounded, alpha: 1.1, min: 1ms, max: 10s}"))
                .isEqualTo(new Distribution.ParetoBounded(1.1, 1e6, 1e10));
        assertThat(law("{type: uniform, min: 0ms, max: 10ms}")).isEqualTo(new Distribution.Uniform(0, 1e7));
        assertThat(law("{type: empirical, file: sizes.txt}"))
                .isEqualTo(new Distribution.Empirical(sizes, List.of(1.5e6, 250e3, 2e9, 0.0)));
    }

    private Distribution law(String law) {
        return withTraffic("arrivals: {type: poisson, rate: 1}\nclasses: [{name: a, share: 1, cpu: " + law + "}]\n")
                .traffic()
                .classes()
                .get(0)
                .cpu();
    }

    @Test
    void readsAFileWithItsOwnNameAndFilesBesideIt() throws IOException {
        Files.writeString(folder.resolve("sizes.txt"), "7\n");
        Path file = folder.resolve("my-cluster.yaml");
        Files.writeString(
                file, "\uFEFF" + LEAST.replace("type: exponential, mean: 1ms", "type: empirical, file: sizes.txt"));

        Scenario s = Scenarios.load(file.toString());

        assertThat(s.name()).isEqualTo("my-cluster");
        assertThat(s.traffic().meanWork()).hasValue(7e6);
        assertThat(s).isEqualTo(Scenarios.read(file));
    }

    @Test
    void acceptsSharesWithinTheToleranceOnly() {
        String classes = """
                arrivals: {type: poisson, rate: 1}
                classes:
                  - {name: a, share: 0.3333333, cpu: {type: exponential, mean: 1ms}}
                  - {name: b, share: 0.6666666, cpu: {type: exponential, mean: 1ms}}
                """;

        assertThat(withTraffic(classes).traffic().classes()).hasSize(2);
        assertThatThrownBy(() -> withTraffic(classes.replace("0.6666666", "0.66666")))
                .hasMessageContaining("sum to 0.9999933");
    }

    @Test
    void fullRateCountsSmtAndIdleCores() {
        assertThat(new ServerSpec(2, 1, 0.2, 32, 0, Discipline.PS).fullRate()).isCloseTo(2.4, within(1e-12));
        assertThat(new ServerSpec(2, 1, 0.2, 3, 0, Discipline.PS).fullRate()).isCloseTo(2.2, within(1e-12));
        assertThat(new ServerSpec(4, 0.5, 0.2, 3, 0, Discipline.PS).fullRate()).isCloseTo(1.5, within(1e-12));
        assertThat(new ServerSpec(4, 0.5, 0, ServerSpec.UNLIMITED, 0, Discipline.FIFO).fullRate())
                .isCloseTo(2, within(1e-12));
    }

    @Test
    void utilisationIsKnownWhereRateAndWorkAre() throws IOException {
        Files.writeString(folder.resolve("t.csv"), "1\n");
        String classes = "classes: [{name: a, share: 1, cpu: {type: exponential, mean: 1ms}}]\n";

        assertThat(withTraffic("arrivals: {type: mmpp, rates: [100, 700], dwell: [2s, 1s]}\n" + classes)
                        .utilisation()
                        .getAsDouble())
                .isCloseTo(0.3, within(1e-12));
        assertThat(withTraffic("arrivals: {type: nhpp, profile: t.csv, rate: 500}\n" + classes)
                        .utilisation()
                        .getAsDouble())
                .isCloseTo(0.5, within(1e-12));
        assertThat(withTraffic("arrivals: {type: nhpp, profile: t.csv}\n" + classes)
                        .utilisation())
                .isEmpty();
        assertThat(withTraffic("arrivals: {type: trace, file: t.csv}\n").utilisation())
                .isEmpty();
    }

    @Test
    void writesTheCanonicalForm() {
        assertThat(Scenarios.write(parse(LEAST))).isEqualTo("""
                        name: test-file
                        balancers: 1
                        servers:
                          - {count: 1, cores: 1, speed: 1, smt-gain: 0, workers: unlimited, backlog: unlimited, discipline: ps}
                        weights: known
                        traffic:
                          arrivals: {type: poisson, rate: 1}
                          classes:
                            - {name: a, share: 1, cpu: {type: exponential, mean: 1ms}}
                          acks: 2
                        network: {client-to-balancer: 0ms, balancer-to-server: 0ms, signal-loss: 0}
                        control: {interval: 250ms, report-interval: 250ms, detection: 0ms, slow-start: 0ms}
                        run: {flows: 10, warmup: 0.1, seed: 1}
                        """);
    }

    @Test
    void quotesNamesThatYamlWouldMisread() {
        for (String name : List.of(
                "null",
                "true",
                "12",
                "a: b",
                "a\"b\\c",
                "#x",
                "caf\u00e9",
                "\ud83d\ude00 x",
                "- a",
                " a ",
                "\u2028x")) {
            Scenario s = parse(LEAST);
            Scenario named = new Scenario(
                    name,
                    s.balancers(),
                    s.servers(),
                    s.weightsKnown(),
                    s.traffic(),
                    s.network(),
                    s.events(),
                    s.control(),
                    s.run());

            assertThat(parse(Scenarios.write(named))).as(name).isEqualTo(named);
        }
    }
}
