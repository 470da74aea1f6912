package io.marllb.env.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.marllb.core.config.ConfigException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BadScenarioTest {

    /** A valid scenario, one thing per line; each case spoils one line of it. */
    private static final String GOOD = """
            name: base
            balancers: 2
            servers:
              - {count: 2, cores: 2, workers: 8, backlog: 4}
              - {cores: 1}
            weights: known
            traffic:
              arrivals: {type: poisson, rate: 100}
              classes:
                - {name: a, share: 0.25, cpu: {type: exponential, mean: 5ms}}
                - {name: b, share: 0.75, cpu: {type: lognormal, mean: 5ms, cv: 2}}
            network: {client-to-balancer: 0ms}
            events:
              - {at: 1s, servers: [0], speed: 0.5}
            control: {interval: 250ms}
            run: {flows: 1000}
            """;

    @TempDir
    Path folder;

    private ConfigException refused(String yaml) {
        ConfigException e =
                catchThrowableOfType(ConfigException.class, () -> Scenarios.parse(yaml, "bad.yaml", folder));
        assertThat(e).as("accepted:\n%s", yaml).isNotNull();
        return e;
    }

    private static String with(int line, String text) {
        List<String> lines = Arrays.asList(GOOD.split("\n", -1));
        lines.set(line - 1, text);
        return String.join("\n", lines);
    }

    @Test
    void theFileThatTheCasesSpoilIsValid() {
        assertThat(Scenarios.parse(GOOD, "good.yaml", folder).slots()).isEqualTo(3);
    }

    /** Which line is replaced, by what (^ marks the place that must be named), and what must be said. */
    static Stream<Arguments> spoilt() {
        return Stream.of(
                // keys
                arguments(2, "^balancer: 2", "unknown key 'balancer'; did you mean 'balancers'?"),
                arguments(4, "  - {count: 2, ^cors: 2}", "unknown key 'cors' in servers[0]; did you mean 'cores'?"),
                arguments(4, "  - {^cout: 2}", "did you mean 'count'?"),
                arguments(4, "  - {^smt_gain: 0.2}", "did you mean 'smt-gain'?"),
                arguments(8, "  arrivals: {type: poisson, ^rte: 5, rate: 1}", "did you mean 'rate'?"),
                arguments(
                        8,
                        "  arrivals: {type: poisson, rate: 1, ^dwell: [1s]}",
                        "unknown key 'dwell' in traffic.arrivals"),
                arguments(
                        12,
                        "network: {^latency: 1ms}",
                        "valid are client-to-balancer, balancer-to-server, signal-loss"),
                arguments(15, "control: {^period: 250ms}", "unknown key 'period' in control"),
                arguments(16, "run: {flows: 1000, ^warm-up: 10%}", "did you mean 'warmup'?"),
                arguments(2, "^name: twice", "name is given twice; first in line 1"),
                arguments(4, "  - {cores: 2, ^cores: 3}", "servers[0].cores is given twice"),
                arguments(2, "^<<: {balancers: 3}", "unknown key '<<'"),
                arguments(2, "^[a, b]: 3", "a key must be plain text, but was a list"),
                // types
                arguments(2, "balancers: ^two", "balancers must be a whole number in digits, but was 'two'"),
                arguments(2, "balancers: ^2.5", "must be a whole number in digits, but was '2.5'"),
                arguments(2, "balancers: ^[2]", "balancers must be a single value, but was a list"),
                arguments(2, "balancers:^", "balancers has no value"),
                arguments(2, "balancers: ^null", "balancers has no value"),
                arguments(2, "balancers: ^0", "must be in [1, 1024], but was 0"),
                arguments(2, "balancers: ^99999999999999999999", "is out of range"),
                arguments(
                        4,
                        "  - ^2",
                        "servers[0] must be a mapping of keys to values, but was '2'; its keys are count, cores"),
                arguments(4, "  - {cores: ^0}", "servers[0].cores must be in [1, 1024], but was 0"),
                arguments(4, "  - {speed: ^-1}", "servers[0].speed must be > 0, but was -1"),
                arguments(4, "  - {speed: ^1e-14}", "servers[0].speed must be in [1.0E-9, 1.0E9], but was 1e-14"),
                arguments(4, "  - {speed: ^.nan}", "servers[0].speed must be finite, but was .nan"),
                arguments(4, "  - {smt-gain: ^20}", "must be in [0, 1], but was 20; write 20% or 0.2"),
                arguments(4, "  - {smt-gain: ^0.2, discipline: fifo}", "servers[0].smt-gain needs discipline ps"),
                arguments(
                        4, "  - {discipline: ^lifo}", "must be one of fifo, ps, but was 'lifo'; did you mean 'fifo'?"),
                arguments(4, "  - {discipline: ^PS}", "must be one of fifo, ps, but was 'PS'; did you mean 'ps'?"),
                arguments(4, "  - {workers: ^infinite}", "must be a whole number or unlimited, but was 'infinite'"),
                arguments(4, "  - {workers: ^0}", "must be in [1, 1000000000], but was 0"),
                arguments(4, "  - {backlog: ^-1}", "must be in [0, 1000000000], but was -1"),
                arguments(4, "  - {count: ^70000}", "servers[0].count must be in [1, 16384], but was 70000"),
                arguments(
                        3,
                        "servers: ^[{count: 16384}, {}]\nevents: []\nname: x\nz:",
                        "servers are 16385, but at most 16384 are supported"),
                arguments(
                        2,
                        "balancers: ^1024\nservers: [{count: 1025}]\nz:",
                        "balancers times servers must be at most 1048576, but is 1049600 (1024 x 1025)"),
                arguments(
                        6,
                        "weights: ^kown",
                        "weights must be one of known, unknown, but was 'kown'; did you mean 'known'?"),
                // traffic
                arguments(
                        8,
                        "  arrivals: {type: ^poison, rate: 1}",
                        "traffic.arrivals.type must be one of poisson, mmpp, nhpp, trace, but was 'poison'; did you mean 'poisson'?"),
                arguments(8, "  arrivals: ^{rate: 1}", "traffic.arrivals needs the key 'type'"),
                arguments(
                        8,
                        "  arrivals: ^poisson",
                        "traffic.arrivals must be a mapping such as {type: poisson, ...}, but was 'poisson'"),
                arguments(8, "  arrivals: ^{type: poisson}", "traffic.arrivals needs the key 'rate'"),
                arguments(8, "  arrivals: {type: poisson, rate: ^-5}", "traffic.arrivals.rate must be > 0, but was -5"),
                arguments(8, "  arrivals: {type: poisson, rate: ^0}", "must be > 0, but was 0"),
                arguments(8, "  arrivals: {type: poisson, rate: ^NaN}", "must be finite, but was NaN"),
                arguments(8, "  arrivals: {type: poisson, rate: ^.inf}", "must be finite, but was .inf"),
                arguments(
                        8,
                        "  arrivals: {type: poisson, rate: ^100/s}",
                        "must be a plain number, but was '100/s'; write 100"),
                arguments(
                        8,
                        "  arrivals: {type: mmpp, rates: [1, 2], dwell: ^[1s]}",
                        "traffic.arrivals.dwell has 1 entries, but rates has 2; write one stay per rate"),
                arguments(8, "  arrivals: {type: mmpp, rates: ^[0, 0], dwell: [1s, 2s]}", "needs a rate > 0"),
                arguments(
                        8,
                        "  arrivals: {type: mmpp, rates: [1, ^-2], dwell: [1s, 2s]}",
                        "traffic.arrivals.rates[1] must be >= 0, but was -2"),
                arguments(
                        8,
                        "  arrivals: {type: mmpp, rates: [1, 2], dwell: [^10, 2s]}",
                        "traffic.arrivals.dwell[0] must be a duration with its unit, but was 10; write 10s"),
                arguments(
                        8,
                        "  arrivals: {type: nhpp, profile: ^missing.csv}",
                        "traffic.arrivals.profile does not exist:"),
                arguments(8, "  arrivals: {type: trace, file: ^.}", "traffic.arrivals.file is not a file:"),
                arguments(8, "  arrivals: ^{type: trace, format: auto}", "traffic.arrivals needs the key 'file'"),
                arguments(8, "  arrivals: {type: trace, file: t.csv, format: ^azure}", "must be one of auto, csv,"),
                arguments(
                        8,
                        "  arrivals: {type: trace, file: t.csv, format: counts, options: {^sted: 1s}}",
                        "unknown option 'sted' of trace format counts; did you mean 'step'?"),
                arguments(
                        10,
                        "    ^- {name: a, share: 0.5, cpu: {type: exponential, mean: 5ms}}",
                        "traffic.classes have shares that sum to 1.25, but must sum to 1"),
                arguments(
                        10,
                        "    - {name: a, share: ^25, cpu: {type: exponential, mean: 5ms}}",
                        "traffic.classes[0].share must be in (0, 1], but was 25; write 25% or 0.25"),
                arguments(
                        11,
                        "    - {name: ^a, share: 0.75, cpu: {type: exponential, mean: 5ms}}",
                        "traffic.classes[1].name is used twice: 'a'"),
                arguments(10, "    - ^{name: a, share: 0.25}", "traffic.classes[0] needs the key 'cpu'"),
                arguments(
                        10,
                        "    - {name: a, share: 0.25, cpu: ^5ms}",
                        "traffic.classes[0].cpu must be a mapping such as {type: deterministic, ...}, but was '5ms'"),
                arguments(
                        10,
                        "    - {name: a, share: 0.25, cpu: {type: exponential, mean: ^33}}",
                        "traffic.classes[0].cpu.mean must be a duration with its unit, but was 33; write 33ms"),
                arguments(
                        10,
                        "    - {name: a, share: 0.25, cpu: {type: exponential, mean: ^33msec}}",
                        "has the unknown unit 'msec' in 33msec; did you mean 'ms'?"),
                arguments(
                        10,
                        "    - {name: a, share: 0.25, cpu: {type: exponential, mean: ^0ms}}",
                        "must be > 0, but was 0ms"),
                arguments(
                        10,
                        "    - {name: a, share: 0.25, cpu: {type: hyperexponential, mean: 5ms, cv: ^0.5}}",
                        "cv must be >= 1, but was 0.5"),
                arguments(
                        10,
                        "    - {name: a, share: 0.25, cpu: ^{type: lognormal, mean: 5ms}}",
                        "traffic.classes[0].cpu needs the key 'cv'"),
                arguments(
                        10,
                        "    - {name: a, share: 0.25, cpu: {type: pareto-bounded, alpha: 1.5, min: 9ms, max: ^3ms}}",
                        "max must be > min, but was 3ms with min 9ms"),
                arguments(
                        10,
                        "    - {name: a, share: 0.25, cpu: {type: ^pareto, alpha: 1.5, min: 1ms, max: 3ms}}",
                        "but was 'pareto'"),
                arguments(
                        10,
                        "    - {name: a, share: 0.25, cpu: {type: erlang, mean: 5ms, k: ^0}}",
                        "k must be in [1, 1000], but was 0"),
                arguments(
                        10,
                        "    - {name: a, share: 0.25, cpu: {type: empirical, file: ^none.txt}}",
                        "file does not exist:"),
                arguments(9, "  acks: ^99\n  classes:", "traffic.acks must be in [0, 16], but was 99"),
                // network, control, run
                arguments(
                        12,
                        "network: {client-to-balancer: ^-1ms}",
                        "network.client-to-balancer must be >= 0, but was -1ms"),
                arguments(12, "network: {signal-loss: ^100%}", "network.signal-loss must be in [0, 1), but was 1"),
                arguments(15, "control: {interval: ^0ms}", "control.interval must be > 0, but was 0ms"),
                arguments(15, "control: {interval: ^250}", "write 250ms"),
                arguments(15, "control: {interval: ^999ns}", "control.interval must be >= 1us, but was 999ns"),
                arguments(
                        15, "control: {report-interval: ^1ns}", "control.report-interval must be >= 1us, but was 1ns"),
                arguments(
                        16,
                        "run: ^{flows: 1000, duration: 60s}",
                        "run needs exactly one of 'flows' and 'duration', but has both"),
                arguments(
                        16, "run: ^{warmup: 10%}", "run needs exactly one of 'flows' and 'duration', but has neither"),
                arguments(16, "run: {flows: ^0}", "run.flows must be in [1, 1000000000000], but was 0"),
                arguments(16, "run: {flows: ^1e6}", "run.flows must be a whole number in digits, but was '1e6'"),
                arguments(16, "run: {duration: ^60}", "write 60s"),
                arguments(
                        16,
                        "run: {flows: 10, warmup: ^10}",
                        "run.warmup must be in [0, 1), but was 10; write 10% or 0.1"),
                arguments(16, "run: {flows: 10, seed: ^lucky}", "run.seed must be a whole number"),
                // events
                arguments(
                        14,
                        "  - {at: 1s, servers: ^[3], speed: 0.5}",
                        "names server 3, but at 1s there are servers 0 to 2"),
                arguments(
                        14,
                        "  - {at: 1s, servers: [^-1], speed: 0.5}",
                        "events[0].servers[0] must be the index of a server, counted from 0, but was -1"),
                arguments(14, "  - {at: 1s, servers: ^[1, 1], speed: 0.5}", "names server 1 twice"),
                arguments(14, "  - {at: 1s, servers: ^[], speed: 0.5}", "names no server"),
                arguments(14, "  - {at: 1s, servers: ^1, speed: 0.5}", "events[0].servers must be a list"),
                arguments(14, "  - ^{at: 1s, speed: 0.5}", "events[0] needs the key 'servers'"),
                arguments(
                        14,
                        "  - ^{at: 1s, servers: [1]}",
                        "must have exactly one of speed, down, drain, remove, add, rate, but has none"),
                arguments(
                        14,
                        "  - ^{at: 1s, servers: [1], speed: 1, down: true}",
                        "but has speed and down; write one event each"),
                arguments(14, "  - ^{servers: [1], speed: 1}", "events[0] needs the key 'at'"),
                arguments(
                        14,
                        "  - {at: ^1, servers: [1], speed: 1}",
                        "events[0].at must be a duration with its unit, but was 1; write 1s"),
                arguments(14, "  - {at: ^-1s, servers: [1], speed: 1}", "must be >= 0, but was -1s"),
                arguments(14, "  - {at: 1s, servers: [1], speed: ^0}", "events[0].speed must be > 0, but was 0"),
                arguments(
                        14,
                        "  - {at: 1s, servers: [1], down: ^yes}",
                        "events[0].down must be true or false, but was 'yes'"),
                arguments(
                        14,
                        "  - {at: 1s, servers: [1], remove: ^false}",
                        "events[0].remove must be true: a removed server is gone for good"),
                arguments(
                        14,
                        "  - {at: 1s, servers: ^[0, 1, 2], remove: true}",
                        "removes the last server; one must stay"),
                arguments(14, "  - {at: 1s, servers: ^[1], rate: 2}", "has no meaning beside 'rate'; leave it out"),
                arguments(14, "  - {at: 1s, rate: ^-2}", "events[0].rate must be > 0, but was -2"),
                arguments(14, "  - {at: 1s, add: {^count: 2, cores: 2}}", "unknown key 'count' in events[0].add"),
                arguments(14, "  - {at: 1s, add: {cores: ^none}}", "events[0].add.cores must be a whole number"),
                // YAML
                arguments(2, "balancers: ^&b 2", "anchors (&name) are not allowed"),
                arguments(2, "balancers: ^*b", "aliases (*name) are not allowed"),
                arguments(2, "balancers: ^!!int 2", "tags (tag:yaml.org,2002:int) are not allowed"),
                arguments(2, "balancers: ^!ruby/object 2", "tags (!ruby/object) are not allowed"),
                arguments(6, "^---", "a second document starts here"),
                arguments(6, "weights: known^: yes", "not valid YAML:"),
                arguments(6, "^\tweights: known", "indent with spaces, not with tabs"),
                arguments(6, "weights: kno^\u0007wn", "not text: control character U+0007"),
                arguments(6, "weights: kno^\u0000wn", "not text: control character U+0000"));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("spoilt")
    void namesThePlaceTheRuleAndTheFix(int line, String marked, String hint) {
        int column = marked.indexOf('^') + 1;
        ConfigException e = refused(with(line, marked.replace("^", "")));

        assertThat(e.violations())
                .anySatisfy(v -> assertThat(v)
                        .startsWith("bad.yaml:" + line + ":" + column + ": ")
                        .contains(hint));
        assertThat(e.getMessage()).contains(e.violations());
    }

    @Test
    void reportsEverythingAtOnceInTheOrderOfTheFile() {
        ConfigException e = refused("""
                balancer: 2
                servers:
                  - {cores: 0, speed: fast}
                traffic:
                  arrivals: {type: poisson, rate: -1}
                  classes:
                    - {name: a, share: 0.9, cpu: {type: exponential, mean: 33}}
                run: {warmup: 10}
                """);

        assertThat(e.violations().stream().map(v -> v.replaceAll("^bad.yaml:(\\d+):(\\d+): .*", "$1:$2")))
                .containsExactly("1:1", "3:13", "3:23", "5:35", "7:5", "7:60", "8:6", "8:15");
        assertThat(e).hasMessageStartingWith("bad.yaml has 8 problems:\n  bad.yaml:1:1: ");
    }

    @Test
    void aMissingKeyOfALawIsOneProblem() {
        String line = "    - {name: a, share: 0.25, cpu: {type: lognormal, mean: 5ms}}";

        assertThat(refused(with(10, line)).violations()).hasSize(1);
    }

    @Test
    void namesEachMissingTopLevelKey() {
        assertThat(refused("name: x").violations())
                .containsExactly(
                        "bad.yaml:1:1: a scenario needs the key 'servers'",
                        "bad.yaml:1:1: a scenario needs the key 'traffic'",
                        "bad.yaml:1:1: a scenario needs the key 'run'");
    }

    @Test
    void judgesEventsInTheOrderOfTimeNotOfTheFile() {
        String events = """
                  - {at: 9s, servers: [3], speed: 0.5}
                  - {at: 5s, add: {cores: 2}}
                  - {at: 7s, servers: [1], remove: true}
                  - {at: 8s, servers: [1], down: true}
                  - {at: 4s, servers: [3], drain: true}""";

        assertThat(refused(with(14, events)).violations())
                .containsExactly(
                        "bad.yaml:17:21: events[3].servers names server 1, which was removed at 7s",
                        "bad.yaml:18:21: events[4].servers names server 3, but at 4s there are servers 0 to 2");
    }

    @Test
    void refusesAnEmptyFileAndOneThatIsNoMapping() {
        assertThat(refused("").getMessage()).isEqualTo("bad.yaml: is empty; a scenario needs servers, traffic and run");
        assertThat(refused("# only a comment\n").getMessage()).contains("is empty");
        assertThat(refused("- 1\n- 2\n").getMessage()).startsWith("bad.yaml:1:1: a scenario must be a mapping");
        assertThat(refused("just text").getMessage())
                .contains("must be a mapping of keys to values, but was 'just text'");
    }

    @Test
    void refusesABillionLaughsBeforeExpandingIt() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n");
        for (int i = 1; i < 30; i++) {
            String one = "*a" + (i - 1);
            bomb.append("a%d: &a%d [%s, %s, %s, %s, %s, %s, %s, %s, %s]\n"
                    .formatted(i, i, one, one, one, one, one, one, one, one, one));
        }

        assertThat(refused(bomb.toString()).violations().get(0))
                .startsWith("bad.yaml:1:5: anchors (&name) are not allowed");
    }

    @Test
    void refusesNestingThatWouldOverflowTheStack() {
        assertThat(refused("a: " + "[".repeat(500_000)).getMessage())
                .startsWith("bad.yaml:1:")
                .contains("nested more than 32 deep");
        assertThat(refused("a:\n"
                                + Stream.iterate("  ", s -> s + " ")
                                        .limit(200)
                                        .map(s -> s + "a:\n")
                                        .reduce("", String::concat))
                        .getMessage())
                .contains("nested more than 32 deep");
    }

    @Test
    void limitsTheNumberOfReportedProblems() {
        ConfigException e = refused("x: 1\n".repeat(5_000));

        assertThat(e.violations()).hasSize(101).last().isEqualTo("bad.yaml: and 4903 more");
    }

    @Test
    void refusesAHugeFileUnread() throws IOException {
        Path file = folder.resolve("huge.yaml");
        Files.writeString(file, "# " + "x".repeat(1 << 20));

        assertThatThrownBy(() -> Scenarios.read(file))
                .isInstanceOf(ConfigException.class)
                .hasMessageStartingWith(file + ": is larger than 1 MiB");
        assertThat(refused("#" + " ".repeat(1 << 20)).getMessage()).contains("is larger than 1 MiB");
    }

    @Test
    void refusesBytesThatAreNotUtf8WithTheirPlace() throws IOException {
        Path file = folder.resolve("latin1.yaml");
        Files.write(file, GOOD.replace("known", "kn\u00f6wn").getBytes(StandardCharsets.ISO_8859_1));

        assertThatThrownBy(() -> Scenarios.read(file))
                .hasMessage(file + ":6:12: not UTF-8 text: byte 0xf6; a scenario is a UTF-8 text file");
    }

    @Test
    void refusesABinaryFile() throws IOException {
        Path file = folder.resolve("binary.yaml");
        byte[] bytes = new byte[1_000];
        new java.util.Random(1).nextBytes(bytes);
        Files.write(file, bytes);

        assertThatThrownBy(() -> Scenarios.read(file))
                .isInstanceOf(ConfigException.class)
                .hasMessageMatching("(?s).*binary\\.yaml:\\d+:\\d+: not (UTF-8 )?text.*");
    }

    @Test
    void refusesFoldersAndMissingFiles() {
        assertThatThrownBy(() -> Scenarios.read(folder)).hasMessageContaining("is a directory");
        assertThatThrownBy(() -> Scenarios.read(folder.resolve("none.yaml")))
                .hasMessageContaining("there is no such file");
    }

    @Test
    void namesTheNearestShippedScenario() {
        assertThatThrownBy(() -> Scenarios.load("quikstart"))
                .isInstanceOf(ConfigException.class)
                .hasMessage("there is no scenario or scenario file 'quikstart'; did you mean 'quickstart'?");
        assertThatThrownBy(() -> Scenarios.named("paper-large-399"))
                .hasMessageContaining("did you mean 'paper-large-398'?");
        assertThatThrownBy(() -> Scenarios.load("a\0b")).isInstanceOf(ConfigException.class);
        assertThatThrownBy(() -> Scenarios.load("")).isInstanceOf(ConfigException.class);
    }

    @Test
    void placesTheMistakesOfAnEmpiricalFile() throws IOException {
        Files.writeString(folder.resolve("sizes.txt"), "# measured\n1.5ms\n\n2.5 lightyears\n");
        String yaml = with(10, "    - {name: a, share: 0.25, cpu: {type: empirical, file: sizes.txt}}");

        assertThat(refused(yaml).getMessage())
                .startsWith("bad.yaml:10:59: traffic.classes[0].cpu.file is not valid: ")
                .contains("sizes.txt:4: the value has the unknown unit 'lightyears'");

        Files.writeString(folder.resolve("sizes.txt"), "# nothing\n");
        assertThat(refused(yaml).getMessage()).contains("has no value");
        Files.writeString(folder.resolve("sizes.txt"), "0\n0ms\n");
        assertThat(refused(yaml).getMessage()).contains("needs a value > 0");
        Files.write(folder.resolve("sizes.txt"), new byte[] {'1', (byte) 0xff, '\n'});
        assertThat(refused(yaml).getMessage()).contains("is not UTF-8 text");
    }
}
