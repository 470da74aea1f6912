package io.marllb.env.scenario;

import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.FlowClass;
import java.util.List;
import java.util.OptionalLong;

/**
 * A cluster, its traffic, what happens to it and how long a run is. Immutable. All times in nanoseconds, all rates per second.
 *
 * @param name what it is called in results
 * @param balancers number of balancers m; each new flow lands on one at random
 * @param servers the servers at the start, one entry each
 * @param weightsKnown whether static weights are cores times speed, or 1 for all
 * @param traffic what arrives
 * @param network delays
 * @param events what happens, sorted by time
 * @param control the slow loop
 * @param run how long
 */
public record Scenario(
        String name,
        int balancers,
        List<ServerSpec> servers,
        boolean weightsKnown,
        Traffic traffic,
        Network network,
        List<ScenarioEvent> events,
        Control control,
        Run run) {

    /**
     * What arrives.
     *
     * @param arrivals when
     * @param classes what; shares sum to 1
     * @param acks mean number of moments in a flow's life at which its age is seen (ACKs), besides its end; in 0..16
     */
    public record Traffic(Arrivals arrivals, List<FlowClass> classes, int acks) {}

    /**
     * Constant one-way delays; an answer takes the way back directly to the client.
     *
     * @param clientToBalancer nanoseconds
     * @param balancerToServer nanoseconds
     * @param signalLoss share of signals (reports, probes, ...) that get lost, in [0, 1)
     */
    public record Network(long clientToBalancer, long balancerToServer, double signalLoss) {}

    /**
     * The slow loop and the host's care for servers.
     *
     * @param interval control interval, nanoseconds
     * @param reportInterval how often servers report, nanoseconds
     * @param detection how long a balancer takes to notice that a server died or came back, nanoseconds
     * @param slowStart how long the ramp of a server that joins or comes back takes, nanoseconds; 0 for none
     */
    public record Control(long interval, long reportInterval, long detection, long slowStart) {}

    /**
     * How long; either a number of flows or a duration.
     *
     * @param flows number of arrivals, including warm-up
     * @param duration nanoseconds in which flows arrive, including warm-up
     * @param warmup share of the arrivals (of the time, for {@code duration}) that is not counted, in [0, 1)
     * @param seed first seed
     */
    public record Run(OptionalLong flows, OptionalLong duration, double warmup, long seed) {}

    /** Copies the lists. */
    public Scenario {
        servers = List.copyOf(servers);
        events = List.copyOf(events);
    }

    /**
     * Number of server slots: the servers at the start and those that will be added.
     *
     * @return n
     */
    public int slots() {
        return servers.size()
                + (int) events.stream()
                        .filter(ScenarioEvent.Add.class::isInstance)
                        .count();
    }
}
