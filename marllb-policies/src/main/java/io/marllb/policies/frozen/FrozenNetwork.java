package io.marllb.policies.frozen;

import java.util.Objects;

/**
 * A network that only acts: parameters in one plain array, in the order of {@link NetworkSpec#tensors}, and the forward pass for one sequence.
 *
 * <p>Each sequence has a {@link Runner} with its own state; runners share the parameters. Any number of threads may step their own runners at the
 * same time; {@link #load} must not run at the same time as a step, and its caller hands the network over safely. Results have the same bits on
 * every machine.
 */
public final class FrozenNetwork {

    /** One sequence: the recurrent state and the scratch arrays of a forward pass. Not thread-safe; allocates nothing once built. */
    public interface Runner {

        /**
         * One step.
         *
         * @param inputs {@code [inputs]}, finite
         * @param outputs overwritten, {@code [outputs]}
         * @throws IllegalArgumentException if a length differs
         */
        void step(float[] inputs, float[] outputs);

        /** Starts a new sequence: the state becomes 0. */
        void reset();

        /**
         * The state behind the last step.
         *
         * @return the array itself, {@code [stateSize]}, empty without memory; what is written into it holds for the next step
         */
        float[] state();

        /**
         * Number of servers it was built for.
         *
         * @return n
         */
        int servers();
    }

    /** The weights in the form that a forward pass wants. */
    sealed interface Layers permits RecurrentRunner.Layers, PerServerRunner.Layers {

        void load(float[] flat);

        Runner runner(int servers);
    }

    private final NetworkSpec spec;
    private final float[] parameters;
    private final Layers layers;

    private FrozenNetwork(NetworkSpec spec) {
        this.spec = Objects.requireNonNull(spec, "spec");
        this.parameters = new float[spec.parameters()];
        this.layers = spec instanceof NetworkSpec.Recurrent recurrent
                ? new RecurrentRunner.Layers(recurrent)
                : new PerServerRunner.Layers((NetworkSpec.PerServer) spec);
    }

    /**
     * A network with these parameters.
     *
     * @param spec its shape
     * @param flat the parameters in the order of the spec, {@code [spec.parameters()]}; copied
     * @return a new network
     * @throws IllegalArgumentException if the length differs or a number is not finite
     */
    public static FrozenNetwork of(NetworkSpec spec, float[] flat) {
        FrozenNetwork network = new FrozenNetwork(spec);
        network.load(flat);
        return network;
    }

    /**
     * Replaces the parameters, for all runners; their states stay.
     *
     * @param flat the parameters in the order of the spec, {@code [spec.parameters()]}; copied
     * @throws IllegalArgumentException if the length differs or a number is not finite; the old parameters stay
     */
    public void load(float[] flat) {
        check(spec, flat);
        System.arraycopy(flat, 0, parameters, 0, flat.length);
        layers.load(parameters);
    }

    static void check(NetworkSpec spec, float[] flat) {
        if (flat.length != spec.parameters()) {
            throw new IllegalArgumentException("the network has " + spec.parameters() + " parameters, but "
                    + flat.length + " were given; they must come from a network of the same shape");
        }
        for (NetworkSpec.Tensor tensor : spec.tensors()) {
            for (int i = tensor.offset(); i < tensor.end(); i++) {
                if (!(Math.abs(flat[i]) <= Float.MAX_VALUE)) {
                    throw new IllegalArgumentException("parameter " + (i - tensor.offset()) + " of tensor '"
                            + tensor.name() + "' must be finite, but was " + flat[i]);
                }
            }
        }
    }

    /**
     * The shape.
     *
     * @return the same object always
     */
    public NetworkSpec spec() {
        return spec;
    }

    /**
     * Copies the parameters.
     *
     * @return a new array, {@code [spec.parameters()]}
     */
    public float[] parameters() {
        return parameters.clone();
    }

    /**
     * A new sequence.
     *
     * @param servers n, {@code >= 1}; networks of a fixed size ignore it
     * @return a runner with state 0
     */
    public Runner runner(int servers) {
        if (servers < 1) {
            throw new IllegalArgumentException("servers must be >= 1, but was " + servers);
        }
        return layers.runner(servers);
    }

    static void checkLengths(float[] inputs, int expectedInputs, float[] outputs, int expectedOutputs) {
        if (inputs.length != expectedInputs || outputs.length != expectedOutputs) {
            throw new IllegalArgumentException("the network has " + expectedInputs + " inputs and " + expectedOutputs
                    + " outputs, but the arrays have " + inputs.length + " and " + outputs.length);
        }
    }
}
