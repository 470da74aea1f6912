package io.marllb.bench.testbed;

import io.marllb.core.check.Checks;
import io.marllb.env.scenario.Discipline;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ServerSpec;
import io.marllb.env.traffic.FlowClass;
import java.util.Collections;
import java.util.List;

/**
 * A cluster that can be built here: each server is one nginx behind a link that is shaped to its speed. The link is what its flows share, as jobs share
 * a processor, so a flow's work in seconds becomes bytes.
 *
 * @param balancers how many, each gets its share of the flows by the hash of their ports
 * @param speeds of the servers, relative to 1
 * @param weightsKnown whether policies are told them
 * @param bytesPerSecond of a link of speed 1; 0 shapes no link
 */
public record TestbedSpec(int balancers, List<Double> speeds, boolean weightsKnown, double bytesPerSecond) {

    /** A link of speed 1: 2 MB/s. Slow enough that the links are the bottleneck and not the machine. */
    public static final double BYTES_PER_SECOND = 2e6;

    private static final int MOST_BALANCERS = 3;
    private static final long INTERVAL_NANOS = 250_000_000;
    private static final int MOST_SERVERS = 64;

    /** Checks every component. */
    public TestbedSpec {
        speeds = List.copyOf(speeds);
        Checks checks = new Checks("testbed")
                .that(
                        balancers >= 1 && balancers <= MOST_BALANCERS,
                        "balancers must be in 1.." + MOST_BALANCERS + ", but was " + balancers)
                .that(
                        !speeds.isEmpty() && speeds.size() <= MOST_SERVERS,
                        "servers must be in 1.." + MOST_SERVERS + ", but was " + speeds.size())
                .notNegative("bytesPerSecond", bytesPerSecond);
        for (int j = 0; j < speeds.size(); j++) {
            checks.positive("speeds[" + j + "]", speeds.get(j));
        }
        checks.throwIfAny();
    }

    /**
     * Servers that are as fast as this machine lets them, behind one balancer.
     *
     * @param servers how many
     * @return the cluster
     */
    static TestbedSpec unshaped(int servers) {
        return new TestbedSpec(1, Collections.nCopies(servers, 1.0), true, 0);
    }

    /**
     * The cluster of a scenario.
     *
     * @param scenario processor sharing on one core each without limits, no events, no delays, no input or output
     * @param bytesPerSecond of a link of speed 1
     * @return the cluster
     * @throws IllegalArgumentException if links can't stand for its servers, with every reason
     */
    public static TestbedSpec of(Scenario scenario, double bytesPerSecond) {
        Checks checks = new Checks("scenario " + scenario.name() + " on the testbed");
        for (int j = 0; j < scenario.servers().size(); j++) {
            ServerSpec s = scenario.servers().get(j);
            checks.that(
                            s.cores() == 1 && s.smtGain() == 0,
                            "server " + j
                                    + " must have one core without smt-gain: a link serves a single flow at its full speed")
                    .that(s.discipline() == Discipline.PS, "server " + j + " must have discipline ps, as a link has")
                    .that(
                            s.workers() == ServerSpec.UNLIMITED && s.backlog() == ServerSpec.UNLIMITED,
                            "server " + j + " must have unlimited workers and backlog: a link turns nobody away");
        }
        for (FlowClass c : scenario.traffic().classes()) {
            checks.that(c.io().isEmpty(), "class '" + c.name() + "' must have no io: a link only transfers");
        }
        checks.that(scenario.events().isEmpty(), "events can't be played")
                .that(
                        scenario.network().clientToBalancer() == 0
                                && scenario.network().balancerToServer() == 0,
                        "network delays must be 0: they can't be played")
                .that(
                        scenario.control().interval() == INTERVAL_NANOS,
                        "control.interval must be 250ms, as the balancers here have it")
                .throwIfAny();
        return new TestbedSpec(
                scenario.balancers(),
                scenario.servers().stream().map(ServerSpec::speed).toList(),
                scenario.weightsKnown(),
                bytesPerSecond);
    }
}
