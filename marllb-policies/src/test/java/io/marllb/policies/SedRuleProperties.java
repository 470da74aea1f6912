package io.marllb.policies;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class SedRuleProperties {

    @Property(tries = 300, seed = "20261121")
    void theChoiceIsAlwaysAMinimum(@ForAll @IntRange(min = 1, max = 80) int n, @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] weights = random.doubles(n, 1, 5).map(Math::floor).toArray();
        for (String text : new String[] {"sed", "wlc", "lsq", "sed:bias=1/m:exponent=0.8", "sed:ties=vpp"}) {
            FakeHost host = new FakeHost(text, 3, weights);
            double bias = text.contains("1/m") ? 1 / 3.0 : text.equals("wlc") || text.equals("lsq") ? 0 : 1;
            double exponent = text.contains("0.8") ? 0.8 : text.equals("lsq") ? 0 : 1;
            for (int flow = 0; flow < 50; flow++) {
                int server = host.open();
                if (random.nextInt(3) == 0) {
                    int ended = random.nextInt(n);
                    if (host.inFlight[ended] > 0) {
                        host.end(ended, 5);
                    }
                }
                double[] keys = new double[n];
                Arrays.setAll(keys, j -> (host.inFlight[j] + bias) / Math.pow(weights[j], exponent));
                int next = host.choose();
                double least = Arrays.stream(keys).min().orElseThrow();
                assertThat(keys[next]).isLessThanOrEqualTo(least * (1 + 1e-12));
                assertThat(server).isBetween(0, n - 1);
            }
        }
    }
}
