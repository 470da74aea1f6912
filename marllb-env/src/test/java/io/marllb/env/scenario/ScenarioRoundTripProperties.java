package io.marllb.env.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.ShrinkingMode;

class ScenarioRoundTripProperties {

    private static final Path FOLDER = Path.of("").toAbsolutePath().getRoot();

    @Provide
    Arbitrary<Scenario> generated() {
        return ScenarioArbitraries.scenarios();
    }

    @Provide
    Arbitrary<Scenario> withFiles() {
        return ScenarioArbitraries.scenariosWithFiles();
    }

    @Property(tries = 600, seed = "20260101", shrinking = ShrinkingMode.BOUNDED)
    void whatIsWrittenReadsBackToTheSameScenario(@ForAll("generated") Scenario scenario) {
        String yaml = Scenarios.write(scenario);

        assertThat(Scenarios.parse(yaml, "written.yaml", FOLDER)).isEqualTo(scenario);
        assertThat(Scenarios.write(Scenarios.parse(yaml, "written.yaml", FOLDER))).isEqualTo(yaml);
    }

    @Property(tries = 200, seed = "20260102", shrinking = ShrinkingMode.BOUNDED)
    void filesAreFoundAgainFromAnyFolder(@ForAll("withFiles") Scenario scenario) {
        Path folder = Path.of("").toAbsolutePath().resolve("some/where");

        assertThat(Scenarios.parse(Scenarios.write(scenario), "w.yaml", FOLDER)).isEqualTo(scenario);
        assertThat(Scenarios.parse(Scenarios.write(scenario, folder), "w.yaml", folder))
                .isEqualTo(scenario);
    }

    @Property(tries = 500, seed = "20260103", shrinking = ShrinkingMode.BOUNDED)
    void randomScenariosAreLittleWork(@ForAll("generated") Scenario scenario) {
        double flows = scenario.run().flows().isPresent()
                ? scenario.run().flows().getAsLong()
                : scenario.run().duration().getAsLong()
                        * 1e-9
                        * scenario.utilisation().getAsDouble()
                        * scenario.fullRate()
                        / (scenario.traffic().meanWork().getAsDouble() * 1e-9);

        assertThat(flows).isBetween(0.0, 2_000.5);
        assertThat(scenario.utilisation().getAsDouble()).isBetween(0.05, 2.6);
    }
}
