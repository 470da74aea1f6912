package io.marllb.agents.qmix;

import io.marllb.policies.frozen.NetworkSpec.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * The shape of a mixer.
 *
 * @param kind what it does
 * @param heads number of values it takes, {@code >= 1}
 * @param state length of the state, {@code >= 1} for mixers with parameters
 * @param embed E, units of the mixing layer; QMIX only
 * @param hidden size of the ReLU layer in the hypernetworks of the weights, 0 for linear ones; QMIX only
 * @param valueHidden size of the ReLU layer in V(s)
 * @param units what the units of the mixing layer do; QMIX only
 */
public record MixerSpec(Kind kind, int heads, int state, int embed, int hidden, int valueHidden, Units units) {

    /** What a mixer does. */
    public enum Kind {
        /** Monotonic network whose weights depend on the state (Rashid et al., 2018). */
        QMIX,
        /** Sum of the values (Sunehag et al., 2018). */
        VDN,
        /** Sum of the values, each times a weight {@code >= 0} that depends on the state, plus V(s): linear, between VDN and QMIX. */
        WEIGHTED,
        /** No mixing: each head learns for itself (Tan, 1993). */
        IQL
    }

    /** What the units of the mixing layer do; all rise with their input. */
    public enum Units {
        /**
         * ELU, as in the paper. It is convex, so with weights {@code >= 0} the joint value is supermodular in the heads' values, and of some monotonic
         * tables, such as [[0, 1], [1, 1]], there is no copy.
         */
        ELU,
        /**
         * A third each of ELU(x), -ELU(-x) and tanh(x): convex, concave and saturating, as Runje and Shankaranarayana (2023, arXiv:2205.11775) have it
         * in monotonic networks.
         */
        MIXED
    }

    /** Checks the sizes. */
    public MixerSpec {
        Objects.requireNonNull(kind, "kind");
        Objects.requireNonNull(units, "units");
        if (heads < 1) {
            throw new IllegalArgumentException("heads must be >= 1, but was " + heads);
        }
        if ((kind == Kind.QMIX || kind == Kind.WEIGHTED) && (state < 1 || valueHidden < 1)) {
            throw new IllegalArgumentException("a mixer of kind " + kind
                    + " needs state and valueHidden >= 1, but they were " + state + " and " + valueHidden
                    + "; an environment without a state can use state=observations");
        }
        if (kind == Kind.QMIX && (embed < 1 || hidden < 0)) {
            throw new IllegalArgumentException(
                    "embed must be >= 1 and hidden >= 0, but were " + embed + " and " + hidden);
        }
    }

    /**
     * Number of values that come out.
     *
     * @return 1, or the heads of independent learners
     */
    public int outputs() {
        return kind == Kind.IQL ? heads : 1;
    }

    /** Columns of the one product that all first layers on the state are. */
    int firstColumns() {
        return switch (kind) {
            case QMIX -> (hidden > 0 ? 2 * hidden : (heads + 1) * embed) + embed + valueHidden;
            case WEIGHTED -> heads + valueHidden;
            default -> 0;
        };
    }

    /**
     * Every parameter, in the order of the flat array. {@code first} holds the first layers of all hypernetworks side by side, for one matrix
     * product: without a hidden layer w1, wf, b1, V, with one the hidden layers of w1 and wf, b1, V. Then follow {@code w1, wf} (only with a hidden
     * layer) and {@code value}, the end of V.
     *
     * @return an immutable list without gaps; empty without parameters
     */
    public List<Tensor> tensors() {
        List<Tensor> all = new ArrayList<>();
        if (kind == Kind.QMIX || kind == Kind.WEIGHTED) {
            linear(all, "first", state, firstColumns());
            if (kind == Kind.QMIX && hidden > 0) {
                linear(all, "w1", hidden, heads * embed);
                linear(all, "wf", hidden, embed);
            }
            linear(all, "value", valueHidden, 1);
        }
        return List.copyOf(all);
    }

    private static void linear(List<Tensor> all, String name, int inputs, int outputs) {
        int offset = all.isEmpty() ? 0 : all.get(all.size() - 1).end();
        all.add(new Tensor(name + ".weight", inputs, outputs, offset));
        all.add(new Tensor(name + ".bias", 1, outputs, offset + Math.multiplyExact(inputs, outputs)));
    }
}
