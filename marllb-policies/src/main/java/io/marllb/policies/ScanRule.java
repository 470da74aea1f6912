package io.marllb.policies;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.GlobalView;
import io.marllb.core.Need;
import io.marllb.core.View;
import io.marllb.core.Words;
import java.util.EnumSet;

/** What the all-seeing reference rules share: a scan over the true state, O(n), and a fair draw among the minima. */
abstract class ScanRule implements FlowRule {

    /** Smaller is better; not NaN. */
    abstract double key(GlobalView view, int server);

    @Override
    public final int choose(Flow flow, View view, Words words) {
        GlobalView all = (GlobalView) view;
        double best = Double.POSITIVE_INFINITY;
        int ties = 0;
        int n = all.n();
        for (int j = 0; j < n; j++) {
            if (all.eligible(j)) {
                double key = Math.min(key(all, j), Double.MAX_VALUE);
                ties = key < best ? 1 : key == best ? ties + 1 : ties;
                best = Math.min(key, best);
            }
        }
        if (ties == 0) {
            return -1;
        }
        int rank = ties == 1 ? 0 : Words.below(words.next(), ties);
        for (int j = 0; ; j++) {
            if (all.eligible(j) && Math.min(key(all, j), Double.MAX_VALUE) == best && rank-- == 0) {
                return j;
            }
        }
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.GLOBAL);
    }
}
