package io.marllb.bench.live;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.Outcome;
import io.marllb.core.Policy;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reduction;
import io.marllb.core.Reports;
import io.marllb.core.Signal;
import io.marllb.core.View;
import io.marllb.core.WeightPolicy;
import io.marllb.core.Words;
import io.marllb.core.rng.Streams;
import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.SegmentDataPlane;
import io.marllb.dataplane.proxy.Rules;
import io.marllb.env.engine.RunOptions;
import io.marllb.env.engine.Simulation;
import io.marllb.env.scenario.Scenario;
import io.marllb.ipc.Command;
import io.marllb.ipc.CommandReader;
import io.marllb.ipc.CommandResult;
import io.marllb.ipc.Drop;
import io.marllb.ipc.Event;
import io.marllb.ipc.EventKind;
import io.marllb.ipc.EventWriter;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgInReader;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.MsgOutWriter;
import io.marllb.ipc.Reading;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentSpec;
import io.marllb.ipc.ServerState;
import io.marllb.policies.PolicySpec;
import java.util.Arrays;
import java.util.EnumSet;

/**
 * One balancer of a simulated cluster whose weights come from a controller over a segment, as those of the proxy and of the DPDK program do. Other
 * balancers of the scenario decide for themselves, by the same policy.
 *
 * <p>Time is virtual and moves only in {@link #advance}: a controller is given its turn by {@code controller.tick(plane.now())} after each. Until a
 * controller is heard the policy's start weights hold; after silence the ladder of every data plane applies.
 *
 * <p>A server that a controller drains or calls dead gets no new flows. Whether it serves is the scenario's business: flows end early only if it dies
 * there, which is then shown as its state, whatever was wanted. {@code REMOVE} makes a slot absent and {@code ADD} brings the scenario's server of
 * that slot back; the address and weight of the command mean nothing here. Not thread-safe.
 */
public final class SimulatedDataPlane implements AutoCloseable {

    private static final int LATE = 5; // intervals, as in every data plane
    private static final int LOST = 40;

    /** What happens to single flows; one is known by the time at which it came. */
    interface Watcher {
        /** A flow came, and was placed (-1: on none). */
        default void placed(int server, long now) {}

        /** The server of the flow that came then was heard. */
        default void answered(int server, long came, long now) {}

        /** The flow that came then has ended. */
        default void ended(int server, long came, Outcome outcome) {}
    }

    private final Simulation simulation;
    private final int balancer;
    private final Watcher watcher;
    private final long intervalNanos;
    private final Rules rules;
    private final Segment segment;
    private final SegmentDataPlane controllersSide;
    private final MsgOutWriter out;
    private final MsgInReader in;
    private final CommandReader commands;
    private final EventWriter events;
    private final MsgOut seen;
    private final MsgIn wanted;
    private final Command command = new Command();
    private final Event event = new Event();
    private final ServerState[] told;
    private final int[] generation; // 0: the scenario has not brought the server yet
    private final double[] weights; // in force
    private final long[] rejected;
    private final long[] aborted;
    private FlowRule rule; // in force
    private double bias;
    private long heardAt;
    private long unusable;
    private long published;

    /** Asks whichever rule is in force. */
    private final class Steered implements FlowRule {
        private final EnumSet<Need> needs;

        Steered(EnumSet<Need> needs) {
            this.needs = needs;
        }

        @Override
        public int choose(Flow flow, View view, Words words) {
            int chosen = rule.choose(flow, view, words);
            // While no server that may be used has a weight, the host counts all that serve.
            int server = chosen >= 0 && told[chosen] == ServerState.ACTIVE ? chosen : -1;
            seen.rxPackets++;
            if (server < 0) {
                seen.drops[Drop.NO_SERVER.ordinal()]++;
            } else {
                seen.txPackets++;
                seen.packets[server]++;
            }
            watcher.placed(server, flow.now());
            return server;
        }

        @Override
        public EnumSet<Need> needs() {
            return EnumSet.copyOf(needs);
        }

        @Override
        public void started(int server, long at) {
            rule.started(server, at);
        }

        @Override
        public void sampled(int server, long age, long at) {
            rule.sampled(server, age, at);
            watcher.answered(server, at - age, at);
        }

        @Override
        public void ended(int server, long fct, Outcome outcome, long at) {
            rule.ended(server, fct, outcome, at);
            rejected[server] += outcome == Outcome.REJECTED ? 1 : 0;
            aborted[server] += outcome == Outcome.ABORTED ? 1 : 0;
            tell(EventKind.FLOW_END, server, fct, outcome.ordinal(), at);
            watcher.ended(server, at - fct, outcome);
        }

        @Override
        public void poolChanged(View view) {
            rule.poolChanged(view);
        }

        @Override
        public void signal(Signal signal, long at) {
            rule.signal(signal, at);
        }
    }

