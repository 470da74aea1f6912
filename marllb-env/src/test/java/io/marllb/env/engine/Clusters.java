package io.marllb.env.engine;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.Outcome;
import io.marllb.core.Policy;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reports;
import io.marllb.core.View;
import io.marllb.core.WeightPolicy;
import io.marllb.core.Words;
import io.marllb.env.scenario.Discipline;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ScenarioEvent;
import io.marllb.env.scenario.ServerSpec;
import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.Distribution;
import io.marllb.env.traffic.FlowClass;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/** Small clusters for tests, and a policy that does what the test says and writes down what it was told. */
final class Clusters {

    static final int UNLIMITED = ServerSpec.UNLIMITED;

    private Clusters() {}

    static ServerSpec ps(int cores) {
        return new ServerSpec(cores, 1, 0, UNLIMITED, UNLIMITED, Discipline.PS);
    }

    static ServerSpec fifo(int cores) {
        return new ServerSpec(cores, 1, 0, UNLIMITED, UNLIMITED, Discipline.FIFO);
    }

    static Scenario of(List<ServerSpec> servers, ScenarioEvent... events) {
        return of(servers, new Scenario.Network(0, 0, 0), events);
    }

    static Scenario of(List<ServerSpec> servers, Scenario.Network network, ScenarioEvent... events) {
        return of(1, servers, network, new Scenario.Control(250_000_000, 250_000_000, 0, 0), 0, events);
    }

    static Scenario of(
            int balancers,
            List<ServerSpec> servers,
            Scenario.Network network,
            Scenario.Control control,
            int acks,
            ScenarioEvent... events) {
        return new Scenario(
                "test",
                balancers,
                servers,
                true,
                new Scenario.Traffic(
                        new Arrivals.Poisson(1),
                        List.of(new FlowClass("all", 1, new Distribution.Exponential(1e6), Optional.empty())),
                        acks),
                network,
                List.of(events),
                control,
                new Scenario.Run(OptionalLong.of(1_000_000), OptionalLong.empty(), 0, 1));
    }

    static long ms(double x) {
        return Math.round(x * 1e6);
    }

    /** Sends flow i to server {@code choices[i]} (the last one repeats) and logs every call. */
    static final class Scripted implements FlowRule, WeightPolicy {

        final List<String> log = new ArrayList<>();
        private final int[] choices;
        private final EnumSet<Need> needs;
        private int i;

        Scripted(EnumSet<Need> needs, int... choices) {
            this.needs = needs;
            this.choices = choices.clone();
        }

        Function<PolicySetup, Policy> policy() {
            return setup -> new Policy("scripted", this, this);
        }

        @Override
        public int choose(Flow flow, View view, Words words) {
            int j = choices[Math.min(i++, choices.length - 1)];
            return view.eligible(j) ? j : -1;
        }

        @Override
        public EnumSet<Need> needs() {
            return EnumSet.copyOf(needs);
        }

        @Override
        public void started(int server, long now) {
            log.add("started " + server + " at " + now / 1e6);
        }

        @Override
        public void sampled(int server, long age, long now) {
            log.add("sampled " + server + " age " + age / 1e6);
        }

        @Override
        public void ended(int server, long fct, Outcome outcome, long now) {
            log.add("ended " + server + " after " + fct / 1e6 + " " + outcome + " at " + now / 1e6);
        }

        @Override
        public void decide(Observation observation, Reports reports, double[] weights) {
            // leaves the weights as they are
        }
    }

    static RunResult run(Scenario scenario, Scripted policy, double[]... flows) {
        return Simulation.of(scenario, "scripted", policy.policy(), new ScriptedFlows(flows), 1, RunOptions.PLAIN)
                .run();
    }
}
