package io.marllb.core.rng;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class ZigguratTest {

    @Test
    void everyLayerOfTheExponentialHasTheSameAreaAndTheLastEndsAtZero() {
        double r = 7.69711747013105;
        double area = 0.003949659822581557;

        Ziggurat table = new Ziggurat(r, area, x -> StrictMath.exp(-x), y -> -StrictMath.log(y));

        assertThat(r * StrictMath.exp(-r) + StrictMath.exp(-r))
                .isCloseTo(area, within(1e-17)); // the base strip with its tail
        assertEqualAreas(table, area);
        assertThat(shareOfOneWord(table)).isBetween(0.9777, 0.9778);
    }

    @Test
    void everyLayerOfTheNormalHasTheSameAreaAndTheLastEndsAtZero() {
        double area = 0.004928673233974655;

        Ziggurat table = new Ziggurat(
                3.654152885361009,
                area,
                x -> StrictMath.exp(-0.5 * x * x),
                y -> StrictMath.sqrt(-2 * StrictMath.log(y)));

        assertEqualAreas(table, area);
        assertThat(shareOfOneWord(table)).isBetween(0.9850, 0.9851);
    }

    private static void assertEqualAreas(Ziggurat table, double area) {
        for (int i = 1; i < Ziggurat.LAYERS; i++) {
            double x = table.width[i] * 0x1.0p53;

            assertThat(x * (table.height[i + 1] - table.height[i]))
                    .as("area of layer %d", i)
                    .isCloseTo(area, within(1e-13));
            assertThat(table.height[i + 1]).as("height %d", i + 1).isGreaterThan(table.height[i]);
        }
        assertThat(table.inside[Ziggurat.LAYERS - 1]).isZero();
    }

    private static double shareOfOneWord(Ziggurat table) {
        double covered = 0;
        for (long positions : table.inside) {
            covered += positions * 0x1.0p-53 / Ziggurat.LAYERS;
        }
        return covered;
    }
}
