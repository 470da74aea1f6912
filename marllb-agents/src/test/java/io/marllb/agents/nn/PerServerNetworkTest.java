package io.marllb.agents.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.NetworkSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class PerServerNetworkTest {

    private static final NetworkSpec.PerServer FULL = new NetworkSpec.PerServer(4, 2, List.of(6, 5), 7, 2, 3);

    @Test
    void withEverythingItHasTheGradientOfDifferences() {
        new GradientCheck(FULL, 3, 4, 3, false).run();
        new GradientCheck(FULL, 3, 4, 3, true).run();
    }

    @Test
    void withoutMemoryItHasTheGradientOfDifferences() {
        new GradientCheck(new NetworkSpec.PerServer(3, 1, List.of(5), 0, 2, 1), 4, 2, 3, false).run();
    }

    @Test
    void withoutOutputsOfThePoolItHasTheGradientOfDifferences() {
        new GradientCheck(new NetworkSpec.PerServer(3, 0, List.of(5), 4, 2, 0), 4, 3, 2, true).run();
    }

    @Test
    void withoutOutputsPerServerItHasTheGradientOfDifferences() {
        new GradientCheck(new NetworkSpec.PerServer(3, 2, List.of(5), 4, 0, 2), 1, 3, 2, false).run();
    }

    @Test
    void serversInAnotherOrderGiveOutputsInThatOrder() {
        Parameters parameters = new Parameters(FULL).initialise(Streams.of(1).stream("test"));
        Network network = Network.of(FULL, parameters, 3, 1, 2);
        Matrix inputs = Matrix.zeros(2, 3 * 4 + 2);
        for (int i = 0; i < 14; i++) {
            inputs.set(0, i, (float) Math.sin(i + 1));
            // Servers 2, 0, 1 of the first row.
            inputs.set(1, i, (float) Math.sin(i < 12 ? (i + 8) % 12 + 1 : i + 1));
        }

        Matrix y = network.forward(inputs, 1, 2, null);

        for (int j = 0; j < 3; j++) {
            for (int k = 0; k < 2; k++) {
                assertThat(y.get(1, j * 2 + k)).isEqualTo(y.get(0, (j + 2) % 3 * 2 + k));
            }
        }
        for (int k = 6; k < 9; k++) {
            assertThat(y.get(1, k)).isCloseTo(y.get(0, k), org.assertj.core.data.Offset.offset(1e-6f));
        }
    }

    @Test
    void needsAServer() {
        assertThatThrownBy(() -> Network.of(FULL, new Parameters(FULL), 0, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("servers must be >= 1");
    }
}
