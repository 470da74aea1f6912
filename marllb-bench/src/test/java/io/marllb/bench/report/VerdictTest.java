package io.marllb.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.bench.replay.PolicyResult;
import org.junit.jupiter.api.Test;

class VerdictTest {

    private static Verdict verdict(PolicyResult... policies) {
        return new Verdict(Ranking.of(MadeUp.result(policies)));
    }

    @Test
    void namesTheBestWhenTheTestTellsItApart() {
        Verdict.Answer answer = verdict(
                        MadeUp.policy("a", false, 10, 12, 11, 13, 14),
                        MadeUp.policy("b", false, 11, 13.1, 12.2, 14, 15.1),
                        MadeUp.policy("oracle-sed", true, 1, 2, 3, 4, 5))
                .answer();

        assertThat(answer.headline()).isEqualTo("a is the best of 2 policies, with a mean response time of 12.00 ms.");
        assertThat(answer.support())
                .startsWith("That is 8.4 % below b, the next one (paired over 5 seeds, p < 0.001).");
    }

    @Test
    void saysPlainlyWhatCannotBeToldApart() {
        Verdict verdict = verdict(
                MadeUp.policy("a", false, 10, 12, 11, 13, 14),
                MadeUp.policy("b", false, 14, 9, 13, 11, 13.5),
                MadeUp.policy("c", false, 20, 22, 21, 23, 24));

        assertThat(verdict.answer().headline())
                .isEqualTo("a has the lowest mean response time, 12.00 ms, but b cannot be told from it.");
        assertThat(verdict.answer().support())
                .startsWith("Paired over 5 seeds, Holm-corrected p = ")
                .endsWith("All others are slower: c, the next, by 84 %. More seeds may tell.");
        assertThat(verdict.warnings())
                .contains("The interval of a overlaps that of b, and the paired test finds no difference either.");
    }

    @Test
    void explainsIntervalsThatOverlapAlthoughThePairsDiffer() {
        assertThat(verdict(
                                MadeUp.policy("a", false, 10, 20, 30, 40, 50),
                                MadeUp.policy("b", false, 11, 21.1, 31, 41.1, 51))
                        .warnings())
                .contains(
                        "The interval of a overlaps that of b, yet on the same traffic the paired test tells them apart: "
                                + "judge by the ratio.");
    }

    @Test
    void longListsAreCut() {
        PolicyResult[] alike = new PolicyResult[9];
        for (int i = 0; i < alike.length; i++) {
            alike[i] = MadeUp.policy("p" + i, false, 10 + (i % 3), 12 - (i % 2), 11 + i % 4, 13 - i % 5, 14 + 0.01 * i);
        }

        assertThat(verdict(alike).answer().headline())
                .matches(".*, but p\\d, p\\d, p\\d and 5 others cannot be told from it\\.");
    }

    @Test
    void whatHasNoPairsWasNotTestedAndIsNotCalledEqual() {
        Verdict.Answer answer = verdict(
                        MadeUp.policy("a", false, 10, 12, 11),
                        MadeUp.policy("b", false, 20, 22.1, 21.2),
                        MadeUp.policy("c", false, 800))
                .answer();

        assertThat(answer.toString())
                .isEqualTo("a has the lowest mean response time, 11.00 ms. "
                        + "c completed flows under too few of the same seeds to be tested. "
                        + "All others that were tested are slower: b, the next, by 92 %. More seeds may tell.");
    }

    @Test
    void oneSeedProvesNothing() {
        Verdict.Answer answer = verdict(MadeUp.policy("a", false, 10), MadeUp.policy("b", false, 20))
                .answer();

        assertThat(answer.toString())
                .isEqualTo("a has the lowest mean response time, 10.00 ms. "
                        + "With one seed nothing can be tested: run more seeds.");
    }

    @Test
    void warnsOfMeansThatRejectionsFlatter() {
        assertThat(verdict(
                                MadeUp.losing("lossy", false, 100, 10, 11, 12, 10, 11),
                                MadeUp.policy("b", false, 20, 22, 21, 20, 22))
                        .warnings())
                .contains("Means cover completed flows only: lossy (10.0 %) rejected flows that others completed, "
                        + "so its mean flatters it.");
    }

    @Test
    void answersAboutTheBestWhateverTheReference() {
        Ranking ranking = Ranking.against(
                "b",
                MadeUp.result(
                        MadeUp.policy("a", false, 10, 12, 11, 13, 14),
                        MadeUp.policy("b", false, 20, 22, 21, 23, 24.1)));

        assertThat(new Verdict(ranking).answer().headline()).startsWith("a is the best of 2 policies");
    }
}
