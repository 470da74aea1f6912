package io.marllb.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Every statistic against NumPy and SciPy; {@code golden/reductions.py} made the numbers. */
class GoldenTest {

    private static final long NOW = 1_000_000_000_000L;

    @Test
    void everyStatisticIsNumPys() throws IOException {
        List<String> lines = lines();
        assertThat(lines).hasSize(3 * 27);
        for (int i = 0; i < lines.size(); i += 3) {
            double[] values = numbers(lines.get(i + 1));
            double[] ages = numbers(lines.get(i + 2));
            ReservoirBank bank = new ReservoirBank(1, values.length);
            for (int k = 0; k < values.length; k++) {
                bank.add(0, values[k], NOW - Math.round(ages[k] * 1e9), 0);
            }
            double largest = Arrays.stream(values).map(Math::abs).max().orElseThrow();

            for (String result : lines.get(i).split(",", -1)) {
                int at = result.indexOf('=');
                Statistic statistic = Statistic.named(result.substring(0, at));
                double expected = number(result.substring(at + 1));
                double actual = bank.statistic(0, statistic, NOW);

                if (Double.isNaN(expected)) {
                    assertThat(actual)
                            .as("%s of %d values", statistic, values.length)
                            .isNaN();
                } else {
                    assertThat(actual)
                            .as("%s of %d values, case %d", statistic, values.length, i / 3)
                            .isCloseTo(expected, within(1e-11 * Math.max(largest, Math.abs(expected))));
                }
            }
        }
    }

    private static double[] numbers(String line) {
        return Arrays.stream(line.split(",", -1))
                .mapToDouble(GoldenTest::number)
                .toArray();
    }

    private static double number(String python) {
        return python.equals("nan") ? Double.NaN : Double.parseDouble(python);
    }

    private static List<String> lines() throws IOException {
        List<String> lines = new ArrayList<>();
        try (BufferedReader in = new BufferedReader(new InputStreamReader(
                Objects.requireNonNull(GoldenTest.class.getResourceAsStream("/golden/reductions.csv")),
                StandardCharsets.UTF_8))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (!line.startsWith("#")) {
                    lines.add(line);
                }
            }
        }
        return lines;
    }
}
