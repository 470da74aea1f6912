package io.marllb.dataplane.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Streams;
import java.nio.file.Path;
import java.time.Duration;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class TrialTest {

    private static final long SECOND = 1_000_000_000L;
    private static final OnlineConfig CONFIG = new OnlineConfig(
            Path.of("x"), Duration.ofSeconds(10), 4, 8, Duration.ofSeconds(10), Duration.ofSeconds(2), 50, 0.05, 1.5);

    private static Trial trial(long seed) {
        return new Trial(CONFIG, SECOND, Streams.of(seed).stream("trial"));
    }

    /** Rounds of a second with ten flows each, whose mean time depends on who serves, until there is a verdict. */
    private static Trial.Verdict play(
            Trial trial, double candidate, double served, double noise, RandomGenerator random) {
        for (int i = 0; i < 10; i++) {
            trial.shadow("", 0.1);
            trial.measure(served * 10, 10);
        }
        for (int i = 0; i < 1000 && trial.verdict() == Trial.Verdict.RUNNING; i++) {
            double mean = (trial.candidateServes() ? candidate : served) * Math.exp(noise * random.nextGaussian());
            trial.measure(mean * 10, 10);
        }
        return trial.verdict();
    }

    @Test
    void aBetterCandidateWins() {
        Trial trial = trial(1);

        assertThat(play(trial, 0.9, 1.0, 0.05, Streams.of(1).stream("noise"))).isEqualTo(Trial.Verdict.BETTER);
        assertThat(trial.reason()).startsWith("mean flow time -").contains("p = 0.00391");
    }

    @Test
    void anEqualOneHardlyEverWins() {
        int won = 0;
        for (int seed = 0; seed < 400; seed++) {
            won += play(trial(seed), 1, 1, 0.1, Streams.of(seed).stream("noise")) == Trial.Verdict.BETTER ? 1 : 0;
        }

        // 5 % of 400 are 20; more than 40 has a probability below 1e-4.
        assertThat(won).isBetween(1, 40);
    }

    @Test
    void aWorseOneIsRejected() {
        assertThat(play(trial(1), 1.1, 1.0, 0.05, Streams.of(1).stream("noise")))
                .isEqualTo(Trial.Verdict.REJECTED);
    }

    @Test
    void aMuchWorseOneIsStoppedAtOnce() {
        Trial trial = trial(1);

        play(trial, 3, 1, 0, Streams.of(1).stream("noise"));

        assertThat(trial.verdict()).isEqualTo(Trial.Verdict.REJECTED);
        assertThat(trial.reason()).startsWith("in service: a mean flow time of");
    }

    @Test
    void theShadowStopsWhatFailsOrDiffersTooMuch() {
        Trial failing = trial(1);
        failing.shadow("its weights are not valid", 0);
        assertThat(failing.verdict()).isEqualTo(Trial.Verdict.REJECTED);
        assertThat(failing.reason()).isEqualTo("in the shadow: its weights are not valid");

        Trial strange = trial(1);
        for (int i = 0; i < 10; i++) {
            strange.shadow("", Math.log(5));
        }
        assertThat(strange.verdict()).isEqualTo(Trial.Verdict.REJECTED);
        assertThat(strange.reason()).contains("a factor of 5.00 off, more than 4.0");
    }

    @Test
    void nothingIsPublishedOfItWhileItIsInTheShadow() {
        Trial trial = trial(1);
        for (int i = 0; i < 9; i++) {
            trial.shadow("", 0);
            assertThat(trial.candidateServes()).isFalse();
        }
    }

    @Test
    void bothServeEquallyOften() {
        Trial trial = trial(5);
        for (int i = 0; i < 10; i++) {
            trial.shadow("", 0);
        }
        int candidate = 0;
        int rounds = 0;
        while (trial.verdict() == Trial.Verdict.RUNNING) {
            candidate += trial.candidateServes() ? 1 : 0;
            rounds++;
            trial.measure(10 + rounds % 3, 10);
        }

        assertThat(rounds).isEqualTo(8 * 2 * 10);
        assertThat(candidate).isEqualTo(rounds / 2);
    }

    @Test
    void withoutTrafficThereIsNoVerdictButAnEnd() {
        Trial trial = trial(1);
        for (int i = 0; i < 10; i++) {
            trial.shadow("", 0);
        }
        for (int i = 0; i < 10_000 && trial.verdict() == Trial.Verdict.RUNNING; i++) {
            trial.measure(0, 0);
        }

        assertThat(trial.verdict()).isEqualTo(Trial.Verdict.REJECTED);
        assertThat(trial.reason()).startsWith("too few flows completed");
    }

    @Test
    void thePValueIsExact() {
        assertThat(Trial.pValue(new double[] {-1, -2, -3, -4, -5})).isEqualTo(1 / 32.0);
        assertThat(Trial.pValue(new double[] {1, 2, 3, 4, 5})).isEqualTo(1);
        // Of the 8 sign patterns of 1, 2, 4 the sums 7, 5, 3, 1, -1, -3, -5, -7: -1 - 2 + 4 = 1 is the fourth largest.
        assertThat(Trial.pValue(new double[] {-1, -2, 4})).isCloseTo(5 / 8.0, within(1e-12));
    }
}
