package io.marllb.policies.frozen;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The shape of a network: what it takes to build it, for learning and for serving, and the names, shapes and order of its parameters.
 *
 * <p>All parameters lie one behind another in one flat array, each tensor row-major, in the order of {@link #tensors}. A dense layer is
 * {@code y = x W + b} with W {@code [in, out]}; hidden ones end in ReLU, the last is linear. A GRU of size h has {@code weight_x [in, 3h]},
 * {@code weight_h [h, 3h]}, {@code bias_x [3h]}, {@code bias_h [3h]}, gates in the order r, z, n:
 * {@code r = σ(.), z = σ(.), n = tanh(x Wxn + bxn + r (h Whn + bhn)), h' = (1 - z) n + z h} (Cho et al., 2014, with the reset after the
 * product, as in cuDNN and PyTorch).
 */
public sealed interface NetworkSpec {

    /**
     * One parameter tensor.
     *
     * @param name such as {@code "gru.weight_x"}
     * @param rows first dimension; 1 for a bias
     * @param columns second dimension
     * @param offset place of its first element in the flat array
     */
    record Tensor(String name, int rows, int columns, int offset) {

        /**
         * Number of elements.
         *
         * @return rows times columns
         */
        public int size() {
            return rows * columns;
        }

        /**
         * The end of it in the flat array.
         *
         * @return offset + size
         */
        public int end() {
            return offset + size();
        }
    }

    /**
     * Number of inputs.
     *
     * @param servers n; networks of a fixed size ignore it
     * @return {@code >= 1}
     */
    int inputs(int servers);

    /**
     * Number of outputs.
     *
     * @param servers n; networks of a fixed size ignore it
     * @return {@code >= 1}
     */
    int outputs(int servers);

    /**
     * Size of the recurrent state of one sequence.
     *
     * @param servers n; networks of a fixed size ignore it
     * @return 0 for a network without memory
     */
    int stateSize(int servers);

    /**
     * Every parameter, in the order of the flat array.
     *
     * @return an immutable list, without gaps
     */
    List<Tensor> tensors();

    /**
     * Number of parameters.
     *
     * @return the length of the flat array
     */
    default int parameters() {
        List<Tensor> all = tensors();
        return all.get(all.size() - 1).end();
    }

    /**
     * Dense layers, at most one GRU, dense layers, a linear output. With {@code gru = 0} it has no memory.
     *
     * <p>Tensors: {@code before.0.weight, before.0.bias, ..., gru.*, after.0.weight, ..., output.weight, output.bias}.
     *
     * @param inputs number of inputs, {@code >= 1}
     * @param before sizes of the ReLU layers before the GRU, may be empty
     * @param gru size of the GRU, 0 for none
     * @param after sizes of the ReLU layers behind it, may be empty
     * @param outputs number of linear outputs, {@code >= 1}
     */
    record Recurrent(int inputs, List<Integer> before, int gru, List<Integer> after, int outputs)
            implements NetworkSpec {

        /** Checks the sizes. */
        public Recurrent {
            before = List.copyOf(before);
            after = List.copyOf(after);
            positive("inputs", inputs);
            before.forEach(h -> positive("before", h));
            after.forEach(h -> positive("after", h));
            if (gru < 0) {
                throw new IllegalArgumentException("gru must be >= 0, but was " + gru);
            }
            positive("outputs", outputs);
        }

        @Override
        public int inputs(int servers) {
            return inputs;
        }

        @Override
        public int outputs(int servers) {
            return outputs;
        }

        @Override
        public int stateSize(int servers) {
            return gru;
        }

        @Override
        public List<Tensor> tensors() {
            Layout layout = new Layout();
            int width = inputs;
            width = layout.dense("before", width, before);
            width = layout.gru(width, gru);
            width = layout.dense("after", width, after);
            layout.linear("output", width, outputs);
            return layout.tensors();
        }
    }

    /**
     * A network that does not know how many servers there are, and treats all alike: permutation-equivariant (deep sets, Zaheer et al., 2017).
     *
     * <p>The input row is n blocks of {@code features}, server after server, then {@code globals}. Feature 0 of a server is its active flag, 0 or
     * 1: servers with 0 count in no mean. Each server's features and the globals pass {@code encoder} ReLU layers, giving e_j; p is the mean of e_j
     * over active servers (0 if there is none); u_j = ReLU of a dense layer "mix" on [e_j, p] of size {@code gru} (or, without a GRU, of the
     * last encoder's size); a GRU per server, all with the same parameters, turns u_j into h_j. Output of a server: linear on h_j,
     * {@code perServer} values. Output of the pool: a linear layer on the mean of h_j over active servers, {@code pooled} values. The output row
     * is n blocks of {@code perServer}, then {@code pooled}. State: n blocks of {@code gru}.
     *
     * <p>Tensors: {@code encoder.0.weight, encoder.0.bias, ..., mix.0.weight, mix.0.bias, gru.*, output.weight, output.bias, pooled.weight,
     * pooled.bias}; a head of 0 values has no tensors.
     *
     * @param features inputs per server, {@code >= 1}
     * @param globals inputs of the pool, {@code >= 0}
     * @param encoder sizes of the ReLU layers per server, at least one
     * @param gru size of the GRU, 0 for none
     * @param perServer outputs per server, {@code >= 0}
     * @param pooled outputs of the pool, {@code >= 0}; one of both is {@code > 0}
     */
    record PerServer(int features, int globals, List<Integer> encoder, int gru, int perServer, int pooled)
            implements NetworkSpec {

        /** Checks the sizes. */
        public PerServer {
            encoder = List.copyOf(encoder);
            positive("features", features);
            if (encoder.isEmpty()) {
                throw new IllegalArgumentException("encoder must have at least one layer");
            }
            encoder.forEach(h -> positive("encoder", h));
            if (globals < 0 || gru < 0 || perServer < 0 || pooled < 0 || perServer + pooled == 0) {
                throw new IllegalArgumentException(
                        "globals, gru, perServer and pooled must be >= 0 and one of the outputs > 0, but were "
                                + List.of(globals, gru, perServer, pooled));
            }
        }

        /**
         * Size of the "mix" layer.
         *
         * @return the GRU's size, or the last encoder layer's without one
         */
        public int mix() {
            return gru > 0 ? gru : encoder.get(encoder.size() - 1);
        }

        @Override
        public int inputs(int servers) {
            return servers * features + globals;
        }

        @Override
        public int outputs(int servers) {
            return servers * perServer + pooled;
        }

        @Override
        public int stateSize(int servers) {
            return servers * gru;
        }

        @Override
        public List<Tensor> tensors() {
            Layout layout = new Layout();
            int width = layout.dense("encoder", features + globals, encoder);
            width = layout.dense("mix", 2 * width, List.of(mix()));
            width = layout.gru(width, gru);
            if (perServer > 0) {
                layout.linear("output", width, perServer);
            }
            if (pooled > 0) {
                layout.linear("pooled", width, pooled);
            }
            return layout.tensors();
        }
    }

    private static void positive(String name, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(name + " must be >= 1, but was " + value);
        }
    }

    /** Collects tensors one behind another. */
    final class Layout {

        private final List<Tensor> tensors = new ArrayList<>();
        private int offset;

        private Layout() {}

        private void add(String name, int rows, int columns) {
            Tensor tensor = new Tensor(Objects.requireNonNull(name), rows, columns, offset);
            tensors.add(tensor);
            offset = Math.addExact(offset, Math.multiplyExact(rows, columns));
        }

        private void linear(String name, int inputs, int outputs) {
            add(name + ".weight", inputs, outputs);
            add(name + ".bias", 1, outputs);
        }

        private int dense(String name, int inputs, List<Integer> sizes) {
            int width = inputs;
            for (int i = 0; i < sizes.size(); i++) {
                linear(name + "." + i, width, sizes.get(i));
                width = sizes.get(i);
            }
            return width;
        }

        private int gru(int inputs, int size) {
            if (size == 0) {
                return inputs;
            }
            add("gru.weight_x", inputs, 3 * size);
            add("gru.weight_h", size, 3 * size);
            add("gru.bias_x", 1, 3 * size);
            add("gru.bias_h", 1, 3 * size);
            return size;
        }

        private List<Tensor> tensors() {
            return List.copyOf(tensors);
        }
    }
}
