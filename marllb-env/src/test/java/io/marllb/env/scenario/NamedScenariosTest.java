package io.marllb.env.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NamedScenariosTest {

    @ParameterizedTest
    @MethodSource("io.marllb.env.scenario.Scenarios#names")
    void isValidAndCarriesItsNameAndOneLine(String name) {
        assertThat(Scenarios.named(name).name()).isEqualTo(name);
        assertThat(Scenarios.description(name)).isNotBlank().doesNotContain("\n");
        assertThat(Scenarios.text(name)).startsWith("# ");
    }
}
