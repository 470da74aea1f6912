package io.marllb.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.bench.replay.PolicyResult;
import io.marllb.bench.statistics.ConfidenceInterval;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The golden numbers are Student's quantiles from tables: t(4, 0.975) = 2.776445, t(29, 0.975) = 2.045230. */
class RankingTest {

    @Test
    void intervalOverSeedsIsStudents() {
        Ranking ranking = Ranking.of(MadeUp.result(MadeUp.policy("a", false, 10, 12, 11, 13, 14)));

        ConfidenceInterval interval = ranking.rows().get(0).interval().orElseThrow();

        double half = 2.776445 * Math.sqrt(2.5 / 5); // sample variance 2.5, five seeds
        assertThat(interval.low()).isCloseTo((12 - half) * 1e6, within(10.0));
        assertThat(interval.high()).isCloseTo((12 + half) * 1e6, within(10.0));
    }

    @Test
    void intervalOfOneSeedIsOverBatches() {
        List<Double> batches = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            batches.add(i % 2 == 0 ? 9e6 : 11e6);
        }
        PolicyResult one = MadeUp.policy("a", false, List.of(MadeUp.seed(1, 0, 10e6, batches)));

        ConfidenceInterval interval =
                Ranking.of(MadeUp.result(one)).rows().get(0).interval().orElseThrow();

        double half = 2.045230 * Math.sqrt(30.0 / 29 / 30) * 1e6;
        assertThat(interval.low()).isCloseTo(10e6 - half, within(10.0));
        assertThat(interval.high()).isCloseTo(10e6 + half, within(10.0));
    }

    @Test
    void tooFewBatchesGiveNoInterval() {
        PolicyResult one = MadeUp.policy("a", false, List.of(MadeUp.seed(1, 0, 10e6, List.of(9e6, 11e6))));

        assertThat(Ranking.of(MadeUp.result(one)).rows().get(0).interval()).isEmpty();
    }

    @Test
    void ordersByMeanWithOraclesLastAndComparesWithTheBestDeployable() {
        Ranking ranking = Ranking.of(MadeUp.result(
                MadeUp.policy("slow", false, 30, 31, 32),
                MadeUp.policy("oracle", true, 5, 6, 7),
                MadeUp.policy("fast", false, 10, 11, 12)));

        assertThat(ranking.rows()).extracting(RankedPolicy::name).containsExactly("fast", "slow", "oracle");
        assertThat(ranking.reference()).contains("fast");
        assertThat(ranking.rows().get(0).versus()).isEmpty();
    }

    @Test
    void comparesSeedBySeed() {
        Ranking ranking =
                Ranking.of(MadeUp.result(MadeUp.policy("a", false, 10, 20, 30), MadeUp.policy("b", false, 11, 22, 33)));

        RankedPolicy b = ranking.row("b").orElseThrow();

        PairedRatio ratio = b.versus().orElseThrow();
        assertThat(ratio.ratio()).isCloseTo(1.1, within(1e-12));
        assertThat(ratio.interval().halfWidth())
                .as("every pair has the same ratio, however much the means vary")
                .isCloseTo(0, within(1e-12));
        assertThat(ratio.differenceNanos().mean()).isCloseTo(2e6, within(1e-3));
    }

    @Test
    void intervalAndTestOfARatioAgree() {
        // logarithms of the ratios: ln 2 - 0.1, ln 2, ln 2 + 0.1; t(2, 0.975) = 4.302653
        double[] second = {1, 7, 3};
        double[] first = {2 * Math.exp(-0.1), 14, 6 * Math.exp(0.1)};

        PairedRatio ratio = PairedRatio.of(first, second);

        assertThat(ratio.ratio()).isCloseTo(2, within(1e-12));
        double half = 4.302653 * 0.1 / Math.sqrt(3);
        assertThat(ratio.interval().low()).isCloseTo(2 * Math.exp(-half), within(1e-6));
        assertThat(ratio.interval().high()).isCloseTo(2 * Math.exp(half), within(1e-6));
        // t = ln 2 sqrt(3) / 0.1 = 12.00566 on 2 degrees of freedom: p = 1 - t / sqrt(2 + t^2)
        double t = Math.log(2) * Math.sqrt(3) / 0.1;
        assertThat(ratio.p()).isCloseTo(1 - t / Math.sqrt(2 + t * t), within(1e-9));
    }

    @Test
    void correctsForTheNumberOfComparisons() {
        Ranking ranking = Ranking.of(MadeUp.result(
                MadeUp.policy("a", false, 10, 11, 12, 10),
                MadeUp.policy("b", false, 11, 12.5, 12.7, 11.2),
                MadeUp.policy("c", false, 12, 13.5, 13, 13)));

        RankedPolicy b = ranking.row("b").orElseThrow();
        RankedPolicy c = ranking.row("c").orElseThrow();

        double pb = b.versus().orElseThrow().p();
        double pc = c.versus().orElseThrow().p();
        double smaller = Math.min(pb, pc);
        double larger = Math.max(pb, pc);
        assertThat(Math.min(b.adjustedP(), c.adjustedP())).isCloseTo(2 * smaller, within(1e-15));
        assertThat(Math.max(b.adjustedP(), c.adjustedP())).isCloseTo(Math.max(2 * smaller, larger), within(1e-15));
    }

    @Test
    void comparesOnlySeedsThatBothFinished() {
        PolicyResult a = MadeUp.policy("a", false, 10, 11, 12);
        PolicyResult b = MadeUp.policy(
                "b", false, List.of(MadeUp.seed(2, 0, 22e6, List.of()), MadeUp.seed(3, 0, 24e6, List.of())));

        Ranking ranking = Ranking.of(MadeUp.result(a, b));

        assertThat(ranking.row("b").orElseThrow().versus().orElseThrow().pairs())
                .isEqualTo(2);
        assertThat(ranking.row("b").orElseThrow().versus().orElseThrow().ratio())
                .isCloseTo(2, within(1e-12));
    }

    @Test
    void policyThatCompletedNothingComesLastAndIsNotCompared() {
        PolicyResult dead = MadeUp.policy(
                "dead",
                false,
                List.of(MadeUp.seed(1, 1000, Double.NaN, List.of()), MadeUp.seed(2, 1000, Double.NaN, List.of())));

        Ranking ranking = Ranking.of(MadeUp.result(dead, MadeUp.policy("a", false, 10, 11)));

        assertThat(ranking.rows()).extracting(RankedPolicy::name).containsExactly("a", "dead");
        assertThat(ranking.row("dead").orElseThrow().versus()).isEmpty();
        assertThat(ranking.row("dead").orElseThrow().interval()).isEmpty();
    }

    @Test
    void unknownReferenceNamesTheNearest() {
        assertThatThrownBy(() -> Ranking.against("sedd", MadeUp.result(MadeUp.policy("sed", false, 1, 2))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the reference 'sedd' is not among the policies; did you mean 'sed'?");
    }
}
