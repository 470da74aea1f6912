package io.marllb.policies;

import io.marllb.core.View;
import io.marllb.core.Words;

/** A uniform draw of d distinct eligible servers: Floyd's algorithm (Bentley and Floyd, CACM 30(9), 1987). Not thread-safe. */
final class DistinctDraw {

    private final Eligible eligible;
    private final int[] positions; // [d], drawn positions in the list of the eligible

    DistinctDraw(int d, int n) {
        eligible = new Eligible(n);
        positions = new int[d];
    }

    void rebuild(View view) {
        eligible.rebuild(view);
    }

    int eligible() {
        return eligible.size();
    }

    /**
     * Draws a new set, one word per two servers (its upper half, then its lower half), and returns how many: d, or all when fewer are eligible. Every set is equally likely, but not
     * every order.
     */
    int draw(Words words) {
        return draw(words, positions.length);
    }

    /** Draws at most d servers. */
    int draw(Words words, int wanted) {
        int size = eligible.size();
        int count = Math.min(wanted, size);
        long word = 0;
        for (int i = 0; i < count; i++) {
            word = (i & 1) == 0 ? words.next() : word << 32;
            int last = size - count + i;
            int position = Words.below(word, last + 1);
            positions[i] = holds(position, i) ? last : position;
        }
        return count;
    }

    private boolean holds(int position, int drawn) {
        for (int i = 0; i < drawn; i++) {
            if (positions[i] == position) {
                return true;
            }
        }
        return false;
    }

    /** The i-th server of the last draw. */
    int get(int i) {
        return eligible.get(positions[i]);
    }
}
