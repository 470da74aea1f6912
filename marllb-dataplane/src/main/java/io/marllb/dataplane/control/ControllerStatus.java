package io.marllb.dataplane.control;

import io.marllb.core.fairness.Fairness;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.ServerState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How things are with a controller and its data plane, as of one round. Immutable.
 *
 * @param atNanos when, on the controller's clock
 * @param intervalNanos from one decision to the next
 * @param policy who decides
 * @param dataPlane one line on the data plane
 * @param attached whether a data plane is there and has told something
 * @param stage 0 the policy's weights, 1 the last good ones, 2 SED on the configured weights
 * @param missedIntervals intervals in a row without a decision
 * @param trouble why the last decision was missed; empty if it was not
 * @param dataPlaneStage the data plane's own stage
 * @param panic whether health is ignored since too few servers are healthy
 * @param published records published
 * @param invalidDecisions decisions that were not valid
 * @param boundedDecisions decisions that changed weights faster than allowed, and were bounded
 * @param replaced how often another data plane took the place of one
 * @param refusedRecords records and events of the data plane that were not valid
 * @param checks health checks made
 * @param failedChecks health checks that failed
 * @param ejections servers ejected since their flows failed
 * @param startedFlows flows placed on servers since this controller came, and before it at the data planes that it met; refused ones count too
 * @param completedPerSecond flows completed per second over the last interval; NaN while not known
 * @param latencyMillis mean, 95th and 99th percentile of flow completion times of the last minute, {@code [3]}; NaN while not known. Where the data plane
 *     tells of no flows, the mean is by its statistics per server
 * @param jain Jain's index of flows in flight over configured weight, over the servers that take part
 * @param cv coefficient of variation of the same
 * @param rxPackets packets received by the data plane
 * @param txPackets packets sent by it
 * @param drops packets that it dropped, by ordinal of {@link io.marllb.ipc.Drop}
 * @param flows open flows in its tables
 * @param repicked flows that it moved away from dead servers
 * @param candidatesTried candidates of online training that have had or have a trial
 * @param candidatesServed those that won it
 * @param incidents what went wrong so far, by cause
 * @param servers one entry per slot in use
 */
public record ControllerStatus(
        long atNanos,
        long intervalNanos,
        String policy,
        String dataPlane,
        boolean attached,
        int stage,
        int missedIntervals,
        String trouble,
        int dataPlaneStage,
        boolean panic,
        long published,
        long invalidDecisions,
        long boundedDecisions,
        long replaced,
        long refusedRecords,
        long checks,
        long failedChecks,
        long ejections,
        long startedFlows,
        double completedPerSecond,
        List<Double> latencyMillis,
        double jain,
        double cv,
        long rxPackets,
        long txPackets,
        List<Long> drops,
        long flows,
        long repicked,
        int candidatesTried,
        int candidatesServed,
        Map<String, Long> incidents,
        List<ServerStatus> servers) {

    /**
     * One server.
     *
     * @param slot its place
     * @param name what it is called
     * @param state as wanted by the controller
     * @param active whether new flows go there
     * @param reason why not, or why that is in doubt; empty if there is nothing to say
     * @param weight in force: policy's weight times ramp
     * @param inFlight open flows
     * @param started flows opened, since the slot is in use
     * @param completed flows that ended well
     * @param rejected flows refused by the server
     * @param aborted flows reset or lost
     */
    public record ServerStatus(
            int slot,
            String name,
            ServerState state,
            boolean active,
            String reason,
            double weight,
            int inFlight,
            long started,
            long completed,
            long rejected,
            long aborted) {}

    /** Rounds missed after which a controller that should run does not. */
    private static final int ROUNDS = 10;

    private static final long LEAST_PATIENCE = 1_000_000_000L;

    /**
     * Whether the loop runs.
     *
     * @param nowNanos on the controller's clock
     * @return false if the last round was long ago
     */
    public boolean alive(long nowNanos) {
        return nowNanos - atNanos <= Math.max(LEAST_PATIENCE, ROUNDS * intervalNanos);
    }

    /**
     * Whether it steers: a data plane is there, weights have been published, some server takes part, and decisions are made or were lately.
     *
     * @return false if traffic is on its own
     */
    public boolean ready() {
        return attached && published > 0 && stage < 2 && servers.stream().anyMatch(ServerStatus::active);
    }

    static ControllerStatus of(Controller c, long now) {
        Steering s = c.steering();
        MsgOut out = s == null ? null : s.record();
        List<ServerStatus> servers = out == null ? List.of() : servers(c, s, out);
        double[] loads = out == null ? new double[0] : loads(s, out);
        List<Long> drops = new ArrayList<>();
        if (out != null) {
            for (long d : out.drops) {
                drops.add(d);
            }
        }
        double[] l = c.latencies();
        return new ControllerStatus(
                now,
                c.intervalNanos(),
                c.policy().name(),
                c.dataPlane().describe(),
                out != null && !c.incidents().going("data-plane-gone"),
                c.ladder().stage(),
                c.ladder().missedInARow(),
                c.ladder().cause(),
                out == null ? 0 : out.stage,
                s != null && s.pool.panic(),
                c.published(),
                s == null ? 0 : s.invalid(),
                s == null ? 0 : s.limited(),
                c.replaced(),
                c.dataPlane().refusals(),
                c.health().checks(),
                c.health().failedChecks(),
                s == null ? 0 : s.pool.ejections(),
                c.throughput().started(),
                c.throughput().completedPerSecond(),
                List.of(Double.isNaN(l[0]) ? c.throughput().meanMillis() : l[0], l[1], l[2]),
                Fairness.JAIN.of(loads),
                -Fairness.CV.of(loads),
                out == null ? 0 : out.rxPackets,
                out == null ? 0 : out.txPackets,
                drops,
                out == null ? 0 : out.flows,
                out == null ? 0 : out.repicked,
                c.online() == null ? 0 : c.online().tried(),
                c.online() == null ? 0 : c.online().promoted(),
                c.incidents().counts(),
                servers);
    }

    private static List<ServerStatus> servers(Controller c, Steering s, MsgOut out) {
        List<ServerStatus> list = new ArrayList<>();
        for (int j = 0; j < out.servers; j++) {
            if (out.state[j] == ServerState.ABSENT) {
                continue;
            }
            String own = c.dataPlane().name(j);
            list.add(new ServerStatus(
                    j,
                    own.isEmpty() ? s.pool.name(j) : own,
                    s.pool.wanted(j),
                    s.pool.active()[j],
                    s.pool.reason(j),
                    s.effective()[j],
                    out.inFlight[j],
                    out.started[j],
                    out.completed[j],
                    out.rejected[j],
                    out.aborted[j]));
        }
        return List.copyOf(list);
    }

    private static double[] loads(Steering s, MsgOut out) {
        boolean[] active = s.pool.active();
        int n = 0;
        for (boolean a : active) {
            n += a ? 1 : 0;
        }
        double[] loads = new double[n];
        int at = 0;
        for (int j = 0; j < active.length; j++) {
            if (active[j]) {
                loads[at++] = Math.max(0, out.inFlight[j]) / s.pool.staticWeights()[j];
            }
        }
        return loads;
    }
}
