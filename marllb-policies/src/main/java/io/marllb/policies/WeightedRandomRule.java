package io.marllb.policies;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.PolicySetup;
import io.marllb.core.View;
import io.marllb.core.Words;

/** A random server, with probability in proportion to its weight: one word and one look into an alias table. */
final class WeightedRandomRule implements FlowRule {

    static final Half<FlowRule> HALF = new Half<>(
            "weighted-random",
            "a random server, in proportion to its weight",
            "Walker 1977, Vose 1991 (alias table)",
            WeightedRandomRule::new);

    private final WeightedDraw draw;

    WeightedRandomRule(Arguments arguments, PolicySetup setup) {
        draw = new WeightedDraw(setup.servers());
    }

    @Override
    public int choose(Flow flow, View view, Words words) {
        return draw.draw(words);
    }

    @Override
    public void poolChanged(View view) {
        draw.rebuild(view);
    }
}
