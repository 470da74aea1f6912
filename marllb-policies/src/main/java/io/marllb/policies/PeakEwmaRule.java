package io.marllb.policies;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.Outcome;
import io.marllb.core.PolicySetup;
import io.marllb.core.View;
import io.marllb.core.Words;
import java.util.EnumSet;

/**
 * Peak EWMA: the lower cost of two random servers, cost = (decayed mean of completion times) x (own flows in flight + 1).
 *
 * <p>A completion time above the mean replaces it at once; below, the mean moves by {@code 1 - e^(-dt/decay)}. The mean also decays while it
 * is read, so a server that was slow is tried again. A server without a completion costs nothing while idle, and more than any other while
 * busy. Flows that were rejected or aborted teach nothing.
 */
final class PeakEwmaRule implements FlowRule {

    static final Half<FlowRule> HALF = new Half<>(
            "peak-ewma",
            "the lower (decayed peak completion time) x (q + 1) of some random servers",
            "Finagle and linkerd, peak EWMA; tower::load::PeakEwma",
            PeakEwmaRule::new,
            Parameter.duration("decay", "10s", "time constant of the mean"),
            Parameter.count("choices", "2", 1, 64, "how many distinct servers are looked at"));

    private static final double PENALTY =
            1e18; // nanoseconds, above any completion time; Finagle's idea of "unknown and busy"

    private final DistinctDraw draw;
    private final double decay;
    private final double[] mean; // [n], nanoseconds
    private final long[] at; // [n], when the mean was last moved

    PeakEwmaRule(Arguments arguments, PolicySetup setup) {
        draw = new DistinctDraw(arguments.count("choices"), setup.servers());
        decay = arguments.nanos("decay");
        mean = new double[setup.servers()];
        at = new long[setup.servers()];
    }

    @Override
    public int choose(Flow flow, View view, Words words) {
        int drawn = draw.draw(words);
        int best = -1;
        double bestCost = Double.POSITIVE_INFINITY;
        int ties = 0;
        for (int i = 0; i < drawn; i++) {
            int server = draw.get(i);
            double cost = cost(server, view.inFlight(server), flow.now());
            if (cost < bestCost) {
                best = server;
                bestCost = cost;
                ties = 1;
            } else if (cost == bestCost && Words.below(words.next(), ++ties) == 0) {
                best = server;
            }
        }
        return best;
    }

    private double cost(int server, int pending, long now) {
        if (mean[server] == 0) {
            return PENALTY * pending; // not a sum: its last bit would be worth 128 flows
        }
        return mean[server] * StrictMath.exp((at[server] - now) / decay) * (pending + 1);
    }

    @Override
    public void ended(int server, long fct, Outcome outcome, long now) {
        if (outcome == Outcome.COMPLETED) {
            double kept = mean[server] == 0 ? 0 : StrictMath.exp((at[server] - now) / decay);
            double decayed = mean[server] * kept;
            mean[server] = Math.max((double) fct, decayed + fct * (1 - kept));
            at[server] = now;
        }
    }

    @Override
    public void poolChanged(View view) {
        draw.rebuild(view);
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.FLOW_END);
    }
}
