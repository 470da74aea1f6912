package io.marllb.dataplane.proxy;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Outcome;
import io.marllb.core.Reduction;
import io.marllb.core.rng.Streams;
import io.marllb.dataplane.ServerAddress;
import io.marllb.dataplane.ServerEntry;
import io.marllb.ipc.Command;
import io.marllb.ipc.CommandResult;
import io.marllb.ipc.Event;
import io.marllb.ipc.EventKind;
import io.marllb.ipc.EventWriter;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.Segment;
import io.marllb.ipc.ServerState;
import io.marllb.policies.PolicySpec;
import io.marllb.policies.host.Membership;
import io.marllb.policies.host.PolicyHost;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;

/**
 * The one balancer of a proxy: who the servers are, and the host of the rule that picks among them.
 *
 * <p>All loops share it, so the rule sees every connection and the counts are exact. Thread-safe by one lock, held for well below a microsecond per
 * connection, where a connection costs tens; weights, states and statistics are brought in and out a server at a time, so that no loop waits long.
 */
final class Balancer {

    private static final System.Logger LOG = System.getLogger("io.marllb.proxy");
    private static final Reduction[] REDUCTIONS = Reduction.values();

    private final Object lock = new Object();
    private final int slots;
    private final ServerState[] state;
    private final int[] generation;
    private final double[] staticWeight;
    private final InetSocketAddress[] address;
    private final double[] weights; // scratch
    private final Rules rules;
    private final PolicyHost host;
    private final EventWriter events;
    private final Event event = new Event();
    private final Arrival arrival = new Arrival();
    private long now = Long.MIN_VALUE;
    private long eventsLost;
    private long repicked;
    private boolean brokenSaid;

    private final class Slots implements Membership {
        @Override
        public int slots() {
            return slots;
        }

        @Override
        public boolean active(int server) {
            return state[server] == ServerState.ACTIVE;
        }

        @Override
        public double ramp(int server, long at) {
            return 1; // the controller's weights have it in them
        }

        @Override
        public double staticWeight(int server) {
            return staticWeight[server];
        }
    }

    private static final class Arrival implements Flow {
        private long hash;
        private long now;

        @Override
        public long hash() {
            return hash;
        }

        @Override
        public long now() {
            return now;
        }
    }

    /** Servers in their slots, placed by SED on their configured weights until a controller says otherwise. */
    Balancer(Segment segment, List<ServerEntry> servers, Rules rules, Streams streams, long now) {
        this.rules = rules;
        slots = segment.spec().servers();
        events = segment.eventWriter();
        state = new ServerState[slots];
        generation = new int[slots];
        staticWeight = new double[slots];
        address = new InetSocketAddress[slots];
        weights = new double[slots];
        Arrays.fill(state, ServerState.ABSENT);
        Arrays.fill(staticWeight, 1);
        for (ServerEntry server : servers) {
            int j = server.slot();
            state[j] = server.drain() ? ServerState.DRAINING : ServerState.ACTIVE;
            generation[j] = 1;
            staticWeight[j] = server.weight();
            address[j] = server.address().orElseThrow().socketAddress();
        }
        host = new PolicyHost(
                rules.fallback(), new Slots(), streams.stream("rule"), streams.stream("reservoir"), true, 0);
        host.setWeights(staticWeight, Double.NaN, later(now));
    }

    /** From now on records come from another policy, see {@link Rules#follow}. */
    void follow(PolicySpec policy) {
        synchronized (lock) {
            rules.follow(policy);
        }
    }

    /** Loops look at their clocks before they come here; what the host sees never goes back. */
    private long later(long at) {
        now = Math.max(now, at);
        return now;
    }

    /**
     * Places a connection on a server that has not refused it yet, and counts it there.
     *
     * @param p its hash and refusals are read, the rest is set; its slot is -1 if none may take it
     */
    void place(Placement p, long at) {
        synchronized (lock) {
            arrival.hash = p.hash;
            arrival.now = later(at);
            int j = choose();
            if (j >= 0 && p.refusedBy(j)) {
                j = leastOfOthers(p);
            }
            p.slot = j;
            if (j < 0) {
                return;
            }
            p.generation = generation[j];
            p.address = address[j];
            try {
                host.opened(j, now);
            } catch (RuntimeException e) {
                broken(e);
            }
        }
    }

