package io.marllb.policies.frozen;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.rl.Discrete;
import org.junit.jupiter.api.Test;

class BoostCodecTest {

    @Test
    void publishedAgentsMayBoostOneServer() {
        CodecSpec spec = Codecs.parse("published:features=in-flight:actions=boost-3");
        Codec codec = spec.create(4, 1, 250_000_000);
        double[] weights = new double[4];

        assertThat(codec.act(new float[] {2}, weights)).isNaN();

        assertThat(weights).containsExactly(1, 3, 1, 1);
        codec.act(spec.neutral(4), weights);
        assertThat(weights).containsExactly(1, 1, 1, 1);
        assertThat(spec.actionSpace(4)).isEqualTo(codec.actionSpace()).isEqualTo(new Discrete(5));
        assertThat(Codecs.parse(spec.text())).isEqualTo(spec);
    }
}
