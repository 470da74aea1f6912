package io.marllb.bench.theory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.bench.theory.TheoryCase.Claim;
import io.marllb.env.scenario.Scenario;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The simulator against theory. Each claim allows 3 standard errors over 32 replications, which a right simulator exceeds in 0.5 per cent of the
 * claims; seeds are fixed.
 */
class TheorySuiteTest {

    @Test
    void quickSuiteHolds() throws InterruptedException {
        List<TheoryRow> rows = TheorySuite.quick(1).run(2, (done, total, name) -> {});

        assertThat(rows).hasSizeGreaterThan(12);
        assertThat(rows).allMatch(TheoryRow::pass);
    }

    /** Minutes: every closed form. */
    @Test
    @Tag("slow")
    void everyClaimHolds() throws InterruptedException {
        List<TheoryRow> rows = TheorySuite.full(1).run(2, (done, total, name) -> {});

        assertThat(rows).allMatch(TheoryRow::pass);
        // Distances in standard errors are Student's with 31 degrees of freedom: root mean square 1.03. A suite that is
        // much below has
        // wrong standard errors, one that is much above small biases everywhere.
        double squares = rows.stream()
                .mapToDouble(r -> r.standardErrors() * r.standardErrors())
                .sum();
        assertThat(Math.sqrt(squares / rows.size())).isBetween(0.7, 1.4);
    }

    @Test
    void catalogueCoversEveryFamilyAndNamesEachCaseOnce() {
        List<TheoryCase> cases = TheorySuite.full(1).cases();

        assertThat(cases).extracting(TheoryCase::name).doesNotHaveDuplicates();
        assertThat(cases)
                .extracting(TheoryCase::name)
                .contains("M/M/1 rho .95", "M/M/10 rho .9", "M/M/32/160 load 1", "optimum on speeds 1, 4 rho .8");
        for (String law : List.of("deterministic", "erlang", "uniform", "lognormal", "hyperexponential")) {
            assertThat(cases)
                    .extracting(TheoryCase::name)
                    .contains("M/" + law + "/1 rho .8", "M/" + law + "/1-PS rho .8");
        }
        assertThat(cases).flatExtracting(TheoryCase::claims).allMatch(c -> c.want() > 0 && Double.isFinite(c.want()));
    }

    @Test
    void rowsDoNotDependOnTheNumberOfThreads() throws InterruptedException {
        TheorySuite suite = TheorySuite.of(
                List.of(shortened("M/M/1 rho .5", 3_000), shortened("wlc on speeds 1, 4 rho .8", 3_000)), 9);
        List<Integer> seen = new ArrayList<>();

        List<TheoryRow> alone = suite.run(1, (done, total, name) -> {
            assertThat(total).isEqualTo(64);
            seen.add(done);
        });

        assertThat(suite.run(3, (done, total, name) -> {})).isEqualTo(alone);
        assertThat(seen).hasSize(64).isSorted().endsWith(64);
    }

    /** Five per cent off the truth, at a standard error of half a per cent. */
    @Test
    void wrongSimulatorFails() throws InterruptedException {
        TheoryCase right = shortened("M/M/1 rho .5", 20_000);
        TheoryCase wrong = new TheoryCase(
                right.name(),
                right.source(),
                right.scenario(),
                right.policyName(),
                right.policies(),
                right.replications(),
                0.5,
                List.of(new Claim.MeanResponse(2.1), new Claim.Quantile(0.5, 1.05 * 2 * Math.log(2))));

        List<TheoryRow> rows = TheorySuite.of(List.of(wrong), 3).run(1, (done, total, name) -> {});

        assertThat(rows).noneMatch(TheoryRow::pass);
        assertThat(rows).allMatch(r -> r.standardErrors() > 5 && r.errorPercent() < -3);
    }

    @Test
    void impreciseResultFailsEvenWhereItsIntervalCoversTheTruth() {
        TheoryCase theoryCase = shortened("M/M/1 rho .5", 100);
        List<TheorySuite.Sample> samples = new ArrayList<>();
        for (int r = 0; r < 32; r++) {
            double mean = TheorySuite.UNIT_NANOS * (r % 2 == 0 ? 1 : 3.1);
            samples.add(new TheorySuite.Sample(100, 100, 0, mean, List.of(mean), exponential(2)));
        }

        TheoryRow row = TheorySuite.judge(theoryCase, samples).get(0);

        assertThat(row.got()).isCloseTo(2.05, within(1e-12));
        assertThat(row.errorPercent()).isCloseTo(2.5, within(1e-9));
        assertThat(row.standardErrors()).isLessThan(1);
        assertThat(row.pass()).isFalse();
    }

    @Test
    void quantilesAreReadBetweenTheHistogramsBuckets() {
        Histogram fct = exponential(2);

        for (double p : new double[] {0.01, 0.5, 0.9, 0.99}) {
            double exact = -2 * Math.log1p(-p) * TheorySuite.UNIT_NANOS;
            assertThat(TheorySuite.shareBelow(fct, exact)).isCloseTo(p, within(2e-5));
            assertThat(TheorySuite.quantile(fct, p)).isCloseTo(exact, within(2e-4 * exact + 200));
        }
    }

    @Test
    void caseWithTooFewReplicationsOrNoClaimIsRefused() {
        TheoryCase right = shortened("M/M/1 rho .5", 100);

        assertThatThrownBy(() ->
                        new TheoryCase("x", "x", right.scenario(), "ecmp", right.policies(), 29, 0.01, right.claims()))
                .hasMessage("x: replications must be >= 30, but was 29");
        assertThatThrownBy(
                        () -> new TheoryCase("x", "x", right.scenario(), "ecmp", right.policies(), 30, 0.01, List.of()))
                .hasMessage("x: claims must not be empty");
        assertThatThrownBy(() -> TheorySuite.quick(1).run(0, (done, total, name) -> {}))
                .hasMessage("threads must be >= 1, but was 0");
    }

    /** A histogram of 100,000 evenly spaced quantiles of an exponential law, in units of the suite. */
    private static Histogram exponential(double mean) {
        Histogram histogram = new Histogram(3);
        for (int i = 0; i < 100_000; i++) {
            histogram.recordValue((long) (-mean * Math.log1p(-(i + 0.5) / 100_000) * TheorySuite.UNIT_NANOS));
        }
        return histogram;
    }

    private static TheoryCase shortened(String name, long flows) {
        TheoryCase theoryCase = TheorySuite.full(1).cases().stream()
                .filter(c -> c.name().equals(name))
                .findFirst()
                .orElseThrow();
        Scenario s = theoryCase.scenario();
        Scenario scenario = new Scenario(
                s.name(),
                s.balancers(),
                s.servers(),
                s.weightsKnown(),
                s.traffic(),
                s.network(),
                s.events(),
                s.control(),
                new Scenario.Run(OptionalLong.of(flows), OptionalLong.empty(), 0.1, 1));
        return new TheoryCase(
                name,
                theoryCase.source(),
                scenario,
                theoryCase.policyName(),
                theoryCase.policies(),
                theoryCase.replications(),
                theoryCase.tolerance(),
                theoryCase.claims());
    }
}
