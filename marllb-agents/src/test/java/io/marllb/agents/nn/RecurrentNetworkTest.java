package io.marllb.agents.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.NetworkSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

class RecurrentNetworkTest {

    private static final NetworkSpec.Recurrent FULL = new NetworkSpec.Recurrent(5, List.of(7), 6, List.of(4), 3);

    @Test
    void linearLayerAloneHasTheGradientOfDifferences() {
        new GradientCheck(new NetworkSpec.Recurrent(3, List.of(), 0, List.of(), 2), 0, 1, 4, false).run();
    }

    @Test
    void denseLayersHaveTheGradientOfDifferences() {
        new GradientCheck(new NetworkSpec.Recurrent(4, List.of(9, 5), 0, List.of(6), 3), 0, 2, 5, false).run();
    }

    @Test
    void gruAloneHasTheGradientOfDifferences() {
        new GradientCheck(new NetworkSpec.Recurrent(4, List.of(), 5, List.of(), 3), 0, 4, 3, true).run();
    }

    @Test
    void everythingTogetherHasTheGradientOfDifferences() {
        new GradientCheck(FULL, 0, 6, 3, false).run();
        new GradientCheck(FULL, 0, 6, 3, true).run();
    }

    @Test
    void sizesBeyondOneTileHaveTheGradientOfDifferences() {
        new GradientCheck(new NetworkSpec.Recurrent(2, List.of(3), 4, List.of(), 1), 0, 2, 150, true).run();
        new GradientCheck(new NetworkSpec.Recurrent(2, List.of(), 0, List.of(600), 1), 0, 1, 3, false).run();
    }

    @Test
    void stateOfOnePartContinuesTheNext() {
        Parameters parameters = new Parameters(FULL).initialise(Streams.of(1).stream("test"));
        Network network = Network.of(FULL, parameters, 0, 4, 2);
        Matrix inputs = Matrix.zeros(8, 5);
        for (int i = 0; i < inputs.size(); i++) {
            inputs.buffer().put(i, (float) Math.sin(i));
        }

        float[] whole = new float[8 * 3];
        network.forward(inputs, 4, 2, null).get(0, whole, 0, whole.length);
        float[] parts = new float[8 * 3];
        network.forward(inputs.rows(0, 2), 1, 2, null).get(0, parts, 0, 2 * 3);
        Matrix state = Matrix.zeros(2, 6);
        state.copyFrom(network.state());
        network.forward(inputs.rows(2, 8), 3, 2, state).get(0, parts, 2 * 3, 6 * 3);

        assertThat(parts).isEqualTo(whole);
    }

    @Test
    void refusesWhatDoesNotFit() {
        Parameters parameters = new Parameters(FULL);
        Network network = Network.of(FULL, parameters, 0, 4, 2);

        assertThatThrownBy(() -> network.forward(Matrix.zeros(10, 5), 5, 2, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("between 1 x 1 and 4 x 2")
                .hasMessageContaining("5 x 2");
        assertThatThrownBy(() -> network.forward(Matrix.zeros(8, 4), 4, 2, null))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("inputs must be 8 x 5, but is 8 x 4");
        assertThatThrownBy(() -> network.forward(Matrix.zeros(8, 5), 4, 2, Matrix.zeros(2, 5)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("initial state must be 2 x 6, but is 2 x 5");
        assertThatThrownBy(
                        () -> Network.of(new NetworkSpec.Recurrent(5, List.of(), 0, List.of(), 3), parameters, 0, 1, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("parameters are for");
        network.forward(Matrix.zeros(8, 5), 4, 2, null);
        assertThatThrownBy(() -> network.backward(Matrix.zeros(6, 3)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("output gradient must be 8 x 3, but is 6 x 3");
    }

    @Test
    void goesBackOncePerForward() {
        Network network = Network.of(FULL, new Parameters(FULL), 0, 4, 2);
        assertThatThrownBy(() -> network.backward(Matrix.zeros(8, 3))).isInstanceOf(IllegalStateException.class);
        network.forward(Matrix.zeros(8, 5), 4, 2, null);
        network.backward(Matrix.zeros(8, 3));

        assertThatThrownBy(() -> network.backward(Matrix.zeros(8, 3)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("a forward of its own");
    }
}
