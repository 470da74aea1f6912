package io.marllb.env.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.env.traffic.Arrivals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NamedScenariosTest {

    @ParameterizedTest
    @MethodSource("io.marllb.env.scenario.Scenarios#names")
    void isValidAndCarriesItsNameAndOneLine(String name) {
        assertThat(Scenarios.named(name).name()).isEqualTo(name);
        assertThat(Scenarios.load(name)).isEqualTo(Scenarios.named(name));
        assertThat(Scenarios.description(name))
                .isNotBlank()
                .doesNotContain("\n")
                .hasSizeLessThan(110);
        assertThat(Scenarios.text(name)).startsWith("# ").contains("# Source: ", "# Utilisation: ", "# Look for: ");
    }

    @ParameterizedTest
    @MethodSource("io.marllb.env.scenario.Scenarios#names")
    void readsBackFromItsCanonicalForm(String name) {
        Scenario scenario = Scenarios.named(name);

        assertThat(Scenarios.parse(Scenarios.write(scenario), "again.yaml", Path.of("")))
                .isEqualTo(scenario);
    }

    /** Rate times mean work over full rate, from the records alone; the method under test does not help. */
    private static double utilisation(Scenario s) {
        double rate;
        if (s.traffic().arrivals() instanceof Arrivals.Mmpp m) {
            double time = m.dwellNanos().stream().mapToDouble(x -> x).sum();
            rate = 0;
            for (int i = 0; i < m.rates().size(); i++) {
                rate += m.rates().get(i) * m.dwellNanos().get(i) / time;
            }
        } else {
            rate = ((Arrivals.Poisson) s.traffic().arrivals()).rate();
        }
        double work = s.traffic().classes().stream()
                .mapToDouble(c -> c.share() * c.cpu().mean() * 1e-9)
                .sum();
        double full = s.servers().stream()
                .mapToDouble(x -> x.cores() * x.speed() * (1 + x.smtGain()))
                .sum();
        return rate * work / full;
    }

    @Test
    void theDocumentGivesTheUtilisationOfEach() throws IOException {
        String document = Files.readString(Path.of("..", "docs", "scenarios.md"));
        Matcher row = Pattern.compile("^\\| `([a-z0-9-]+)` \\| (\\d\\.\\d{3}) \\|", Pattern.MULTILINE)
                .matcher(document);
        Map<String, Double> documented = new LinkedHashMap<>();
        while (row.find()) {
            documented.put(row.group(1), Double.valueOf(row.group(2)));
        }

        assertThat(List.copyOf(documented.keySet())).isEqualTo(Scenarios.names());
        documented.forEach((name, rho) -> {
            Scenario scenario = Scenarios.named(name);
            assertThat(utilisation(scenario)).as(name).isCloseTo(rho, within(0.0005));
            assertThat(scenario.utilisation().getAsDouble()).as(name).isCloseTo(utilisation(scenario), within(1e-12));
        });
    }

    @Test
    void theDocumentsExampleIsValidAndItsMistakesAreReportedAsItSays() throws IOException {
        String document = Files.readString(Path.of("..", "docs", "scenarios.md"));
        Matcher blocks =
                Pattern.compile("```(?:yaml)?\\R(.*?)```", Pattern.DOTALL).matcher(document);
        assertThat(blocks.find()).isTrue();
        String example = blocks.group(1);
        assertThat(blocks.find()).isTrue();
        String report = blocks.group(1).strip();

        assertThat(Scenarios.parse(example, "cluster.yaml", Path.of("")).servers())
                .hasSize(7);
        assertThatThrownBy(() -> Scenarios.parse(
                        example.replaceFirst("cores: 1", "cors: 1").replace("33ms", "33"), "cluster.yaml", Path.of("")))
                .hasMessage(report);
    }

    @ParameterizedTest
    @MethodSource("io.marllb.env.scenario.Scenarios#names")
    void theCommentGivesItsUtilisation(String name) {
        Matcher comment = Pattern.compile("^# Utilisation: (\\d\\.\\d{3})", Pattern.MULTILINE)
                .matcher(Scenarios.text(name));

        assertThat(comment.find()).isTrue();
        assertThat(utilisation(Scenarios.named(name))).isCloseTo(Double.parseDouble(comment.group(1)), within(0.0005));
    }

    @ParameterizedTest
    @CsvSource({"518, 518.793, 0.466", "690, 690.855, 0.459", "696, 696.502, 0.457", "796, 796.308, 0.439"})
    void theModerateClustersHaveThePublishedRatesAndPageShares(String name, double rate, double wiki) {
        Scenario s = Scenarios.named("paper-moderate-" + name);

        assertThat(s.traffic().arrivals()).isEqualTo(new Arrivals.Poisson(rate));
        assertThat(s.traffic().classes().get(0).share()).isEqualTo(wiki);
        assertThat(s.balancers()).isEqualTo(2);
        assertThat(s.servers().stream().map(ServerSpec::cores)).containsExactly(1, 1, 1, 1, 2, 2, 2);
        assertThat(s.fullRate()).isCloseTo(12, within(1e-12));
    }

    @ParameterizedTest
    @CsvSource({"398, 398.5", "419, 419.3"})
    void theLargeClustersRunSixtySecondsFromEmpty(String name, double rate) {
        Scenario s = Scenarios.named("paper-large-" + name);

        assertThat(s.traffic().arrivals()).isEqualTo(new Arrivals.Poisson(rate));
        assertThat(s.balancers()).isEqualTo(6);
        assertThat(s.servers()).hasSize(24);
        assertThat(s.fullRate()).isCloseTo(86.4, within(1e-9));
        assertThat(s.run().duration()).hasValue(60_000_000_000L);
        assertThat(s.run().warmup()).isZero();
    }

    @Test
    void theQuickstartIsLight() {
        assertThat(Scenarios.named("quickstart").run().flows()).hasValue(50_000);
        assertThat(Scenarios.names()).first().isEqualTo("quickstart");
    }
}