    private int choose() {
        try {
            int j = host.choose(arrival);
            if (j < 0 || host.eligible(j)) {
                return j;
            }
            broken(new IllegalStateException("the rule chose server " + j + ", which is not eligible"));
        } catch (RuntimeException e) {
            broken(e);
        }
        return host.choose(arrival); // by SED now
    }

    /** A rule that fails must not take the traffic with it: SED goes on, until a record asks for a rule again. The host has counted already. */
    private void broken(RuntimeException e) {
        if (!brokenSaid) {
            brokenSaid = true;
            LOG.log(
                    Level.ERROR,
                    "event=rule-failed detail=\"" + e + "; sed places connections until the next record\"",
                    e);
        }
        host.use(rules.fallback());
        host.poolChanged(now);
    }

    /** The rule insists on a server that has just refused: the shortest expected delay among those that have not. */
    private int leastOfOthers(Placement p) {
        int best = -1;
        double least = Double.POSITIVE_INFINITY;
        for (int j = 0; j < slots; j++) {
            double key = (host.inFlight(j) + 1) / host.weight(j);
            if (host.eligible(j) && !p.refusedBy(j) && key < least) {
                best = j;
                least = key;
            }
        }
        return best;
    }

    /** A connection's server has sent something. */
    void sampled(Placement p, long age, long at) {
        synchronized (lock) {
            if (p.generation == generation[p.slot]) {
                try {
                    host.sampled(p.slot, age, later(at));
                } catch (RuntimeException e) {
                    broken(e);
                }
            }
        }
    }

    /** A connection has left its server. */
    void ended(Placement p, long fct, Outcome outcome, long at) {
        synchronized (lock) {
            if (p.generation == generation[p.slot]) {
                try {
                    host.closed(p.slot, fct, outcome, later(at));
                } catch (RuntimeException e) {
                    broken(e);
                }
            }
            event.kind = EventKind.FLOW_END;
            event.server = p.slot;
            event.timeNanos = later(at);
            event.value = fct;
            event.detail = outcome.ordinal();
            event.hash = p.hash;
            tell();
        }
    }

    private void tell() {
        if (events.write(event) == 0) {
            eventsLost++;
        }
    }

    /**
     * Does what a controller wants, whole or not at all.
     *
     * @param died set to its generation where a server has died, whose connections must be closed; {@code [slots]}
     * @throws IllegalArgumentException if there is no such rule
     */
    void apply(MsgIn wanted, int[] died, long at) {
        synchronized (lock) {
            FlowRule rule = rules.of(wanted);
            if (rule != null) {
                use(rule);
            }
            for (int j = 0; j < slots; j++) {
                boolean known = state[j] != ServerState.ABSENT && wanted.generation[j] == generation[j];
                weights[j] = known ? power(wanted.weight[j], wanted.exponent) : 0;
                if (known && wanted.state[j] != ServerState.ABSENT) {
                    turn(j, wanted.state[j], died);
                }
            }
            host.setWeights(weights, rules.bias(wanted), later(at));
        }
    }

    /** Until a record asks for another one. */
    void use(FlowRule rule) {
        synchronized (lock) {
            host.use(rule);
        }
    }

    private static double power(double weight, double exponent) {
        return exponent == 1 ? weight : StrictMath.pow(weight, exponent);
    }

    private void turn(int slot, ServerState to, int[] died) {
        if (to == ServerState.ABSENT || to == ServerState.DEAD && state[slot] != ServerState.DEAD) {
            died[slot] = generation[slot];
        }
        state[slot] = to;
    }

    /** No controller is there: SED on the configured weights. Servers stay in the states that they have. */
    void fallBack(long at) {
        synchronized (lock) {
            host.use(rules.fallback());
            host.setWeights(staticWeight, Double.NaN, later(at));
        }
    }

