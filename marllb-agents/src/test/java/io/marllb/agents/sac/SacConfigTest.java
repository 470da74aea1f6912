package io.marllb.agents.sac;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.train.Settings;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.MultiDiscrete;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SacConfigTest {

    private static final int SERVERS = 7;
    private static final int FEATURES = 7; // the original's 6 features and the last weight

    private static Sac discrete(SacConfig config, int levels) {
        MultiDiscrete actions = MultiDiscrete.uniform(SERVERS, levels);
        SacConfig small = Settings.of(config).with(Map.of("batch", "1")).get(SacConfig.class);
        return new Sac(small, new LearnerSetup(2, SERVERS * FEATURES, actions, 0, 2, SERVERS, FEATURES, 0, 1));
    }

    @Test
    void seedHasThePublishedNumbersOfParameters() {
        Sac sac = new Sac(SacConfig.seed(), new LearnerSetup(1, 44, Box.of(-1, 1, 4), 0, 20, 0, 0, 0, 1));

        assertThat(sac.actor().parameters()).isEqualTo(101_896);
        assertThat(sac.critic().parameters()).isEqualTo(167_425);
    }

    @Test
    void policiesHaveTheOriginalsNumbersOfParameters() {
        // with the previous weights among the inputs, as there
        assertThat(discrete(SacConfig.original(), 3).actor().parameters()).isEqualTo(2_400_277);
        assertThat(discrete(SacConfig.paper(), 3).actor().parameters()).isEqualTo(157_717);
        assertThat(discrete(SacConfig.paper(), 6).actor().parameters()).isEqualTo(160_426);
    }

    @Test
    void paperIsItsTable() {
        SacConfig c = SacConfig.paper();

        assertThat(c.before()).containsExactly(128, 128);
        assertThat(c.gru()).isEqualTo(128);
        assertThat(c.actorAfter()).containsExactly(128, 128);
        assertThat(List.of(c.actorRate(), c.criticRate(), c.temperatureRate())).containsOnly(1e-3);
        assertThat(c.batch()).isEqualTo(12);
        assertThat(c.time()).as("whole episodes").isZero();
        assertThat(c.capacity()).isEqualTo(3_000 * 240);
        assertThat(c.warmUp()).isEqualTo(25 * 240);
        assertThat(c.entropyRatio() * Math.log(6)).isBetween(-1 - 1e-12, -1 + 1e-12);
        assertThat(c.shareParameters()).isFalse();
    }

    @Test
    void originalIsWhatItsProgramSays() {
        SacConfig c = SacConfig.original();

        assertThat(c.before()).containsExactly(512, 512);
        assertThat(c.gru()).isEqualTo(512);
        assertThat(List.of(c.actorRate(), c.criticRate(), c.temperatureRate())).containsOnly(3e-4);
        assertThat(c.discount()).isEqualTo(0.99);
        assertThat(c.targetRate()).isEqualTo(0.01);
        assertThat(c.temperature()).isEqualTo(1);
        assertThat(c.entropyRatio() * 7 * Math.log(3)).isBetween(-1 - 1e-12, -1 + 1e-12);
        assertThat(c.batch()).isEqualTo(12);
        assertThat(c.normaliseRewards()).isTrue();
    }

    @Test
    void seedIsWhatItsProgramSays() {
        SacConfig c = SacConfig.seed();

        assertThat(List.of(c.actorRate(), c.criticRate(), c.temperatureRate())).containsOnly(3e-4);
        assertThat(c.discount()).isEqualTo(0.99);
        assertThat(c.targetRate()).isEqualTo(0.005);
        assertThat(c.temperature()).isEqualTo(0.2);
        assertThat(c.entropyRatio()).isEqualTo(1);
        assertThat(c.batch() * c.time()).isEqualTo(256);
        assertThat(c.capacity()).isEqualTo(1_000_000);
        assertThat(c.warmUp()).isEqualTo(10_000);
    }

    @Test
    void everyPresetHasItsName() {
        for (String name : SacConfig.PRESETS) {
            assertThat(SacConfig.preset(name)).isNotNull();
        }
        assertThatThrownBy(() -> SacConfig.preset("papr")).hasMessageContaining("paper");
    }

    @Test
    void everyPresetCanBeSetByName() {
        for (String name : SacConfig.PRESETS) {
            Settings all = Settings.of(SacConfig.preset(name));

            assertThat(Settings.of(SacConfig.seed()).with(all.values()).get(SacConfig.class))
                    .isEqualTo(SacConfig.preset(name));
        }
    }

    @Test
    void allViolationsAreNamedTogether() {
        assertThatThrownBy(() -> Settings.of(SacConfig.seed())
                        .with(Map.of("discount", "2", "batch", "0", "target-rate", "NaN", "max-norm", "NaN")))
                .hasMessageContaining("discount must be in [0.0, 1.0], but was 2.0")
                .hasMessageContaining("batch must be >= 1")
                .hasMessageContaining("targetRate")
                .hasMessageContaining("maxNorm");
    }

    @Test
    void networksPerServerHaveNothingBehindTheirGru() {
        assertThatThrownBy(() -> Settings.of(SacConfig.seed()).with(Map.of("network", "per-server")))
                .hasMessageContaining("set them to none");
    }

    @Test
    void whatDoesNotFitTheProblemIsRefused() {
        assertThatThrownBy(() -> new Sac(SacConfig.seed(), new LearnerSetup(1, 3, Box.of(-2, 2, 1), 0, 9, 0, 0, 0, 1)))
                .hasMessageContaining("RescaleAction");
        assertThatThrownBy(
                        () -> new Sac(SacConfig.defaults(), new LearnerSetup(1, 3, Box.of(-1, 1, 1), 0, 9, 0, 0, 0, 1)))
                .hasMessageContaining("network=recurrent");
    }
}
