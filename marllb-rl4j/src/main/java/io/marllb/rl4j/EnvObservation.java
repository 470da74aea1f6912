package io.marllb.rl4j;

import org.deeplearning4j.rl4j.space.Encodable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** One observation in the form that RL4J stores. Immutable: the numbers are copied in and out. */
public final class EnvObservation implements Encodable {

    private final float[] values;

    EnvObservation(float[] values) {
        this.values = values.clone();
    }

    /**
     * The numbers.
     *
     * @return a new array
     */
    @Override
    @SuppressWarnings("deprecation") // RL4J's own classes still call it
    public double[] toArray() {
        double[] copy = new double[values.length];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = values[i];
        }
        return copy;
    }

    /**
     * The numbers for a network.
     *
     * @return a new array of float32, {@code [1, size]}
     */
    @Override
    public INDArray getData() {
        return Nd4j.createFromArray(new float[][] {values});
    }

    /**
     * Whether RL4J should leave this observation out.
     *
     * @return false
     */
    @Override
    public boolean isSkipped() {
        return false;
    }

    @Override
    public EnvObservation dup() {
        return new EnvObservation(values);
    }
}
