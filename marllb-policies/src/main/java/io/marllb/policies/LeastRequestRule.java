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
 * Envoy's least request. With equal weights: the least busy of some random servers, drawn with replacement, the first of equals; or the
 * least busy of all. With unequal weights: weighted round robin by earliest deadline, where a server that is picked comes again after
 * {@code (active + 1)^bias / w}.
 *
 * <p>Differs from Envoy: ties between deadlines go to a fair draw, and after a change of the weights every server keeps the share of its
 * turn that it has waited for.
 */
final class LeastRequestRule implements FlowRule {

    static final Half<FlowRule> HALF = new Half<>(
            "least-request",
            "equal weights: the less busy of some random servers; else round robin by w / (active + 1)^bias",
            "Envoy 1.3x documentation, load balancers, weighted least request",
            LeastRequestRule::new,
            Parameter.count("choices", "2", 1, 64, "random servers looked at, when weights are equal"),
            Parameter.choice(
                    "selection", "when weights are equal: the least busy of some, or of all", "choices", "full-scan"),
            Parameter.number(
                    "bias", "1", 0, 10, "how much active flows count, when weights differ; 0 is plain round robin"));

    private static final int TABLED = 1024;

    private final int choices;
    private final boolean fullScan;
    private final double bias;
    private final double[] turns; // [TABLED], (active + 1)^bias
    private final Eligible eligible;
    private final double[] weight; // [n], 0 where not eligible
    private final MinimumTree tree; // full scan: counts; unequal weights: deadlines; else unused
    private boolean equal = true;
    private double time; // deadline of the last pick
    private View view;

    LeastRequestRule(Arguments arguments, PolicySetup setup) {
        choices = arguments.count("choices");
        fullScan = arguments.is("selection", "full-scan");
        bias = arguments.number("bias");
        turns = new double[TABLED];
        for (int active = 0; active < TABLED; active++) {
            turns[active] = StrictMath.pow(active + 1, bias);
        }
        eligible = new Eligible(setup.servers());
        weight = new double[setup.servers()];
        tree = new MinimumTree(setup.servers());
    }

    @Override
    public int choose(Flow flow, View view, Words words) {
        if (!equal) {
            return byDeadline(words);
        }
        return fullScan ? tree.draw(words) : byChoices(words);
    }

    private int byChoices(Words words) {
        int best = -1;
        for (int i = 0; i < choices && eligible.size() > 0; i++) {
            int server = eligible.draw(words.next());
            if (best < 0 || view.inFlight(server) < view.inFlight(best)) {
                best = server;
            }
        }
        return best;
    }

    private int byDeadline(Words words) {
        int server = tree.draw(words);
        if (server >= 0) {
            time = tree.minimum();
            tree.set(server, time + turn(server));
        }
        return server;
    }

    private double turn(int server) {
        int active = view.inFlight(server);
        double share = (active < TABLED ? turns[active] : StrictMath.pow(active + 1.0, bias)) / weight[server];
        return Math.min(share, 1e300);
    }

    @Override
    public void started(int server, long now) {
        count(server);
    }

    @Override
    public void ended(int server, long fct, Outcome outcome, long now) {
        count(server);
    }

    private void count(int server) {
        if (fullScan && equal && weight[server] > 0) {
            tree.set(server, view.inFlight(server));
        }
    }

    @Override
    public void poolChanged(View view) {
        this.view = view;
        eligible.rebuild(view);
        boolean hadDeadlines = !equal;
        equal = true;
        for (int i = 1; i < eligible.size(); i++) {
            equal &= view.weight(eligible.get(i)) == view.weight(eligible.get(0));
        }
        for (int j = 0; j < weight.length; j++) {
            double last = weight[j];
            double waiting = tree.key(j) - time;
            weight[j] = view.eligible(j) ? view.weight(j) : 0;
            if (weight[j] == 0) {
                tree.put(j, Double.POSITIVE_INFINITY);
            } else if (equal) {
                tree.put(j, view.inFlight(j));
            } else {
                tree.put(j, hadDeadlines && last > 0 ? Math.min(waiting * (last / weight[j]), 1e300) : turn(j));
            }
        }
        time = 0;
        tree.rebuild();
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.FLOW_END);
    }
}
