package io.marllb.env.scenario;

import io.marllb.core.check.Checks;
import io.marllb.core.config.Quantity;
import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.FlowClass;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
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

    /** Most balancers. */
    public static final int MAX_BALANCERS = 1_024;

    /** Most server slots, at the start and added together. */
    public static final int MAX_SERVERS = 16_384;

    /** Most pairs of a balancer and a server, each of which has counters of its own. */
    public static final int MAX_PAIRS = 1 << 20;

    /** Most flows of a run. */
    public static final long MAX_FLOWS = 1_000_000_000_000L;

    /** How far the shares of the classes may be from summing to 1. */
    static final double SHARE_TOLERANCE = 1e-6;

    /**
     * What arrives.
     *
     * @param arrivals when
     * @param classes what; shares sum to 1; may be empty for a trace that carries the work of its flows
     * @param acks mean number of moments in a flow's life at which its age is seen (ACKs), besides its end; in 0..16
     */
    public record Traffic(Arrivals arrivals, List<FlowClass> classes, int acks) {

        /** ACKs of a flow unless a scenario says otherwise. */
        public static final int DEFAULT_ACKS = 2;

        /** Most ACKs of a flow. */
        public static final int MAX_ACKS = 16;

        /** Copies the classes and checks their shares. */
        public Traffic {
            Objects.requireNonNull(arrivals, "arrivals");
            classes = List.copyOf(classes);
            double sum = 0;
            for (FlowClass c : classes) {
                sum += c.share();
            }
            long names = classes.stream().map(FlowClass::name).distinct().count();
            new Checks("traffic")
                    .that(
                            !classes.isEmpty() || arrivals instanceof Arrivals.Trace,
                            "classes must not be empty unless arrivals are a trace")
                    .that(
                            classes.isEmpty() || Math.abs(sum - 1) <= SHARE_TOLERANCE,
                            "shares of classes must sum to 1, but sum to " + sum)
                    .that(names == classes.size(), "names of classes must differ")
                    .inRange("acks", acks, 0, MAX_ACKS)
                    .throwIfAny();
        }

        /**
         * Mean CPU work of a flow.
         *
         * @return nanoseconds at speed 1; empty without classes
         */
        public OptionalDouble meanWork() {
            if (classes.isEmpty()) {
                return OptionalDouble.empty();
            }
            double sum = 0;
            for (FlowClass c : classes) {
                sum += c.share() * c.cpu().mean();
            }
            return OptionalDouble.of(sum);
        }
    }

    /**
     * Constant one-way delays; an answer takes the way back directly to the client.
     *
     * @param clientToBalancer nanoseconds
     * @param balancerToServer nanoseconds
     * @param signalLoss share of signals (reports, probes, ...) that get lost, in [0, 1)
     */
    public record Network(long clientToBalancer, long balancerToServer, double signalLoss) {

        /** Checks the values. */
        public Network {
            new Checks("network")
                    .atLeast("clientToBalancer", clientToBalancer, 0)
                    .atLeast("balancerToServer", balancerToServer, 0)
                    .that(signalLoss >= 0 && signalLoss < 1, "signalLoss must be in [0, 1), but was " + signalLoss)
                    .throwIfAny();
        }

        /**
         * No delay and no loss.
         *
         * @return the default
         */
        public static Network none() {
            return new Network(0, 0, 0);
        }
    }

    /**
     * The slow loop and the host's care for servers.
     *
     * @param interval control interval, nanoseconds
     * @param reportInterval how often servers report, nanoseconds
     * @param detection how long a balancer takes to notice that a server died or came back, nanoseconds
     * @param slowStart how long the ramp of a server that joins or comes back takes, nanoseconds; 0 for none
     */
    public record Control(long interval, long reportInterval, long detection, long slowStart) {

        private static final long QUARTER_SECOND = 250_000_000;

        /** Checks the values. */
        public Control {
            new Checks("control")
                    .atLeast("interval", interval, 1)
                    .atLeast("reportInterval", reportInterval, 1)
                    .atLeast("detection", detection, 0)
                    .atLeast("slowStart", slowStart, 0)
                    .throwIfAny();
        }

        /**
         * Control and reports every 250 ms, instant detection, no slow start.
         *
         * @return the default
         */
        public static Control defaults() {
            return new Control(QUARTER_SECOND, QUARTER_SECOND, 0, 0);
        }
    }

    /**
     * How long; either a number of flows or a duration.
     *
     * @param flows number of arrivals, including warm-up
     * @param duration nanoseconds in which flows arrive, including warm-up
     * @param warmup share of the arrivals (of the time, for {@code duration}) that is not counted, in [0, 1)
     * @param seed first seed
     */
    public record Run(OptionalLong flows, OptionalLong duration, double warmup, long seed) {

        /** Warm-up unless a scenario says otherwise. */
        public static final double DEFAULT_WARMUP = 0.1;

        /** Checks the values. */
        public Run {
            new Checks("run")
                    .that(
                            flows.isPresent() != duration.isPresent(),
                            "exactly one of flows and duration must be given, but "
                                    + (flows.isPresent() ? "both are" : "neither is"))
                    .that(
                            flows.isEmpty() || (flows.getAsLong() >= 1 && flows.getAsLong() <= MAX_FLOWS),
                            "flows must be in [1, " + MAX_FLOWS + "], but was " + flows)
                    .that(duration.isEmpty() || duration.getAsLong() > 0, "duration must be > 0, but was " + duration)
                    .that(warmup >= 0 && warmup < 1, "warmup must be in [0, 1), but was " + warmup)
                    .throwIfAny();
        }
    }

    /** Copies the lists, sorts the events by time (those of the same time keep their order) and checks that they can happen. */
    public Scenario {
        Objects.requireNonNull(traffic, "traffic");
        Objects.requireNonNull(network, "network");
        Objects.requireNonNull(control, "control");
        Objects.requireNonNull(run, "run");
        servers = List.copyOf(servers);
        events = events.stream()
                .sorted(Comparator.comparingLong(ScenarioEvent::at))
                .toList();
        Checks checks = new Checks("scenario");
        nameViolation(name).ifPresent(v -> checks.that(false, "name " + v));
        checks.inRange("balancers", balancers, 1, MAX_BALANCERS);
        long slots = servers.size()
                + events.stream().filter(ScenarioEvent.Add.class::isInstance).count();
        checks.that(!servers.isEmpty(), "servers must not be empty")
                .that(
                        slots <= MAX_SERVERS,
                        "servers must be at most " + MAX_SERVERS + " with those added, but are " + slots);
        pairsViolation(balancers, slots).ifPresent(v -> checks.that(false, "balancers " + v));
        for (EventTimeline.Violation v : EventTimeline.violations(servers.size(), events)) {
            checks.that(false, "event " + v.index() + " " + v.text());
        }
        checks.throwIfAny();
    }

    /** What is wrong with the size of a cluster, every part of which may be fine. */
    static Optional<String> pairsViolation(int balancers, long slots) {
        return balancers * slots <= MAX_PAIRS
                ? Optional.empty()
                : Optional.of("times servers must be at most " + MAX_PAIRS + ", but is " + balancers * slots + " ("
                        + balancers + " x " + slots + ")");
    }

    /** What is wrong with a name of a scenario or a class, which results carry into files and tables. */
    static Optional<String> nameViolation(String name) {
        boolean fine = !name.isBlank() && name.length() <= 100 && name.chars().noneMatch(Character::isISOControl);
        return fine
                ? Optional.empty()
                : Optional.of("must have 1 to 100 characters and none that controls, but was " + Quantity.quote(name));
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

    /**
     * All work that the servers of the start can do per time.
     *
     * @return seconds of work per second, the sum of {@link ServerSpec#fullRate()}
     */
    public double fullRate() {
        double sum = 0;
        for (ServerSpec s : servers) {
            sum += s.fullRate();
        }
        return sum;
    }

    /**
     * Work that arrives over work that can be done, before any event: the base rate times the mean work, over {@link #fullRate()}. At 1 or
     * more queues grow until flows are rejected.
     *
     * @return utilisation; empty where the rate or the work is only in a file
     */
    public OptionalDouble utilisation() {
        OptionalDouble rate = meanRate(traffic.arrivals());
        OptionalDouble work = traffic.meanWork();
        if (rate.isEmpty() || work.isEmpty()) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.of(rate.getAsDouble() * work.getAsDouble() * 1e-9 / fullRate());
    }

    private static OptionalDouble meanRate(Arrivals arrivals) {
        if (arrivals instanceof Arrivals.Poisson p) {
            return OptionalDouble.of(p.rate());
        } else if (arrivals instanceof Arrivals.Mmpp m) {
            return OptionalDouble.of(m.meanRate());
        } else if (arrivals instanceof Arrivals.Nhpp n) {
            return n.rate();
        }
        return OptionalDouble.empty();
    }
}
