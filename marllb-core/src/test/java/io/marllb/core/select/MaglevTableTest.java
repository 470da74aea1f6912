package io.marllb.core.select;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.marllb.core.Fit;
import io.marllb.core.rng.Streams;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class MaglevTableTest {

    private static final double DISRUPTION = 0.01; // of all slots; seen: 0.0041

    private static int[] counts(MaglevTable table, int servers) {
        int[] counts = new int[servers];
        for (int s = 0; s < table.size(); s++) {
            counts[table.slot(s)]++;
        }
        return counts;
    }

    private static double[] equal(int servers) {
        double[] weights = new double[servers];
        Arrays.fill(weights, 1);
        return weights;
    }

    @Test
    void equalServersDifferByOneSlotAtMost() {
        for (int n : new int[] {1, 2, 3, 7, 64, 650}) {
            MaglevTable table = new MaglevTable(n, MaglevTable.DEFAULT_SLOTS);

            table.build(equal(n));

            int[] counts = counts(table, n);
            assertThat(Arrays.stream(counts).max().getAsInt()
                            - Arrays.stream(counts).min().getAsInt())
                    .as("spread at %d servers", n)
                    .isLessThanOrEqualTo(1);
        }
    }

    @Test
    void countsFollowTheWeightsWithinOnePercent() {
        RandomGenerator random = Streams.of(1).stream("weights");
        for (int n : new int[] {2, 7, 24, 100}) {
            double[] weights = new double[n];
            Arrays.setAll(weights, i -> 1 + 3 * random.nextDouble());
            double sum = Arrays.stream(weights).sum();
            MaglevTable table = new MaglevTable(n, MaglevTable.DEFAULT_SLOTS);

            table.build(weights);

            int[] counts = counts(table, n);
            for (int i = 0; i < n; i++) {
                assertThat((double) counts[i]).isCloseTo(table.size() * weights[i] / sum, withinPercentage(1));
            }
        }
    }

    @Test
    void weightZeroGetsNoSlot() {
        MaglevTable table = new MaglevTable(4, 251);

        table.build(new double[] {1, 0, 2, 0});

        int[] counts = counts(table, 4);
        assertThat(counts[1]).isZero();
        assertThat(counts[3]).isZero();
        assertThat(counts[0] + counts[2]).isEqualTo(251);
    }

    @Test
    void emptyUntilBuiltAndWhenAllAreZero() {
        MaglevTable table = new MaglevTable(2, 7);

        assertThat(table.lookup(5)).isEqualTo(-1);
        table.build(new double[] {1, 1});
        assertThat(table.lookup(5)).isNotNegative();
        table.build(new double[2]);
        assertThat(table.lookup(5)).isEqualTo(-1);
    }

    @Test
    void lossOfAServerMovesFewSlotsOfTheOthers() {
        int n = 50;
        MaglevTable before = new MaglevTable(n, MaglevTable.DEFAULT_SLOTS);
        before.build(equal(n));
        for (int lost : new int[] {0, 17, 49}) {
            double[] weights = equal(n);
            weights[lost] = 0;
            MaglevTable after = new MaglevTable(n, MaglevTable.DEFAULT_SLOTS);

            after.build(weights);

            int moved = 0;
            for (int s = 0; s < before.size(); s++) {
                moved += before.slot(s) != lost && before.slot(s) != after.slot(s) ? 1 : 0;
            }
            assertThat((double) moved / before.size())
                    .as("share of slots moved needlessly")
                    .isLessThan(DISRUPTION);
        }
    }

    @Test
    void changeOfOneWeightMovesFewSlots() {
        int n = 20;
        MaglevTable table = new MaglevTable(n, MaglevTable.DEFAULT_SLOTS);
        table.build(equal(n));
        int[] before = new int[table.size()];
        Arrays.setAll(before, table::slot);
        double[] weights = equal(n);
        weights[3] = 0.5;

        table.build(weights);

        int moved = 0;
        for (int s = 0; s < before.length; s++) {
            moved += before[s] != table.slot(s) ? 1 : 0;
        }
        assertThat((double) moved / before.length).isLessThan(DISRUPTION + 0.025);
    }

    @Test
    void lookupSpreadsHashesLikeTheSlots() {
        double[] weights = {1, 2, 3};
        MaglevTable table = new MaglevTable(3, MaglevTable.DEFAULT_SLOTS);
        table.build(weights);
        RandomGenerator random = Streams.of(1).stream("hashes");
        long[] counts = new long[3];

        for (int i = 0; i < 300_000; i++) {
            counts[table.lookup(random.nextLong())]++;
        }

        Fit.assertFits(counts, new double[] {1 / 6.0, 2 / 6.0, 3 / 6.0});
    }

    @Test
    void fillsEvenTheSmallestTables() {
        for (int slots : new int[] {2, 3, 5, 7, 11, 13}) {
            for (int n = 1; n <= slots; n++) {
                MaglevTable table = new MaglevTable(n, slots);

                table.build(equal(n));

                assertThat(counts(table, n))
                        .as("%d servers in %d slots", n, slots)
                        .doesNotContain(0);
            }
        }
    }

    @Test
    void namesWrongArguments() {
        assertThatThrownBy(() -> new MaglevTable(3, 65_536))
                .hasMessageContaining("slots must be a prime >= servers (3), but was 65536");
        assertThatThrownBy(() -> new MaglevTable(8, 7)).hasMessageContaining("but was 7");
        assertThatThrownBy(() -> new MaglevTable(2, 7).build(new double[] {1, Double.NaN}))
                .hasMessage("weights[1] must be finite and >= 0, but was NaN");
        assertThatThrownBy(() -> new MaglevTable(2, 7).build(new double[3])).hasMessageContaining("3 entries");
    }

    @Test
    void refusedWeightsLeaveTheTableAsItWas() {
        MaglevTable table = new MaglevTable(2, 7);
        table.build(new double[] {1, 1});
        int server = table.lookup(3);

        assertThatThrownBy(() -> table.build(new double[] {1, -1})).isInstanceOf(IllegalArgumentException.class);

        assertThat(table.lookup(3)).isEqualTo(server);
    }
}
