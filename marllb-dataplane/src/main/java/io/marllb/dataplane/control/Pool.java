package io.marllb.dataplane.control;

import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.ServerEntry;
import io.marllb.ipc.CommandResult;
import io.marllb.ipc.Event;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.ServerState;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which servers take part, and how far: the operator's list, health and the guard-rails, in this order, turned into a state and a ramp for each slot of
 * one data plane. Also keeps the data plane's slots as the list wants them. For one thread.
 *
 * <p>A slot that is not listed is left as the data plane has it. A server that left the list is drained, then removed.
 */
final class Pool {

    /** A ramp starts here, so that a server that joins is seen at once (and a weight of 0 keeps meaning "none"). */
    static final double RAMP_START = 0.1;

    private static final long ANSWER_NANOS = 1_000_000_000L; // a command without an answer by then is sent again
    private static final long RETRY_NANOS = 5_000_000_000L; // a command that was refused is sent again after that
    private static final long SETTLED = Long.MIN_VALUE / 2;

    private final HealthMonitor health;
    private final PassiveHealth passive;
    private final Incidents incidents;
    private final ServerEntry[] listed; // [slots], null where nothing is
    private final long[] leavingSince; // [slots], 0 unless it left the list
    private final long[] nextCommandAt; // [slots]
    private final Map<Long, Integer> commands = new HashMap<>(); // sequence -> slot
    private final ServerState[] wanted;
    private final boolean[] active;
    private final double[] staticWeight;
    private final long[] rampFrom;
    private ControllerConfig config = ControllerConfig.DEFAULTS;
    private boolean begun;
    private boolean panic;
    private int inUse;
    private int healthy;

    Pool(int slots, HealthMonitor health, Incidents incidents) {
        this.health = health;
        this.incidents = incidents;
        passive = new PassiveHealth(slots);
        listed = new ServerEntry[slots];
        leavingSince = new long[slots];
        nextCommandAt = new long[slots];
        wanted = new ServerState[slots];
        active = new boolean[slots];
        staticWeight = new double[slots];
        rampFrom = new long[slots];
        Arrays.fill(wanted, ServerState.ABSENT);
        Arrays.fill(staticWeight, 1);
        Arrays.fill(rampFrom, SETTLED);
    }

    /**
     * Why a list cannot replace the present one; null if it can. Servers never move between slots, so that a restart finds each where it was.
     */
    String violation(List<ServerEntry> servers, boolean namesWillDo) {
        for (ServerEntry s : servers) {
            if (s.address().isEmpty() && !namesWillDo) {
                return "server " + s.name() + " has no address; write address: IP:PORT";
            }
            if (s.slot() >= listed.length) {
                return "server " + s.name() + " has slot " + s.slot() + ", but the data plane has " + listed.length
                        + " slots (0 to " + (listed.length - 1) + ")";
            }
            for (int j = 0; j < listed.length; j++) {
                ServerEntry present = listed[j];
                if (present != null && j != s.slot() && same(present, s)) {
                    return "server " + s.name() + " would move from slot " + j + " to " + s.slot() + "; write slot: "
                            + j + " at it";
                }
            }
            ServerEntry there = listed[s.slot()];
            if (there != null && !same(there, s)) {
                return "slot " + s.slot() + " still belongs to " + there.name() + "; give " + s.name()
                        + " another one: slot: " + firstFree(servers);
            }
        }
        return null;
    }

    private static boolean same(ServerEntry a, ServerEntry b) {
        return a.address().isPresent()
                ? a.address().equals(b.address())
                : a.name().equals(b.name());
    }

    private int firstFree(List<ServerEntry> servers) {
        int slot = 0;
        while (slot < listed.length && (listed[slot] != null || used(servers, slot))) {
            slot++;
        }
        return slot;
    }

    private static boolean used(List<ServerEntry> servers, int slot) {
        return servers.stream().anyMatch(s -> s.slot() == slot);
    }

    /** From now on this list; it has no {@link #violation}. */
    void configure(ControllerConfig next, long now) {
        config = next;
        for (int j = 0; j < listed.length; j++) {
            ServerEntry entry = null;
            for (ServerEntry s : next.servers()) {
                entry = s.slot() == j ? s : entry;
            }
            if (entry != null) {
                listed[j] = entry;
                leavingSince[j] = 0;
            } else if (listed[j] != null && listed[j].address().isEmpty()) {
                listed[j] = null; // the data plane keeps its own list
            } else if (listed[j] != null && leavingSince[j] == 0) {
                leavingSince[j] = now;
                Incidents.info("server-leaves", listed[j].name() + " is drained, then removed");
            }
        }
    }

    /** Decides who takes part, by the newest record. */
    void update(DataPlane dataPlane, MsgOut out, boolean fresh, long now) {
        if (!begun) {
            for (int j = 0; j < listed.length; j++) {
                if (listed[j] != null && out.state[j] == ServerState.DEAD) {
                    listed[j].address().ifPresent(health::startsDown);
                }
            }
        }
        if (fresh) {
            passive.observe(out, now);
        }
        inUse = 0;
        healthy = 0;
        for (int j = 0; j < wanted.length; j++) {
            wanted[j] = byOperator(dataPlane, out, j);
            staticWeight[j] = staticWeight(out, j);
            if (wanted[j] == ServerState.ACTIVE) {
                inUse++;
                healthy += up(j) ? 1 : 0;
            }
        }
        int enough = Math.max(Math.min(config.guard().minHealthyServers(), inUse), (int)
                Math.ceil(config.guard().panicShare() * inUse));
        panic(healthy < enough);
        int most = Math.min(healthy - enough, (int) (config.guard().maxEjectedShare() * inUse));
        int ejected = 0;
        for (int j = 0; j < wanted.length; j++) {
            boolean takesPart = wanted[j] == ServerState.ACTIVE;
            if (takesPart && !panic) {
                if (!up(j)) {
                    wanted[j] = ServerState.DEAD;
                    takesPart = false;
                } else if (ejected(j, out, ejected < most, now)) {
                    ejected++;
                    takesPart = false;
                }
            }
            if (takesPart && !active[j] && begun) {
                rampFrom[j] = now;
            }
            active[j] = takesPart;
        }
        begun = true;
    }

