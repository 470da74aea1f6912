package io.marllb.policies;

import io.marllb.core.View;
import io.marllb.core.Words;
import io.marllb.core.select.AliasTable;

/** A draw among the eligible servers in proportion to their weights, also the last resort of rules that know too little. Not thread-safe. */
final class WeightedDraw {

    private final AliasTable table;
    private final double[] weights; // [n], 0 where not eligible

    WeightedDraw(int n) {
        table = new AliasTable(n);
        weights = new double[n];
    }

    void rebuild(View view) {
        for (int j = 0; j < weights.length; j++) {
            weights[j] = view.eligible(j) ? view.weight(j) : 0;
        }
        table.build(weights);
    }

    /** One word, one server; -1 when none is eligible. */
    int draw(Words words) {
        return table.draw(words.next());
    }
}
