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
            SedRule.EXPONENT,
            SedRule.BIAS);

    private final DistinctDraw draw;
    private final Powers powers;
    private final double scale;
    private final double offset;

    TwoChoicesRule(Arguments arguments, PolicySetup setup) {
        draw = new DistinctDraw(arguments.count("choices"), setup.servers());
        powers = new Powers(arguments.number("exponent"), setup.servers());
        Parameter.Fraction bias = arguments.fraction("bias");
        scale = bias.denominator();
        offset = bias.numerator();
    }

    @Override
    public int choose(Flow flow, View view, Words words) {
        int drawn = draw.draw(words);
        int best = -1;
        double bestKey = Double.POSITIVE_INFINITY;
        int ties = 0;
        for (int i = 0; i < drawn; i++) {
            int server = draw.get(i);
            double key = Math.min((view.inFlight(server) * scale + offset) / powers.of(server), Double.MAX_VALUE);
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
        powers.refresh(view);
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.FLOW_END);
    }
}
