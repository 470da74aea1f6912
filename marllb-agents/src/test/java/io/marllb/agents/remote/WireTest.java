package io.marllb.agents.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.rl.Box;
import io.marllb.core.rl.Discrete;
import io.marllb.core.rl.MultiDiscrete;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class WireTest {

    private static final List<ActorSetup> SETUPS = List.of(
            new ActorSetup(
                    new NetworkSpec.Recurrent(4, List.of(8, 9), 5, List.of(7), 2),
                    Heads.Kind.VALUES,
                    new Discrete(2),
                    0,
                    200),
            new ActorSetup(
                    new NetworkSpec.Recurrent(6, List.of(), 0, List.of(), 9),
                    Heads.Kind.SOFTMAX,
                    MultiDiscrete.of(2, 3, 4),
                    3,
                    10),
            new ActorSetup(
                    new NetworkSpec.PerServer(5, 2, List.of(16), 8, 2, 2),
                    Heads.Kind.GAUSSIAN,
                    Box.of(-1f, 1f, 8),
                    7,
                    240));

    private static ByteBuf written(ActorSetup setup) {
        ByteBuf out = Unpooled.buffer();
        Wire.writeSetup(setup, out);
        out.skipBytes(2); // the types
        return out;
    }

    @Test
    void setupsAreReadBack() {
        for (ActorSetup setup : SETUPS) {
            assertThat(Wire.readSetup(written(setup))).isEqualTo(setup);
            assertThat(setup.heads().outputs()).isEqualTo(setup.spec().outputs(setup.servers()));
        }
    }

    @Test
    void everySetupThatIsCutShortIsRefused() {
        for (ActorSetup setup : SETUPS) {
            ByteBuf whole = written(setup);
            for (int length = 0; length < whole.readableBytes(); length++) {
                ByteBuf cut = whole.slice(whole.readerIndex(), length);
                assertThatThrownBy(() -> Wire.readSetup(cut)).isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void whateverComesIsReadOrRefused() {
        RandomGenerator random = Streams.of(1).stream("test");
        for (int k = 0; k < 20_000; k++) {
            ByteBuf bytes = written(SETUPS.get(k % SETUPS.size()));
            int changes = 1 + random.nextInt(4);
            for (int c = 0; c < changes; c++) {
                bytes.setByte(bytes.readerIndex() + random.nextInt(bytes.readableBytes()), random.nextInt(256));
            }
            try {
                ActorSetup read = Wire.readSetup(bytes);
                read.requireFits(1 << 20);
                assertThat(read.inputs()).isPositive();
            } catch (IllegalArgumentException | ArithmeticException refused) {
                assertThat(refused).hasMessageNotContaining("null");
            }
        }
    }

    @Test
    void textsAreShortAndPlain() {
        ByteBuf out = Unpooled.buffer();
        Wire.writeText(Wire.REFUSED, "a\u001b[2Jb" + "x".repeat(5_000), out);
        out.skipBytes(2);

        assertThat(Wire.readText(out)).startsWith("a [2Jbxxx").hasSize(1_000);
    }

    @Test
    void whatCannotBeSentIsRefusedBeforeItIsTried() {
        ActorSetup large = new ActorSetup(
                new NetworkSpec.Recurrent(1_000, List.of(), 0, List.of(), 2),
                Heads.Kind.VALUES,
                new Discrete(2),
                0,
                100_000);

        assertThatThrownBy(() -> large.requireFits(RemoteConfig.DEFAULTS.mostBytes()))
                .hasMessageContaining("but 67108864 are allowed; shorten the episodes");
        assertThatThrownBy(() -> new RemoteConfig(Duration.ZERO, -1, 3))
                .hasMessageContaining("timeout")
                .hasMessageContaining("retries must be >= 0, but was -1")
                .hasMessageContaining("mostBytes must be >= 1024, but was 3");
    }
}
