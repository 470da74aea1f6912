package io.marllb.policies;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.Outbox;
import io.marllb.core.PolicySetup;
import io.marllb.core.Signal;
import io.marllb.core.View;
import io.marllb.core.Words;
import java.util.Arrays;
import java.util.EnumSet;

/**
 * Prequal: hot-cold lexicographic choice over a pool of probe answers.
 *
 * <p>Every flow sends probes to random distinct servers; the answers (flows in the system, latency) fill a pool. A server is hot if its count
 * exceeds a quantile of the recently probed counts. If all are hot, the lowest count wins, otherwise the lowest latency among the cold. With
 * fewer than two answers a random server is taken, in proportion to the weights, which matter nowhere else.
 *
 * <p>An answer leaves the pool when it is too old, was used often enough ({@code max(1, (1 + delta) / ((1 - pool/n) probes - remove))}), is
 * replaced by a newer one of the same server, is the oldest of a full pool, or is removed: with every flow, alternately the oldest and the
 * worst. A flow adds 1 to the count of its server's answer. Differs from the paper: the replacement (our reading of its factor
 * {@code 1 - pool/n}); no limit on use where that formula has none (pool near n or above); fractional rates are spread evenly instead of at
 * random; and by default the latency, the server's median of completions that had found about as many flows as there were when it answered, is
 * scaled to the count that this balancer has added since.
 */
final class PrequalRule implements FlowRule {

    static final Half<FlowRule> HALF = new Half<>(
            "prequal",
            "probes; among the not-hot servers of the pool of answers the lowest latency, else the lowest count",
            "Wydrowski et al., Load is not what you should balance: Prequal, NSDI 2024, 4",
            PrequalRule::new,
            Parameter.number("probes", "3", 0, Outbox.MAX_PROBES_PER_FLOW, "probes per flow"),
            Parameter.count("pool", "16", 2, 256, "answers that are kept"),
            Parameter.duration("age", "1s", "answers older than this are dropped"),
            Parameter.number(
                    "quantile",
                    "0.84",
                    0,
                    1,
                    "counts above this quantile are hot; 0 goes by counts alone, 1 by latency alone"),
            Parameter.number("remove", "1", 0, 4, "answers removed per flow"),
            Parameter.number(
                    "delta", "1", 0, 100, "how much faster answers come in than go, sets how often one is used"),
            Parameter.choice("latency", "scaled to the flows sent since the answer, or as answered", "scaled", "raw"));

    private static final int RECENT = 128; // counts behind the quantile; the paper says "recent" only
    private static final int FEWEST = 2;

    private final Outbox outbox;
    private final double probesPerFlow;
    private final long maxAge;
    private final double quantile;
    private final double removalsPerFlow;
    private final double delta;
    private final boolean scaled;

    private final WeightedDraw fallback;
    private final DistinctDraw targets;
    private final Answer[] pool; // the first size entries, oldest first
    private int size;
    private final int[] recent = new int[RECENT]; // counts as they came, a ring
    private final int[] sorted = new int[RECENT]; // the same, ascending
    private long received;
    private double reuse = Double.POSITIVE_INFINITY;
    private double probeCredit;
    private double removalCredit;
    private double reuseCredit;
    private boolean removeWorst;
    private View view;

    private static final class Answer {
        int server;
        int told; // flows in the system when it answered
        int count; // the same and those that were sent since
        double latency; // as it answered, nanoseconds; 0 where nothing completed yet, which is worth a try
        long at;
        double uses;
    }

    PrequalRule(Arguments arguments, PolicySetup setup) {
        outbox = setup.outbox();
        probesPerFlow = arguments.number("probes");
        maxAge = arguments.nanos("age");
        quantile = arguments.number("quantile");
        removalsPerFlow = arguments.number("remove");
        delta = arguments.number("delta");
        scaled = arguments.is("latency", "scaled");
        fallback = new WeightedDraw(setup.servers());
        targets = new DistinctDraw(Outbox.MAX_PROBES_PER_FLOW, setup.servers());
        pool = new Answer[arguments.count("pool")];
        Arrays.setAll(pool, i -> new Answer());
    }

    @Override
    public int choose(Flow flow, View view, Words words) {
        while (size > 0 && flow.now() - pool[0].at > maxAge) {
            remove(0);
        }
        int server = size < FEWEST ? fallback.draw(words) : pool[best(words)].server;
        probeCredit += probesPerFlow;
        int probes = targets.draw(words, (int) probeCredit);
        probeCredit -= (int) probeCredit;
        for (int i = 0; i < probes; i++) {
            outbox.probe(targets.get(i));
        }
        return server;
    }

