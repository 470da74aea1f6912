package io.marllb.agents.sac;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CriticLayoutTest {

    @Test
    void actionIsBehindTheObservation() {
        CriticLayout layout = new CriticLayout(3, 2, 0, 0);
        float[] row = new float[layout.width()];

        layout.join(new float[] {1, 2, 3}, new float[] {-1, 8, 9}, 1, row);

        assertThat(row).containsExactly(1, 2, 3, 8, 9);
        assertThat(layout.place(1)).isEqualTo(4);
    }

    @Test
    void actionOfAServerIsInItsBlockAndThePoolsBehindTheGlobals() {
        CriticLayout layout = new CriticLayout(5, 3, 2, 2);
        float[] row = new float[layout.width()];

        layout.join(new float[] {1, 2, 3, 4, 5}, new float[] {7, 8, 9}, 0, row);

        assertThat(row).containsExactly(1, 2, 7, 3, 4, 8, 5, 9);
        assertThat(layout.place(0)).isEqualTo(2);
        assertThat(layout.place(1)).isEqualTo(5);
        assertThat(layout.place(2)).isEqualTo(7);
    }
}
