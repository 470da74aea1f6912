package io.marllb.bench.learners;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.bench.learners.LearnerSuite.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class LearnerSuiteTest {

    /** Meets its bar on the seeds up to a number. */
    private record Fake(String name, int required, int good) implements LearnerCase {

        @Override
        public String learner() {
            return "fake";
        }

        @Override
        public String budget() {
            return "none";
        }

        @Override
        public String bar() {
            return "seed <= " + good;
        }

        @Override
        public Outcome run(long seed) {
            return new Outcome(
                    seed, seed, Long.toString(seed), required == 0 ? Optional.empty() : Optional.of(seed <= good));
        }
    }

    private static List<Verdict> verdicts(int seeds, LearnerCase... cases) throws InterruptedException {
        return LearnerSuite.of(List.of(cases)).run(seeds, 2, (done, total) -> {}).stream()
                .map(LearnerSuite.Row::verdict)
                .toList();
    }

    @Test
    void enoughSeedsMakeACaseHold() throws InterruptedException {
        assertThat(verdicts(5, new Fake("a", 3, 3), new Fake("b", 3, 2), new Fake("c", 5, 4), new Fake("d", 0, 0)))
                .containsExactly(Verdict.HOLDS, Verdict.MISSED, Verdict.MISSED, Verdict.REPORTED);
    }

    @Test
    void fewerSeedsNeedTheirShareRoundedUp() throws InterruptedException {
        assertThat(verdicts(2, new Fake("two of two", 3, 2), new Fake("one of two", 3, 1)))
                .containsExactly(Verdict.HOLDS, Verdict.MISSED);
    }

    @Test
    void rowsAndProgressAreCompleteAndInOrder() throws InterruptedException {
        List<Integer> told = new ArrayList<>();

        List<LearnerSuite.Row> rows = LearnerSuite.of(List.of(new Fake("a", 3, 5), new Fake("b", 3, 5)))
                .run(4, 3, (done, total) -> told.add(done * 100 + total));

        assertThat(told).containsExactly(108, 208, 308, 408, 508, 608, 708, 808);
        assertThat(rows).extracting(LearnerSuite.Row::name).containsExactly("a", "b");
        assertThat(rows.get(0).seeds())
                .extracting(LearnerSuite.SeedResult::seed)
                .containsExactly(1L, 2L, 3L, 4L);
    }

    @Test
    void aCaseThatFailsIsNamed() {
        LearnerCase broken = new Broken();

        assertThatThrownBy(() -> LearnerSuite.of(List.of(broken)).run(1, 1, (done, total) -> {}))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("case broken with fake failed")
                .hasRootCauseMessage("on purpose");
    }

    /** Fails. */
    private static final class Broken implements LearnerCase {

        @Override
        public String name() {
            return "broken";
        }

        @Override
        public String learner() {
            return "fake";
        }

        @Override
        public String budget() {
            return "none";
        }

        @Override
        public String bar() {
            return "none";
        }

        @Override
        public int required() {
            return 1;
        }

        @Override
        public Outcome run(long seed) {
            throw new IllegalArgumentException("on purpose");
        }
    }

    @Test
    void jsonHasEverySeed() throws InterruptedException {
        List<LearnerSuite.Row> rows =
                LearnerSuite.of(List.of(new Fake("a", 3, 1))).run(2, 1, (done, total) -> {});

        assertThat(LearnerSuite.json(rows, "marllb bench learners", "here"))
                .contains("\"case\" : \"a\"", "\"verdict\" : \"missed\"", "\"seed\" : 2", "\"holds\" : false");
    }

    @Test
    void anUnknownProblemNamesTheNearest() {
        assertThatThrownBy(() -> LearnerSuite.full().only("cart-poll"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("there is no case 'cart-poll'; did you mean 'cart-pole'?");
    }

    @Test
    @Tag("slow")
    void theTwoStepGameTellsQmixFromVdn() throws InterruptedException {
        assertThat(LearnerSuite.full().only("two-step").run(1, 2, (done, total) -> {}))
                .extracting(LearnerSuite.Row::verdict)
                .containsExactly(Verdict.HOLDS, Verdict.HOLDS, Verdict.HOLDS, Verdict.REPORTED);
    }
}