    /** Publishes what the balancer saw, where another one would decide. */
    private final class Told implements WeightPolicy {
        private final WeightPolicy first;

        Told(WeightPolicy first) {
            this.first = first;
        }

        @Override
        public void start(View view, double[] to) {
            first.start(view, to);
            System.arraycopy(to, 0, weights, 0, weights.length);
            bias = first.bias();
        }

        @Override
        public void decide(Observation observation, Reports reports, double[] to) {
            watch(observation.now());
            System.arraycopy(weights, 0, to, 0, weights.length);
            publish(observation);
        }

        @Override
        public double bias() {
            return bias;
        }

        @Override
        public EnumSet<Need> needs() {
            return first.needs();
        }
    }

    private SimulatedDataPlane(Scenario scenario, PolicySpec policy, int balancer, long seed, Watcher watcher) {
        this.balancer = balancer;
        this.watcher = watcher;
        intervalNanos = scenario.control().interval();
        int n = scenario.slots();
        segment = Segment.inMemory(new SegmentSpec(n, 1, scenario.balancers(), intervalNanos));
        out = segment.msgOutWriter();
        in = segment.msgInReader();
        commands = segment.commandReader();
        events = segment.eventWriter();
        seen = new MsgOut(n);
        wanted = new MsgIn(n);
        told = new ServerState[n];
        generation = new int[n];
        weights = new double[n];
        rejected = new long[n];
        aborted = new long[n];
        Arrays.fill(told, ServerState.ABSENT);
        rules = new Rules(
                n, scenario.balancers(), intervalNanos, Streams.of(seed).seed("policy", balancer));
        rules.follow(policy);
        simulation = Simulation.of(
                scenario,
                policy.name(),
                setup -> setup.balancer() == balancer ? steered(policy, setup) : policy.build(setup),
                seed,
                RunOptions.PLAIN.withObservations());
        controllersSide = SegmentDataPlane.inProcess(segment, Need.PASSIVE, this::now);
        join();
    }

    private Policy steered(PolicySpec policy, PolicySetup setup) {
        Policy built = policy.build(setup);
        rule = built.rule();
        return new Policy(policy.name(), new Steered(built.rule().needs()), new Told(built.weights()));
    }

    /**
     * A cluster at time 0.
     *
     * @param scenario the cluster and its traffic; its slow start comes on top of a controller's, so it should have none
     * @param policy whose rule places flows, and whose start weights hold until a controller is heard
     * @param balancer the balancer that is steered from outside
     * @param seed root of all random streams
     * @return a data plane that has seen nothing yet
     * @throws IllegalArgumentException if there is no such balancer, or more server slots than a segment has
     */
    public static SimulatedDataPlane of(Scenario scenario, PolicySpec policy, int balancer, long seed) {
        return watched(scenario, policy, balancer, seed, new Watcher() {});
    }

    static SimulatedDataPlane watched(Scenario scenario, PolicySpec policy, int balancer, long seed, Watcher watcher) {
        if (balancer < 0 || balancer >= scenario.balancers()) {
            throw new IllegalArgumentException(
                    "balancer must be in [0, " + scenario.balancers() + "), but was " + balancer);
        }
        return new SimulatedDataPlane(scenario, policy, balancer, seed, watcher);
    }

    /**
     * The controller's side.
     *
     * @return to be given to one controller; its time is {@link #now}
     */
    public DataPlane dataPlane() {
        return controllersSide;
    }

    /**
     * Does what is wanted, then lets the cluster live until the end of the control interval, when it publishes what it saw.
     *
     * @return false if the scenario is over: nothing was published
     */
    public boolean advance() {
        long before = published;
        takeIn();
        simulation.advanceTo((simulation.now() / intervalNanos + 1) * intervalNanos);
        return published > before;
    }

    /** Does what is wanted, then lets the cluster live until the next flow has come; false if none comes any more. */
    boolean advanceByFlow() {
        takeIn();
        boolean more = simulation.advanceToArrival();
        if (more) {
            simulation.step();
        }
        return more;
    }

    /**
     * Virtual time.
     *
     * @return nanoseconds from the start of the scenario
     */
    public long now() {
        return simulation == null ? 0 : simulation.now();
    }

    /** To be looked at only. */
    Simulation simulation() {
        return simulation;
    }

    /** Weights in force; borrowed. */
    double[] weights() {
        return weights;
    }

    /** Does what is wanted. */
    void takeIn() {
        boolean changed = false;
        while (commands.take(command) == Reading.FRESH) {
            int j = command.server;
            CommandResult result = execute();
            changed |= result == CommandResult.OK;
            tell(
                    EventKind.COMMAND_DONE,
                    Math.max(0, Math.min(told.length - 1, j)),
                    command.sequence,
                    result.ordinal(),
                    now());
        }
        changed |= in.read(wanted) == Reading.FRESH && apply();
        if (changed) {
            simulation.setWeights(balancer, weights, bias);
        }
    }

