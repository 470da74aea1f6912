package io.marllb.core.rl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.rl.EnvReport.Rule;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EnvCheckerTest {

    private static final Map<WalkEnv.Fault, Rule> EXPECTED = new EnumMap<>(Map.ofEntries(
            Map.entry(WalkEnv.Fault.NO_AGENTS, Rule.AGENTS),
            Map.entry(WalkEnv.Fault.WRONG_INDEX, Rule.AGENTS),
            Map.entry(WalkEnv.Fault.SAME_NAMES, Rule.AGENTS),
            Map.entry(WalkEnv.Fault.AGENTS_BEFORE_RESET, Rule.AGENTS),
            Map.entry(WalkEnv.Fault.AGENTS_STAY_AFTER_END, Rule.AGENTS),
            Map.entry(WalkEnv.Fault.SPACE_CHANGES, Rule.SPACES_CONSTANT),
            Map.entry(WalkEnv.Fault.SPACE_NULL, Rule.SPACES_CONSTANT),
            Map.entry(WalkEnv.Fault.STEP_BEFORE_RESET, Rule.ORDER_BEFORE_RESET),
            Map.entry(WalkEnv.Fault.STATE_BEFORE_RESET, Rule.ORDER_BEFORE_RESET),
            Map.entry(WalkEnv.Fault.SEED_FROM_NOWHERE, Rule.ORDER_BEFORE_RESET),
            Map.entry(WalkEnv.Fault.OUT_OF_SPACE, Rule.OBSERVATION_IN_SPACE),
            Map.entry(WalkEnv.Fault.NAN_OBSERVATION, Rule.OBSERVATION_IN_SPACE),
            Map.entry(WalkEnv.Fault.STATE_OUT_OF_SPACE, Rule.STATE_IN_SPACE),
            Map.entry(WalkEnv.Fault.STATE_NOT_WRITTEN, Rule.STATE_IN_SPACE),
            Map.entry(WalkEnv.Fault.INFINITE_REWARD, Rule.REWARD_FINITE),
            Map.entry(WalkEnv.Fault.FLAGS_LEFT, Rule.RESULT_OVERWRITTEN),
            Map.entry(WalkEnv.Fault.INFO_LEFT, Rule.RESULT_OVERWRITTEN),
            Map.entry(WalkEnv.Fault.KEEPS_RESULT, Rule.NO_ALIASES),
            Map.entry(WalkEnv.Fault.KEEPS_ACTIONS, Rule.SAME_SEED_SAME_TRAJECTORY),
            Map.entry(WalkEnv.Fault.WRITES_ACTIONS, Rule.NO_ALIASES),
            Map.entry(WalkEnv.Fault.OWN_ENTROPY, Rule.SAME_SEED_SAME_TRAJECTORY),
            Map.entry(WalkEnv.Fault.SEED_IGNORED_IN_USE, Rule.SAME_SEED_SAME_TRAJECTORY),
            Map.entry(WalkEnv.Fault.RESET_RESTARTS_SEED, Rule.RESET_CONTINUES_STREAM),
            Map.entry(WalkEnv.Fault.SEED_WITHOUT_EFFECT, Rule.SEEDS_DIFFER),
            Map.entry(WalkEnv.Fault.CLAIMS_DETERMINISTIC, Rule.SEEDS_DIFFER),
            Map.entry(WalkEnv.Fault.STATE_ADVANCES, Rule.READING_CHANGES_NOTHING),
            Map.entry(WalkEnv.Fault.RENDER_ADVANCES, Rule.READING_CHANGES_NOTHING),
            Map.entry(WalkEnv.Fault.RENDER_NULL, Rule.READING_CHANGES_NOTHING),
            Map.entry(WalkEnv.Fault.REFUSES_CORNER, Rule.ACTIONS_ACCEPTED),
            Map.entry(WalkEnv.Fault.REFUSES_SAMPLES, Rule.ACTIONS_ACCEPTED),
            Map.entry(WalkEnv.Fault.ACCEPTS_NAN, Rule.BAD_ACTION_REFUSED),
            Map.entry(WalkEnv.Fault.ACCEPTS_ANY_LENGTH, Rule.BAD_ACTION_REFUSED),
            Map.entry(WalkEnv.Fault.MUTE_REFUSAL, Rule.BAD_ACTION_REFUSED),
            Map.entry(WalkEnv.Fault.WRONG_REFUSAL, Rule.BAD_ACTION_REFUSED),
            Map.entry(WalkEnv.Fault.CHANGES_THEN_REFUSES, Rule.REFUSAL_CHANGES_NOTHING),
            Map.entry(WalkEnv.Fault.STEPS_AFTER_END, Rule.STEP_AFTER_END_REFUSED),
            Map.entry(WalkEnv.Fault.NO_RESET_AFTER_END, Rule.RESET_AFTER_END),
            Map.entry(WalkEnv.Fault.CLOSES_ONCE, Rule.CLOSE),
            Map.entry(WalkEnv.Fault.STEPS_AFTER_CLOSE, Rule.CLOSE),
            Map.entry(WalkEnv.Fault.THROWS_MIDWAY, Rule.NO_OTHER_EXCEPTION)));

    @Test
    void findsNothingWrongWithAnEnvironmentThatKeepsTheContract() {
        EnvReport report = EnvChecker.check(() -> new WalkEnv(20));

        assertThat(report.violations()).as(report.toString()).isEmpty();
        assertThat(report.notExamined()).isEmpty();
        report.throwIfAny();
    }

    @ParameterizedTest
    @EnumSource(WalkEnv.Fault.class)
    void detectsEveryFault(WalkEnv.Fault fault) {
        EnvReport report = EnvChecker.check(() -> new WalkEnv(20, fault));

        assertThat(report.violations())
                .as(report.toString())
                .extracting(EnvReport.Violation::rule)
                .contains(EXPECTED.get(fault));
        assertThatThrownBy(report::throwIfAny)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(EXPECTED.get(fault).name());
    }

    @Test
    void everyRuleHasAFaultThatBreaksIt() {
        assertThat(EnumSet.copyOf(EXPECTED.values())).isEqualTo(EnumSet.allOf(Rule.class));
    }

    @Test
    void listsSeveralFaultsAtOnce() {
        EnvReport report = EnvChecker.check(() -> new WalkEnv(
                20, WalkEnv.Fault.OUT_OF_SPACE, WalkEnv.Fault.INFINITE_REWARD, WalkEnv.Fault.STEPS_AFTER_CLOSE));

        assertThat(report.violations())
                .extracting(EnvReport.Violation::rule)
                .contains(Rule.OBSERVATION_IN_SPACE, Rule.REWARD_FINITE, Rule.CLOSE);
    }

    @Test
    void saysWhenTheEndWasNeverSeen() {
        EnvReport report = EnvChecker.check(() -> new WalkEnv(1_000_000), 10);

        assertThat(report.ok()).isTrue();
        assertThat(report.notExamined()).singleElement().asString().contains("none within 10 steps");
    }
}
