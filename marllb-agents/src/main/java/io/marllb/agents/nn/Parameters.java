package io.marllb.agents.nn;

import io.marllb.policies.frozen.NetworkSpec;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** The parameters of a network and their gradients, each flat in one ND4J array, with a view per tensor. Not thread-safe. */
public final class Parameters {

    private static final int TILE = 1024; // elements worked on at once, in plain arrays that fit the first-level cache

    private final float[] own = new float[TILE];
    private final float[] followed = new float[TILE];
    private final NetworkSpec spec; // null if it is none
    private final List<NetworkSpec.Tensor> tensors;
    private final Matrix values; // [1, count]
    private final Matrix gradients; // [1, count]
    private final Map<String, Matrix> value = new LinkedHashMap<>();
    private final Map<String, Matrix> gradient = new LinkedHashMap<>();

    /**
     * Parameters of zero.
     *
     * @param spec the shape of the network
     */
    public Parameters(NetworkSpec spec) {
        this(spec, spec.tensors());
    }

    /**
     * Parameters of zero, of something that is no {@link NetworkSpec}, such as a mixer.
     *
     * @param tensors in the order of the flat array, without gaps
     */
    public Parameters(List<NetworkSpec.Tensor> tensors) {
        this(null, tensors);
    }

    private Parameters(NetworkSpec spec, List<NetworkSpec.Tensor> tensors) {
        this.spec = spec;
        this.tensors = List.copyOf(tensors);
        int count = tensors.get(tensors.size() - 1).end();
        values = Matrix.zeros(1, count);
        gradients = Matrix.zeros(1, count);
        for (NetworkSpec.Tensor t : tensors) {
            value.put(t.name(), values.view(t.offset(), t.rows(), t.columns()));
            gradient.put(t.name(), gradients.view(t.offset(), t.rows(), t.columns()));
        }
    }

    /**
     * Draws every tensor anew, uniform in {@code ±1 / sqrt(fan-in)}, biases too (for a GRU the fan-in is its size): what PyTorch does by
     * default, and with it most published results.
     *
     * @param random where draws come from
     * @return this
     */
    public Parameters initialise(RandomGenerator random) {
        int fanIn = 1;
        for (NetworkSpec.Tensor t : tensors) {
            if (t.name().startsWith("gru.")) {
                fanIn = t.columns() / 3;
            } else if (t.name().endsWith(".weight")) {
                fanIn = t.rows();
            }
            double bound = 1 / Math.sqrt(fanIn);
            for (int i = t.offset(); i < t.end(); i++) {
                values.buffer().put(i, (float) (bound * (2 * random.nextDouble() - 1)));
            }
        }
        return this;
    }

    /**
     * Sets some tensors to 0.
     *
     * @param prefix with which their names begin, such as {@code "output."}
     * @return this
     */
    public Parameters zero(String prefix) {
        for (NetworkSpec.Tensor t : tensors) {
            if (t.name().startsWith(prefix)) {
                for (int i = t.offset(); i < t.end(); i++) {
                    values.buffer().put(i, 0f);
                }
            }
        }
        return this;
    }

    /**
     * The shape of the network.
     *
     * @return the specification; null if there is none
     */
    public NetworkSpec spec() {
        return spec;
    }

    /**
     * Number of parameters.
     *
     * @return count
     */
    public int count() {
        return values.size();
    }

    /**
     * All values.
     *
     * @return {@code [1, count]}
     */
    public Matrix values() {
        return values;
    }

    /**
     * All gradients.
     *
     * @return {@code [1, count]}
     */
    public Matrix gradients() {
        return gradients;
    }

    /**
     * One tensor.
     *
     * @param name as in {@link NetworkSpec#tensors}
     * @return a view of {@link #values}
     */
    public Matrix value(String name) {
        return view(value, name);
    }

    /**
     * The gradient of one tensor.
     *
     * @param name as in {@link NetworkSpec#tensors}
     * @return a view of {@link #gradients}
     */
    public Matrix gradient(String name) {
        return view(gradient, name);
    }

    private static Matrix view(Map<String, Matrix> views, String name) {
        Matrix m = views.get(name);
        if (m == null) {
            throw new IllegalArgumentException("there is no tensor '" + name + "', only " + views.keySet());
        }
        return m;
    }

    /** Sets all gradients to 0. */
    public void clearGradients() {
        gradients.fill(0);
    }

    /**
     * Moves towards other parameters: {@code this = (1 - rate) this + rate other}, the soft target update of SAC.
     *
     * @param other of the same shape
     * @param rate τ in (0, 1]; 1 copies
     */
    public void follow(Parameters other, double rate) {
        if (rate == 1) {
            values.copyFrom(other.values);
            return;
        }
        float keep = (float) (1 - rate);
        float take = (float) rate;
        for (int at = 0; at < count(); at += TILE) {
            int size = Math.min(TILE, count() - at);
            values.get(at, own, 0, size);
            other.values.get(at, followed, 0, size);
            for (int k = 0; k < size; k++) {
                own[k] = keep * own[k] + take * followed[k];
            }
            values.put(at, own, 0, size);
        }
    }

    /**
     * A copy of all values.
     *
     * @param into overwritten, {@code [count]}
     */
    public void copyTo(float[] into) {
        values.get(0, into, 0, count());
    }

    /**
     * Takes all values.
     *
     * @param from {@code [count]}
     */
    public void copyFrom(float[] from) {
        values.put(0, from, 0, count());
    }
}
