package io.marllb.policies.frozen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.Reduction;
import io.marllb.core.Reports;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.MultiDiscrete;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PublishedCodecTest {

    private static final long INTERVAL = 250_000_000L;

    /** Server j has j flows; durations' statistics are 10 j + their index, or missing at server 0. */
    private static final class Fixed implements Observation {
        @Override
        public int n() {
            return 2;
        }

        @Override
        public long now() {
            return 1;
        }

        @Override
        public boolean active(int server) {
            return server == 1;
        }

        @Override
        public double staticWeight(int server) {
            return 1;
        }

        @Override
        public int inFlight(int server) {
            return server + 5;
        }

        @Override
        public long started(int server) {
            return 0;
        }

        @Override
        public long completed(int server) {
            return 0;
        }

        @Override
        public long busyNanos(int server) {
            return 0;
        }

        @Override
        public double inFlightNanos(int server) {
            return 0;
        }

        @Override
        public double flowCompletionTime(int server, Reduction reduction) {
            return 100;
        }

        @Override
        public double flowDuration(int server, Reduction reduction) {
            return server == 0 ? Double.NaN : 10 + reduction.ordinal();
        }
    }

    private static float[] inputs(Codec codec) {
        float[] inputs = new float[codec.inputs()];
        codec.observe(new Fixed(), Reports.NONE, inputs);
        return inputs;
    }

    @Test
    void showsSixFeaturesAndTheLastWeightByDefault() {
        Codec codec = Codecs.parse("published").create(2, 2, INTERVAL);

        assertThat(inputs(codec)).containsExactly(5, 0, 0, 0, 0, 0, 1, 6, 10, 11, 12, 13, 14, 1);
        double[] weights = new double[2];
        assertThat(codec.act(new float[] {5, 2}, weights)).isNaN();
        assertThat(weights).containsExactly(2.0, 1.4);
        assertThat(inputs(codec)[6]).isEqualTo(2f);
        assertThat(inputs(codec)[13]).isEqualTo(1.4f);

        codec.reset();
        assertThat(inputs(codec)[6]).isEqualTo(1f);
    }

    @Test
    void showsTheLastActionAsOneHot() {
        Codec codec = Codecs.parse("published:features=in-flight:last=one-hot:actions=original")
                .create(2, 2, INTERVAL);

        assertThat(inputs(codec)).containsExactly(5, 0, 0, 0, 6, 0, 0, 0);
        codec.act(new float[] {2, 0}, new double[2]);
        assertThat(inputs(codec)).containsExactly(5, 0, 0, 1, 6, 1, 0, 0);
        assertThat(codec.actionSpace()).isEqualTo(MultiDiscrete.uniform(2, 3));
    }

    @Test
    void spreadsASquashedActionOverTheRangeOfWeights() {
        Codec codec = Codecs.parse("published:last=none:actions=0.1..10").create(2, 1, INTERVAL);
        double[] weights = new double[2];

        codec.act(new float[] {-1, 1}, weights);

        assertThat(weights[0]).isEqualTo(0.1f);
        assertThat(weights[1]).isEqualTo(10);
        codec.act(new float[] {0, 0.5f}, weights);
        assertThat(weights[0]).isEqualTo(5.05f);
        assertThat(codec.actionSpace()).isEqualTo(Box.of(-1f, 1f, 2));
    }

    @Test
    void hasThePublishedNumbersOfInputs() {
        assertThat(Codecs.parse("published:last=one-hot:actions=original").inputs(7))
                .isEqualTo(63);
        assertThat(Codecs.parse("published:actions=original").inputs(7)).isEqualTo(49);
        assertThat(Codecs.parse("published").inputs(24)).isEqualTo(168);
    }

    @Test
    void needsReservoirsOnlyIfItReadsThem() {
        assertThat(Codecs.parse("published").needs()).contains(Need.RESERVOIRS);
        assertThat(Codecs.parse("published:features=in-flight/active").needs()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "published:features=in-flight:last=none:actions=levels",
                "published:features=active/fct-p90:last=weights:actions=0.2..8.0",
                "published:features=in-flight/duration-std:last=one-hot:actions=1.0/3.0"
            })
    void readsTheTextThatItWrites(String text) {
        assertThat(Codecs.parse(text).text()).isEqualTo(text);
        assertThat(Codecs.parse(Codecs.parse(text).text())).isEqualTo(Codecs.parse(text));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "publishd | there is no kind 'publishd'; did you mean 'published'?",
                "published:feature=active | unknown key 'feature'; did you mean 'features'?",
                "published:features=activ | unknown feature 'activ'; did you mean 'active'?",
                "published:features=active/active | features must be at least one, each once",
                "published:last=weight | unknown last 'weight'; did you mean 'weights'?",
                "published:last=one-hot:actions=continuous | last=one-hot needs levels as actions",
                "published:last | expected key=value, but found 'last'",
                "published:last=none:last=none | 'last' is given twice"
            })
    void saysWhatIsWrong(String text, String message) {
        assertThatThrownBy(() -> Codecs.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("codec '" + text + "'")
                .hasMessageContaining(message);
    }
}
