package io.marllb.env.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.config.ConfigException;
import io.marllb.core.rng.Streams;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CurriculumTest {

    @Test
    void everyDrawIsAStableScenarioOfItsSizes() {
        Curriculum curriculum = new Curriculum(8, 3);
        RandomGenerator random = Streams.of(3).stream("test");
        Set<List<ServerSpec>> clusters = new HashSet<>();
        int withEvents = 0;
        for (int i = 0; i < 300; i++) {
            Scenario s = curriculum.draw(random);
            assertThat(s.servers()).hasSize(8);
            assertThat(s.balancers()).isEqualTo(3);
            assertThat(s.weightsKnown()).isFalse();
            assertThat(s.utilisation().orElseThrow()).isBetween(0.3, 0.951);
            clusters.add(s.servers());
            withEvents += s.events().isEmpty() ? 0 : 1;
            assertThat(Scenarios.parse(Scenarios.write(s), "curriculum", Path.of(".")))
                    .isEqualTo(s);
        }
        assertThat(clusters).hasSizeGreaterThan(100);
        assertThat(withEvents).isBetween(100, 200); // half of 300: 5.8 standard deviations
    }

    @Test
    void aSeedNamesOneDraw() {
        Scenario one = Scenarios.load("curriculum:servers=4:balancers=3:seed=17");

        assertThat(one).isEqualTo(Scenarios.load("curriculum:seed=17:balancers=3:servers=4"));
        assertThat(one).isNotEqualTo(Scenarios.load("curriculum:servers=4:balancers=3:seed=18"));
        assertThat(one.name()).isEqualTo("curriculum-17"); // so that tables tell them apart
        assertThat(one.servers()).hasSize(4);
        assertThat(Scenarios.load("curriculum").servers()).hasSize(8);
        assertThat(Curriculum.parse("curriculum:balancers=5")).isEqualTo(new Curriculum(8, 5));
        assertThat(Curriculum.parse(new Curriculum(9, 4).text())).isEqualTo(new Curriculum(9, 4));
        assertThat(Curriculum.isDrawn("curriculum:balancers=5")).isTrue();
        assertThat(Curriculum.isDrawn("curriculum:balancers=5:seed=1")).isFalse();
        assertThat(Curriculum.isNamed("curricula")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "curriculum:servers=1",
                "curriculum:servers=x",
                "curriculum:balancers=0",
                "curriculum:balancers=-2",
                "curriculum:seed=1.5",
                "curriculum:size=3",
                "curriculum:"
            })
    void refusesWhatItDoesNotKnow(String text) {
        assertThatThrownBy(() -> Scenarios.load(text)).isInstanceOf(ConfigException.class);
    }
}
