package io.marllb.policies;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.Outcome;
import io.marllb.core.PolicySetup;
import io.marllb.core.View;
import io.marllb.core.Words;
import java.util.Arrays;
import java.util.EnumSet;

/**
 * Prequal's hot-cold lexicographic choice with passive signals only: own flows in flight and own completion times instead of probes.
 *
 * <p>Looks at some random servers. A server is hot if its own count exceeds a quantile of the counts of all eligible servers. If all are
 * hot, the lowest count wins, otherwise the lowest latency among the cold, at the present count: decayed mean of completion times over
 * decayed mean of counts, times (q + 1). A server that completed nothing yet has latency 0 and is tried.
 *
 * <p>Prequal's quantile of 0.84 with raw latencies of all servers herds (measured: 10 to 40 times the mean completion time of sed), hence
 * the guard-rails: latency at the present count as Prequal's servers estimate it, the median for the quantile, 6 candidates.
 */
final class HclRule implements FlowRule {

    static final Half<FlowRule> HALF = new Half<>(
            "hcl",
            "among the not-hot of some random servers the lowest completion time, else the lowest count",
            "own; after Wydrowski et al., Prequal, NSDI 2024, 4",
            HclRule::new,
            Parameter.number(
                    "quantile",
                    "0.5",
                    0,
                    1,
                    "counts above this quantile are hot; 0 goes by counts alone, 1 by latency alone"),
            Parameter.count("candidates", "6", 1, 64, "how many distinct servers are looked at"),
            Parameter.duration("memory", "20s", "time constant of the mean completion time"),
            Parameter.choice("latency", "scaled to the present count, or as measured", "scaled", "raw"));

    private static final int COUNTED = 4096; // counts above are one class

    private final double quantile;
    private final double memory;
    private final boolean scaled;
    private final DistinctDraw draw;
    private final double[] times; // [n], decayed mean of completion times, nanoseconds
    private final double[] counts; // [n], decayed mean of counts at completions, the ending flow included
    private final double[]
            expected; // [n], time per flow in flight, or the time itself if raw; 0 before the first completion
    private final long[] at; // [n], last completion
    private final int[] counted; // [n], count in the histogram; -1 where not eligible
    private final int[] histogram = new int[COUNTED]; // eligible servers per count
    private int threshold; // largest count that is not hot
    private int notAbove; // servers with at most that count
    private int rank;
    private View view;

    HclRule(Arguments arguments, PolicySetup setup) {
        quantile = arguments.number("quantile");
        memory = arguments.nanos("memory");
        scaled = arguments.is("latency", "scaled");
        draw = new DistinctDraw(arguments.count("candidates"), setup.servers());
        times = new double[setup.servers()];
        counts = new double[setup.servers()];
        expected = new double[setup.servers()];
        at = new long[setup.servers()];
        counted = new int[setup.servers()];
    }

    @Override
    public int choose(Flow flow, View view, Words words) {
        int drawn = draw.draw(words);
        int best = -1;
        boolean bestHot = true;
        double bestKey = Double.POSITIVE_INFINITY;
        int ties = 0;
        for (int i = 0; i < drawn; i++) {
            int server = draw.get(i);
            int count = view.inFlight(server);
            boolean hot = rank == 0 || (count > threshold && quantile < 1);
            double key = hot ? count : expected[server] * (scaled ? count + 1 : 1);
            if (best < 0 || (bestHot && !hot) || (bestHot == hot && key < bestKey)) {
                best = server;
                bestHot = hot;
                bestKey = key;
                ties = 1;
            } else if (bestHot == hot && key == bestKey && Words.below(words.next(), ++ties) == 0) {
                best = server;
            }
        }
        return best;
    }

    @Override
    public void started(int server, long now) {
        recount(server);
    }

    @Override
    public void ended(int server, long fct, Outcome outcome, long now) {
        if (outcome == Outcome.COMPLETED) {
            double kept = times[server] == 0 ? 0 : StrictMath.exp((at[server] - now) / memory);
            times[server] = kept * times[server] + (1 - kept) * fct;
            counts[server] = kept * counts[server] + (1 - kept) * (view.inFlight(server) + 1);
            at[server] = now;
            expected[server] = scaled ? times[server] / counts[server] : times[server];
        }
        recount(server);
    }

    private void recount(int server) {
        if (counted[server] < 0) {
            return;
        }
        int count = Math.min(view.inFlight(server), COUNTED - 1);
        histogram[counted[server]]--;
        histogram[count]++;
        notAbove += (count <= threshold ? 1 : 0) - (counted[server] <= threshold ? 1 : 0);
        counted[server] = count;
        settle();
    }

    /** Moves the threshold to the smallest count that at least rank servers do not exceed. */
    private void settle() {
        while (notAbove < rank) {
            notAbove += histogram[++threshold];
        }
        while (threshold > 0 && notAbove - histogram[threshold] >= rank) {
            notAbove -= histogram[threshold--];
        }
    }

    @Override
    public void poolChanged(View view) {
        this.view = view;
        draw.rebuild(view);
        Arrays.fill(histogram, 0);
        for (int j = 0; j < counted.length; j++) {
            counted[j] = view.eligible(j) ? Math.min(view.inFlight(j), COUNTED - 1) : -1;
            if (counted[j] >= 0) {
                histogram[counted[j]]++;
            }
        }
        rank = (int) Math.ceil(quantile * draw.eligible());
        threshold = 0;
        notAbove = histogram[0];
        settle();
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.FLOW_END);
    }
}