    private ServerState byOperator(DataPlane dataPlane, MsgOut out, int slot) {
        ServerState there = out.state[slot];
        ServerEntry entry = listed[slot];
        if (there == ServerState.ABSENT || entry == null) {
            return there;
        }
        if (entry.drain() || leavingSince[slot] != 0) {
            return ServerState.DRAINING;
        }
        return dataPlane.watchesItself() ? there : ServerState.ACTIVE;
    }

    private double staticWeight(MsgOut out, int slot) {
        if (listed[slot] != null) {
            return listed[slot].weight();
        }
        return out.staticWeight[slot] > 0 ? out.staticWeight[slot] : 1;
    }

    private boolean up(int slot) {
        return listed[slot] == null || health.up(listed[slot]);
    }

    private boolean ejected(int slot, MsgOut out, boolean mayEject, long now) {
        if (!config.health().passive()) {
            return false;
        }
        if (passive.ejected(slot, now)) {
            return mayEject;
        }
        boolean checked = listed[slot] != null && health.watches(listed[slot]);
        if (mayEject && passive.suspect(slot, out, checked, now)) {
            passive.eject(slot, config.health().ejection().toNanos(), now);
            Incidents.info("server-ejected", name(slot) + ": its flows fail; no new ones for a while");
            return true;
        }
        return false;
    }

    private void panic(boolean now) {
        if (now && !panic) {
            incidents.note(
                    "panic",
                    healthy + " of " + inUse + " servers are healthy, too few; health is ignored and all are used");
        } else if (!now && panic) {
            incidents.over("panic");
        }
        panic = now;
    }

    /** Sends what is needed to make the data plane's slots what the list wants. */
    void reconcile(DataPlane dataPlane, MsgOut out, long now) {
        for (int j = 0; j < listed.length; j++) {
            ServerEntry entry = listed[j];
            if (entry == null || entry.address().isEmpty() || now < nextCommandAt[j]) {
                continue;
            }
            boolean there = out.state[j] != ServerState.ABSENT;
            boolean leaving = leavingSince[j] != 0;
            if (leaving && !there) {
                listed[j] = null;
                leavingSince[j] = 0;
                Incidents.info("server-removed", entry.name());
            } else if (leaving && done(out, j, now)) {
                sent(j, dataPlane.remove(j, out.generation[j]), now);
            } else if (!leaving && !there) {
                sent(j, dataPlane.add(j, entry), now);
            }
        }
    }

    private boolean done(MsgOut out, int slot, long now) {
        return out.state[slot] == ServerState.DRAINING && out.inFlight[slot] == 0
                || now - leavingSince[slot] >= config.drainTimeout().toNanos();
    }

    private void sent(int slot, long sequence, long now) {
        nextCommandAt[slot] = now + ANSWER_NANOS;
        if (sequence == 0) {
            incidents.note("command-not-sent", "the data plane takes no commands; they are sent again");
        } else {
            incidents.over("command-not-sent");
            commands.values().removeIf(s -> s == slot); // the one before was not answered
            commands.put(sequence, slot);
        }
    }

    /** Takes in what became of a command. */
    void answered(Event event, long now) {
        Integer slot = commands.remove(event.value);
        if (slot == null) {
            return;
        }
        CommandResult result = CommandResult.of(event.detail);
        if (result == CommandResult.OK) {
            incidents.over("command-refused");
            nextCommandAt[slot] = now;
        } else {
            nextCommandAt[slot] = now + RETRY_NANOS;
            incidents.note(
                    "command-refused",
                    "the data plane refused to " + (leavingSince[slot] != 0 ? "remove " : "add ") + name(slot) + ": "
                            + result + "; it is asked again every " + RETRY_NANOS / 1_000_000_000L + " s");
        }
    }

    /** What a slot is called: by the list, or by its number. */
    String name(int slot) {
        return listed[slot] == null ? "slot-" + slot : listed[slot].name();
    }

    /** How much of its weight a server gets: in [{@value #RAMP_START}, 1]. */
    double ramp(int slot, long now) {
        long length = config.slowStart().toNanos();
        if (length == 0) {
            return 1;
        }
        double done = (now - rampFrom[slot]) / (double) length;
        return done >= 1 ? 1 : Math.max(RAMP_START, done);
    }

    ServerState wanted(int slot) {
        return wanted[slot];
    }

    /** Who takes part, {@code [slots]}; borrowed. */
    boolean[] active() {
        return active;
    }

    /** Configured weights, {@code [slots]}, each {@code > 0}; borrowed. */
    double[] staticWeights() {
        return staticWeight;
    }

    String reason(int slot) {
        return listed[slot] == null ? "" : health.reason(listed[slot]);
    }

    boolean panic() {
        return panic;
    }

    int inUse() {
        return inUse;
    }

    int healthy() {
        return healthy;
    }

    long ejections() {
        return passive.ejections();
    }
}
