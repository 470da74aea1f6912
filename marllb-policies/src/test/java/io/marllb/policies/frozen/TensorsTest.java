package io.marllb.policies.frozen;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;

class TensorsTest {

    private static final Tensors TENSORS =
            new Tensors().put("f", new float[] {1, 2}).put("l", new long[] {3, 4, 5});

    @Test
    void whatIsThereAsExpectedIsHandedOut() {
        assertThat(TENSORS.floats("f", 2)).containsExactly(1, 2);
        assertThat(TENSORS.longs("l", 3)).containsExactly(3, 4, 5);
    }

    @Test
    void anotherLengthIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TENSORS.floats("f", 3))
                .withMessage("tensor 'f' must have 3 numbers, but has 2");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TENSORS.longs("l", 0))
                .withMessage("tensor 'l' must have 0 numbers, but has 3");
    }

    @Test
    void anotherTypeIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TENSORS.floats("l"))
                .withMessage("tensor 'l' must be float32, but is int64");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TENSORS.longs("f", 2))
                .withMessage("tensor 'f' must be int64, but is float32");
    }
}
