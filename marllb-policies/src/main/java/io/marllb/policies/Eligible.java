package io.marllb.policies;

import io.marllb.core.View;
import io.marllb.core.Words;

/** The eligible servers as a dense list, for uniform draws. Not thread-safe. */
final class Eligible {

    private final int[] servers; // [n], the first size entries, ascending
    private int size;

    Eligible(int n) {
        servers = new int[n];
    }

    void rebuild(View view) {
        size = 0;
        for (int j = 0; j < servers.length; j++) {
            if (view.eligible(j)) {
                servers[size++] = j;
            }
        }
    }

    int size() {
        return size;
    }

    /** The server at a position in {@code [0, size)}. */
    int get(int position) {
        return servers[position];
    }

    /** A uniform draw; -1 when there is none. Only the upper 32 bits of the word count. */
    int draw(long word) {
        return size == 0 ? -1 : servers[Words.below(word, size)];
    }
}