    private int best(Words words) {
        int threshold = threshold();
        boolean allHot = true;
        for (int i = 0; i < size; i++) {
            allHot &= pool[i].count > threshold;
        }
        int best = -1;
        double bestKey = Double.POSITIVE_INFINITY;
        int ties = 0;
        for (int i = 0; i < size; i++) {
            if (allHot || pool[i].count <= threshold) {
                double key = allHot ? pool[i].count : latency(pool[i]);
                if (key < bestKey) {
                    best = i;
                    bestKey = key;
                    ties = 1;
                } else if (key == bestKey && Words.below(words.next(), ++ties) == 0) {
                    best = i;
                }
            }
        }
        return best;
    }

    /** The largest count that is not hot. */
    private int threshold() {
        if (quantile == 1) {
            return Integer.MAX_VALUE;
        }
        int known = (int) Math.min(received, RECENT);
        int rank = (int) Math.ceil(quantile * known);
        return rank == 0 ? -1 : sorted[rank - 1];
    }

    @Override
    public void started(int server, long now) {
        for (int i = 0; i < size; i++) {
            if (pool[i].server == server) {
                pool[i].count++;
                pool[i].uses--;
                if (pool[i].uses < 1) {
                    remove(i);
                }
                break;
            }
        }
        removalCredit += removalsPerFlow;
        for (; removalCredit >= 1; removalCredit--) {
            if (size > 0) {
                remove(removeWorst ? worst() : 0);
            }
            removeWorst = !removeWorst;
        }
    }

    private int worst() {
        int threshold = threshold();
        int worst = 0;
        for (int i = 1; i < size; i++) {
            boolean hot = pool[i].count > threshold;
            boolean worstHot = pool[worst].count > threshold;
            boolean worse = hot
                    ? !worstHot || pool[i].count > pool[worst].count
                    : !worstHot && latency(pool[i]) > latency(pool[worst]);
            worst = worse ? i : worst;
        }
        return worst;
    }

    /** What a flow must expect, nanoseconds. */
    private double latency(Answer answer) {
        return scaled ? answer.latency * (answer.count + 1) / (answer.told + 1) : answer.latency;
    }

    private void remove(int index) {
        Answer gone = pool[index];
        System.arraycopy(pool, index + 1, pool, index, size - index - 1);
        pool[--size] = gone;
    }

    @Override
    public void signal(Signal signal, long now) {
        if (signal.kind != Signal.Kind.PROBE || !view.eligible(signal.server)) {
            return;
        }
        remember(signal.inFlight);
        for (int i = size - 1; i >= 0; i--) {
            if (pool[i].server == signal.server) {
                remove(i);
            }
        }
        if (size == pool.length) {
            remove(0);
        }
        Answer answer = pool[size++];
        answer.server = signal.server;
        answer.told = signal.inFlight;
        answer.count = signal.inFlight;
        answer.latency = Double.isNaN(signal.latency) ? 0 : signal.latency;
        answer.at = now;
        answer.uses = uses();
    }

    private double uses() {
        if (Double.isInfinite(reuse)) {
            return reuse;
        }
        reuseCredit += reuse;
        double uses = Math.floor(reuseCredit);
        reuseCredit -= uses;
        return uses;
    }

    private void remember(int count) {
        int known = (int) Math.min(received, RECENT);
        int slot = (int) (received++ % RECENT);
        int place = known;
        if (known == RECENT) { // the oldest leaves its place
            place = Arrays.binarySearch(sorted, recent[slot]);
            System.arraycopy(sorted, place + 1, sorted, place, RECENT - place - 1);
            place = RECENT - 1;
        }
        for (; place > 0 && sorted[place - 1] > count; place--) {
            sorted[place] = sorted[place - 1];
        }
        sorted[place] = count;
        recent[slot] = count;
    }

    @Override
    public void poolChanged(View view) {
        this.view = view;
        fallback.rebuild(view);
        targets.rebuild(view);
        for (int i = size - 1; i >= 0; i--) {
            if (!view.eligible(pool[i].server)) {
                remove(i);
            }
        }
        double surplus = (1 - (double) pool.length / Math.max(1, targets.eligible())) * probesPerFlow - removalsPerFlow;
        reuse = surplus > 0 ? Math.max(1, (1 + delta) / surplus) : Double.POSITIVE_INFINITY;
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.PROBE);
    }
}
