package io.marllb.dataplane.proxy;

import io.marllb.ipc.Command;
import io.marllb.ipc.CommandReader;
import io.marllb.ipc.Drop;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgInReader;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.MsgOutWriter;
import io.marllb.ipc.Reading;
import io.marllb.ipc.Segment;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.List;

/**
 * The proxy's side of its segment: tells what was seen, does what is wanted, and falls back by stages when the controller is silent. {@link #tick} is all
 * there is to it, called often by one thread.
 */
final class SegmentLink {

    /** Intervals without a record after which the last weights are called old. */
    static final int LATE = 5;

    /** Intervals without a record after which SED on the configured weights takes over. */
    static final int LOST = 40;

    private static final System.Logger LOG = System.getLogger("io.marllb.proxy");

    /** Closes the connections of a server. */
    @FunctionalInterface
    interface Closer {
        void closeFlowsOf(int slot, int generation);
    }

    private final Segment segment;
    private final Balancer balancer;
    private final List<LoopCounters> counters;
    private final Closer closer;
    private final long publishNanos;
    private final long intervalNanos;
    private final MsgOutWriter out;
    private final MsgInReader in;
    private final CommandReader commands;
    private final MsgOut seen;
    private final MsgIn wanted;
    private final Command command = new Command();
    private final int[] died; // [slots], generation; 0 for none
    private long publishedAt;
    private long heardAt;
    private long applied;
    private long unusable; // records that were valid and could not be done
    private int stage;

    SegmentLink(
            Segment segment,
            Balancer balancer,
            List<LoopCounters> counters,
            Closer closer,
            long publishNanos,
            long flowSlots,
            long now) {
        this.segment = segment;
        this.balancer = balancer;
        this.counters = counters;
        this.closer = closer;
        this.publishNanos = publishNanos;
        int slots = segment.spec().servers();
        intervalNanos = segment.spec().intervalNanos();
        out = segment.msgOutWriter();
        in = segment.msgInReader();
        commands = segment.commandReader();
        seen = new MsgOut(slots);
        seen.flowSlots = flowSlots;
        wanted = new MsgIn(slots);
        died = new int[slots];
        heardAt = now;
        publish(now); // so that a controller that comes early finds the servers
    }

    void tick(long now) {
        segment.dataPlane().beat(now);
        while (commands.take(command) == Reading.FRESH) {
            balancer.execute(command, died, now);
        }
        if (in.read(wanted) == Reading.FRESH) {
            apply(now);
        }
        watch(now);
        closeFlowsOfTheDead();
        if (now - publishedAt >= publishNanos) {
            publish(now);
        }
    }

    private void apply(long now) {
        try {
            balancer.apply(wanted, died, now);
        } catch (IllegalArgumentException e) {
            if (unusable++ == 0) {
                LOG.log(
                        Level.WARNING,
                        "event=record-unusable detail=\"" + e.getMessage() + "; the last good one stays\"");
            }
            return;
        }
        applied = wanted.sequence;
        heardAt = now;
        if (stage != 0) {
            stage = 0;
            LOG.log(Level.INFO, "event=controller-back stage=0");
        }
    }

    private void watch(long now) {
        long silent = now - heardAt;
        if (stage < 2 && silent > LOST * intervalNanos) {
            stage = 2;
            balancer.fallBack(now);
            LOG.log(Level.WARNING, "event=controller-lost stage=2 detail=\"sed on the configured weights\"");
        } else if (stage < 1 && silent > LATE * intervalNanos) {
            stage = 1;
            LOG.log(Level.WARNING, "event=controller-late stage=1 detail=\"the last weights stay\"");
        }
    }

    private void closeFlowsOfTheDead() {
        for (int j = 0; j < died.length; j++) {
            if (died[j] != 0) {
                closer.closeFlowsOf(j, died[j]);
                died[j] = 0;
            }
        }
    }

    private void publish(long now) {
        publishedAt = now;
        balancer.describe(seen, now);
        seen.timeNanos = now;
        seen.msgInApplied = applied;
        seen.msgInRefused = in.refusals() + unusable;
        seen.stage = stage;
        seen.rxPackets = sum(LoopCounters.ACCEPTED) + sum(LoopCounters.CHUNKS_IN);
        seen.txPackets = sum(LoopCounters.PLACED) + sum(LoopCounters.CHUNKS_OUT);
        seen.rxBytes = sum(LoopCounters.BYTES_IN);
        seen.txBytes = sum(LoopCounters.BYTES_OUT);
        seen.drops[Drop.NO_SERVER.ordinal()] = sum(LoopCounters.TURNED_AWAY);
        seen.drops[Drop.TX_FULL.ordinal()] = sum(LoopCounters.CHUNKS_LOST);
        seen.flows = sum(LoopCounters.OPEN);
        Arrays.fill(seen.packets, 0);
        Arrays.fill(seen.bytes, 0);
        for (LoopCounters loop : counters) {
            for (int j = 0; j < seen.servers; j++) {
                seen.packets[j] += loop.chunksToServer(j);
                seen.bytes[j] += loop.bytesToServer(j);
            }
        }
        out.publish(seen);
    }

    private long sum(int counter) {
        long sum = 0;
        for (LoopCounters loop : counters) {
            sum += loop.get(counter);
        }
        return sum;
    }

    /** Of the ladder: 0 normal, 1 the last weights are old, 2 SED on the configured weights. */
    int stage() {
        return stage;
    }
}
