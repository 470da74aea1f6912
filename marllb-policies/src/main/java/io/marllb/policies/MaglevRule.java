package io.marllb.policies;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.PolicySetup;
import io.marllb.core.View;
import io.marllb.core.Words;
import io.marllb.core.select.MaglevTable;
import java.util.Arrays;
import java.util.EnumSet;

/** Consistent hashing by Maglev's lookup table: balancers agree on a flow's server without talking, and few flows move when the pool does. */
final class MaglevRule implements FlowRule {

    static final Half<FlowRule> HALF = new Half<>(
            "maglev",
            "the server that a consistent hash of the flow names, in proportion to weights",
            "Eisenbud et al., Maglev, NSDI 2016, 3.4",
            MaglevRule::new,
            Parameter.count(
                    "slots",
                    "65537",
                    2,
                    10_000_019,
                    "size of the lookup table, a prime; 100 per server give 1 % balance"));

    private final MaglevTable table;
    private double[] built; // [n], the weights that the table holds, 0 where not eligible
    private double[] wanted; // [n]

    MaglevRule(Arguments arguments, PolicySetup setup) {
        table = new MaglevTable(setup.servers(), arguments.count("slots"));
        built = new double[setup.servers()];
        wanted = new double[setup.servers()];
    }

    @Override
    public int choose(Flow flow, View view, Words words) {
        return table.lookup(flow.hash());
    }

    @Override
    public void poolChanged(View view) {
        for (int j = 0; j < wanted.length; j++) {
            wanted[j] = view.eligible(j) ? view.weight(j) : 0;
        }
        if (!Arrays.equals(wanted, built)) {
            table.build(wanted);
            double[] last = built;
            built = wanted;
            wanted = last;
        }
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.FLOW_HASH);
    }
}
