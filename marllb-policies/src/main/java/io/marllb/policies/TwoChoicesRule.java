package io.marllb.policies;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.PolicySetup;
import io.marllb.core.View;
import io.marllb.core.Words;
import java.util.EnumSet;

/**
 * The best of d distinct random servers, by {@code (q + b) / w^e}; a fair draw among equals.
 *
 * <p>Servers are drawn uniformly, whatever their weights, two from each word; a further word is drawn for every tie.
 */
final class TwoChoicesRule implements FlowRule {

    static final Half<FlowRule> HALF = new Half<>(
            "two-choices",
            "the least (q + bias) / w^exponent of some random servers",
            "Mitzenmacher, IEEE TPDS 12(10), 2001; Vvedenskaya et al. 1996",
            TwoChoicesRule::new,
            Parameter.count("choices", "2", 1, 64, "d: how many distinct servers are looked at"),
            Delay.EXPONENT,
            Delay.BIAS);

    private final DistinctDraw draw;
    private final Delay delay;

    TwoChoicesRule(Arguments arguments, PolicySetup setup) {
        draw = new DistinctDraw(arguments.count("choices"), setup.servers());
        delay = new Delay(arguments, setup);
    }

    @Override
    public int choose(Flow flow, View view, Words words) {
        int drawn = draw.draw(words);
        int best = -1;
        double bestKey = Double.POSITIVE_INFINITY;
        int ties = 0;
        for (int i = 0; i < drawn; i++) {
            int server = draw.get(i);
            double key = Math.min(delay.of(server, view.inFlight(server)), Double.MAX_VALUE);
            if (key < bestKey) {
                best = server;
                bestKey = key;
                ties = 1;
            } else if (key == bestKey && Words.below(words.next(), ++ties) == 0) {
                best = server;
            }
        }
        return best;
    }

    @Override
    public void poolChanged(View view) {
        draw.rebuild(view);
        delay.refresh(view);
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.FLOW_END);
    }
}
