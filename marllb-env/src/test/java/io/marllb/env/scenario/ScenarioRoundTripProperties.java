package io.marllb.env.scenario;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Shrinkable;
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
        assertThat(Scenarios.write(Scenarios.parse(yaml, "written.yaml", FOLDER)))
                .isEqualTo(yaml);
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

    @Example
    void everyFeatureAppearsAmongRandomScenarios() {
        Set<String> seen = new TreeSet<>();
        ScenarioArbitraries.scenarios().generator(1_000).stream(new Random(7))
                .limit(300)
                .map(Shrinkable::value)
                .forEach(s -> {
                    s.events().forEach(e -> seen.add(e.getClass().getSimpleName()));
                    s.traffic().classes().forEach(c -> {
                        seen.add(c.cpu().getClass().getSimpleName());
                        c.io().ifPresent(io -> seen.add("io"));
                    });
                    seen.add(s.traffic().arrivals().getClass().getSimpleName());
                    s.servers().forEach(x -> {
                        seen.add(x.discipline().name());
                        seen.add(x.smtGain() > 0 ? "smt" : "no smt");
                        seen.add(x.workers() == ServerSpec.UNLIMITED ? "any workers" : "some workers");
                        seen.add(x.backlog() == ServerSpec.UNLIMITED ? "any backlog" : "some backlog");
                    });
                    seen.add(s.run().flows().isPresent() ? "by flows" : "by duration");
                    seen.add(s.balancers() > 1 ? "many balancers" : "one balancer");
                    seen.add(s.network().clientToBalancer() > 0 ? "delay" : "no delay");
                    seen.add(s.network().signalLoss() > 0 ? "loss" : "no loss");
                    seen.add(s.control().slowStart() > 0 ? "slow start" : "no slow start");
                    seen.add(s.control().detection() > 0 ? "detection" : "no detection");
                    seen.add(s.utilisation().getAsDouble() > 1 ? "overload" : "stable");
                    seen.add(s.weightsKnown() ? "known" : "unknown");
                });

        assertThat(seen)
                .contains("SetSpeed", "SetDown", "SetDrain", "SetRate", "Add", "Remove")
                .contains("Deterministic", "Exponential", "Erlang", "Hyperexponential", "Lognormal")
                .contains("ParetoBounded", "Uniform", "Empirical", "io", "Poisson", "Mmpp")
                .contains("FIFO", "PS", "smt", "no smt", "any workers", "some workers", "any backlog", "some backlog")
                .contains("by flows", "by duration", "many balancers", "one balancer", "delay", "no delay", "loss")
                .contains("no loss", "slow start", "no slow start", "detection", "no detection", "overload", "stable")
                .contains("known", "unknown");
    }
}
