package io.marllb.policies;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.Outcome;
import io.marllb.core.PolicySetup;
import io.marllb.core.View;
import io.marllb.core.Words;
import io.marllb.core.select.MinimumTree;
import java.util.EnumSet;

/**
 * What all rules share that pick the server with the smallest key: a tree of keys, each refreshed in O(log n) when its server's state
 * changes, and the rule for ties.
 *
 * <p>Ties go to a uniform draw among the minima. With {@code ties=vpp} they go as in MARLLB's VPP node: a candidate that the flow's hash
 * picks uniformly is kept unless another server is strictly better, and then the first minimum in the list wins, the list sorted by
 * descending static weight, then by index.
 */
abstract class ArgminRule implements FlowRule {

    static final Parameter TIES = Parameter.choice(
            "ties", "who wins among equal keys: a fair draw, or the order of MARLLB's VPP node", "random", "vpp");

    private final boolean vppTies;
    private final MinimumTree tree; // leaves in list order
    private final Eligible eligible;
    private final int[] serverAt; // [n], list position -> server
    private final int[] positionOf; // [n], server -> list position
    private View view;

    ArgminRule(boolean vppTies, PolicySetup setup) {
        this.vppTies = vppTies;
        int n = setup.servers();
        tree = new MinimumTree(n);
        eligible = new Eligible(n);
        serverAt = new int[n];
        positionOf = new int[n];
    }

    /** Copies what the keys need of weights; called before the keys are computed anew. */
    abstract void refresh(View view);

    /** The key of an eligible server: smaller is better, {@code >= 0}, not NaN. */
    abstract double key(int server, int inFlight);

    /** Recomputes the key of a server whose state changed. */
    final void update(int server) {
        tree.set(positionOf[server], keyOf(server));
    }

    /** Recomputes every key. */
    final void updateAll() {
        for (int p = 0; p < serverAt.length; p++) {
            tree.put(p, keyOf(serverAt[p]));
        }
        tree.rebuild();
    }

    /** The largest double stands for "worst", since infinity would mean "not eligible". */
    private double keyOf(int server) {
        return view.eligible(server)
                ? Math.min(key(server, view.inFlight(server)), Double.MAX_VALUE)
                : Double.POSITIVE_INFINITY;
    }

    @Override
    public final int choose(Flow flow, View view, Words words) {
        if (!vppTies) {
            int position = tree.draw(words);
            return position < 0 ? -1 : serverAt[position];
        }
        int candidate = eligible.draw(flow.hash());
        if (candidate >= 0 && tree.key(positionOf[candidate]) > tree.minimum()) {
            return serverAt[tree.first()];
        }
        return candidate;
    }

    @Override
    public final void poolChanged(View view) {
        if (this.view == null) {
            order(view); // static weights never change
        }
        this.view = view;
        eligible.rebuild(view);
        refresh(view);
        updateAll();
    }

    private void order(View view) {
        for (int j = 0; j < serverAt.length; j++) {
            int p = j;
            if (vppTies) { // insertion sort: the order hardly ever changes, and it is stable
                for (; p > 0 && view.staticWeight(serverAt[p - 1]) < view.staticWeight(j); p--) {
                    serverAt[p] = serverAt[p - 1];
                }
            }
            serverAt[p] = j;
        }
        for (int p = 0; p < serverAt.length; p++) {
            positionOf[serverAt[p]] = p;
        }
    }

    @Override
    public void started(int server, long now) {
        update(server);
    }

    @Override
    public void ended(int server, long fct, Outcome outcome, long now) {
        update(server);
    }

    @Override
    public EnumSet<Need> needs() {
        EnumSet<Need> needs = EnumSet.of(Need.FLOW_END);
        if (vppTies) {
            needs.add(Need.FLOW_HASH);
        }
        return needs;
    }
}