    private CommandResult execute() {
        int j = command.server;
        if (j < 0 || j >= told.length) {
            return CommandResult.BAD_SLOT;
        }
        boolean there = told[j] != ServerState.ABSENT;
        switch (command.kind) {
            case ADD -> {
                if (there || generation[j] == 0) {
                    return CommandResult.BAD_STATE;
                }
                told[j] = ServerState.ACTIVE;
                generation[j]++;
            }
            case DRAIN, UP, DOWN, REMOVE -> {
                if (!there || command.generation != generation[j]) {
                    return CommandResult.BAD_STATE;
                }
                told[j] = switch (command.kind) {
                    case DRAIN -> ServerState.DRAINING;
                    case UP -> ServerState.ACTIVE;
                    case DOWN -> ServerState.DEAD;
                    default -> ServerState.ABSENT;
                };
            }
            default -> {
                return CommandResult.UNSUPPORTED;
            }
        }
        weights[j] = 0; // until the next record knows of it
        return CommandResult.OK;
    }

    private boolean apply() {
        try {
            FlowRule next = rules.of(wanted);
            rule = next == null ? rule : next;
        } catch (IllegalArgumentException e) {
            unusable++; // as the record says; the last good one stays
            return false;
        }
        for (int j = 0; j < told.length; j++) {
            boolean known = told[j] != ServerState.ABSENT && wanted.generation[j] == generation[j];
            if (known && simulation.active(j) && wanted.state[j] != ServerState.ABSENT) {
                told[j] = wanted.state[j];
            }
            weights[j] = known && told[j] == ServerState.ACTIVE
                    ? wanted.exponent == 1 ? wanted.weight[j] : StrictMath.pow(wanted.weight[j], wanted.exponent)
                    : 0;
        }
        equalIfNone();
        bias = rules.bias(wanted);
        heardAt = now();
        seen.msgInApplied = wanted.sequence;
        seen.stage = 0;
        return true;
    }

    private void equalIfNone() {
        for (int j = 0; j < told.length; j++) {
            if (told[j] == ServerState.ACTIVE && simulation.active(j) && weights[j] > 0) {
                return;
            }
        }
        for (int j = 0; j < told.length; j++) {
            weights[j] = told[j] == ServerState.ACTIVE ? 1 : 0;
        }
    }

    private void watch(long now) {
        long silent = now - heardAt;
        if (seen.stage < 2 && silent > LOST * intervalNanos) {
            seen.stage = 2;
            rule = rules.fallback();
            bias = Double.NaN;
            for (int j = 0; j < told.length; j++) {
                weights[j] = told[j] == ServerState.ACTIVE ? seen.staticWeight[j] : 0;
            }
        } else if (seen.stage < 1 && silent > LATE * intervalNanos) {
            seen.stage = 1;
        }
    }

    /** Servers that the scenario has brought since the last look. */
    private void join() {
        for (int j = 0; j < told.length; j++) {
            if (generation[j] == 0 && simulation.active(j)) {
                generation[j] = 1;
                told[j] = ServerState.ACTIVE;
            }
        }
    }

    private void publish(Observation o) {
        join();
        published++;
        seen.timeNanos = o.now();
        seen.msgInRefused = in.refusals() + unusable;
        seen.flows = 0;
        for (int j = 0; j < told.length; j++) {
            seen.state[j] = state(j);
            seen.generation[j] = generation[j];
            seen.inFlight[j] = o.inFlight(j);
            seen.flows += o.inFlight(j);
            seen.started[j] = o.started(j);
            seen.completed[j] = o.completed(j);
            seen.rejected[j] = rejected[j];
            seen.aborted[j] = aborted[j];
            seen.busyNanos[j] = o.busyNanos(j);
            seen.inFlightNanos[j] = (long) o.inFlightNanos(j);
            seen.staticWeight[j] = o.staticWeight(j);
            for (Reduction r : Reduction.values()) {
                seen.fct[j][r.ordinal()] = o.flowCompletionTime(j, r);
                seen.duration[j][r.ordinal()] = o.flowDuration(j, r);
            }
        }
        out.publish(seen);
        segment.dataPlane().beat(o.now());
    }

    /** What the scenario does to a server comes first. */
    private ServerState state(int j) {
        if (told[j] == ServerState.ABSENT || simulation.active(j)) {
            return told[j];
        }
        return simulation.capacity(j) == 0 ? ServerState.DEAD : ServerState.DRAINING;
    }

    private void tell(EventKind kind, int server, long value, int detail, long at) {
        event.kind = kind;
        event.server = server;
        event.timeNanos = at;
        event.value = value;
        event.detail = detail;
        if (events.write(event) == 0) {
            seen.eventsLost++;
        }
    }

    /** Ends it; what was measured is forgotten. */
    @Override
    public void close() {
        controllersSide.close();
    }
}
