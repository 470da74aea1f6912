package io.marllb.agents.nn;

/** The way back through a ReLU, without branches, so that the compiler can run several elements at once. */
final class Relu {

    private Relu() {}

    /**
     * Lets gradients through only where outputs are above 0. Outputs of a ReLU are never below, so their bits are 0 exactly where they are.
     *
     * @param outputs bits of the outputs
     * @param gradients bits of the gradients, overwritten
     * @param count how many
     */
    static void cut(int[] outputs, int[] gradients, int count) {
        for (int i = 0; i < count; i++) {
            gradients[i] &= (0 - outputs[i]) >> 31;
        }
    }
}