    /**
     * Executes a command and tells what became of it.
     *
     * @param died set to the server's generation in its slot if its connections must be closed
     */
    void execute(Command command, int[] died, long at) {
        synchronized (lock) {
            CommandResult result = result(command, died, at);
            event.kind = EventKind.COMMAND_DONE;
            event.server = Math.max(0, Math.min(slots - 1, command.server));
            event.timeNanos = later(at);
            event.value = command.sequence;
            event.detail = result.ordinal();
            event.hash = 0;
            tell();
        }
    }

    private CommandResult result(Command command, int[] died, long at) {
        int j = command.server;
        if (j < 0 || j >= slots) {
            return CommandResult.BAD_SLOT;
        }
        boolean there = state[j] != ServerState.ABSENT;
        switch (command.kind) {
            case ADD -> {
                if (there) {
                    return CommandResult.BAD_STATE;
                }
                InetSocketAddress where = address(command);
                if (where == null || !(command.staticWeight > 0 && command.staticWeight < Double.POSITIVE_INFINITY)) {
                    return CommandResult.BAD_ADDRESS;
                }
                address[j] = where;
                staticWeight[j] = command.staticWeight;
                state[j] = ServerState.ACTIVE;
                generation[j]++;
                host.renew(j, later(at));
            }
            case DRAIN, UP, DOWN, REMOVE -> {
                if (!there || command.generation != generation[j]) {
                    return CommandResult.BAD_STATE;
                }
                ServerState to = switch (command.kind) {
                    case DRAIN -> ServerState.DRAINING;
                    case UP -> ServerState.ACTIVE;
                    case DOWN -> ServerState.DEAD;
                    default -> ServerState.ABSENT;
                };
                turn(j, to, died);
            }
            default -> {
                return CommandResult.UNSUPPORTED;
            }
        }
        host.poolChanged(later(at));
        return CommandResult.OK;
    }

    private static InetSocketAddress address(Command command) {
        int length = command.family == 4 ? 4 : command.family == 6 ? 16 : 0;
        if (length == 0 || command.port == 0) {
            return null;
        }
        try {
            InetAddress ip = InetAddress.getByAddress(Arrays.copyOf(command.address, length));
            return ip.isAnyLocalAddress() || ip.isMulticastAddress()
                    ? null
                    : new ServerAddress(ip, command.port).socketAddress();
        } catch (UnknownHostException e) {
            throw new AssertionError(e); // only for wrong lengths
        }
    }

    /** A connection was closed since its server had died. */
    void repicked() {
        synchronized (lock) {
            repicked++;
        }
    }

    /** What was seen so far, for the record that is published: everything but what the loops count. */
    void describe(MsgOut out, long at) {
        synchronized (lock) {
            host.observe(later(at));
            for (int j = 0; j < slots; j++) {
                out.state[j] = state[j];
                out.generation[j] = generation[j];
                out.inFlight[j] = host.inFlight(j);
                out.started[j] = host.started(j);
                out.completed[j] = host.completed(j);
                out.rejected[j] = host.rejected(j);
                out.aborted[j] = host.aborted(j);
                out.busyNanos[j] = host.busyNanos(j);
                out.inFlightNanos[j] = (long) host.inFlightNanos(j);
                out.staticWeight[j] = staticWeight[j];
            }
            out.eventsLost = eventsLost;
            out.repicked = repicked;
        }
        for (int j = 0; j < slots; j++) {
            if (out.state[j] == ServerState.ABSENT) {
                Arrays.fill(out.fct[j], Double.NaN);
                Arrays.fill(out.duration[j], Double.NaN);
                continue;
            }
            synchronized (lock) { // some microseconds each
                for (Reduction r : REDUCTIONS) {
                    out.fct[j][r.ordinal()] = host.flowCompletionTime(j, r);
                    out.duration[j][r.ordinal()] = host.flowDuration(j, r);
                }
            }
        }
    }
}
