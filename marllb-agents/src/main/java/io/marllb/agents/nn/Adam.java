package io.marllb.agents.nn;

/** Adam (Kingma and Ba, 2015) over one set of parameters, with clipping by the global norm first; ND4J's updater on a flat state. Not thread-safe. */
public final class Adam {

    private final Parameters parameters;
    private final double maxNorm;
    private final Matrix state; // [1, 2 count]: first moments, then second
    private final org.nd4j.linalg.learning.config.Adam settings; // the updater looks here at each step
    private final org.nd4j.linalg.learning.GradientUpdater<?> updater;
    private int steps;

    /**
     * An optimiser.
     *
     * @param parameters what it changes
     * @param learningRate step size, {@code > 0}
     * @param epsilon added to the root of the second moment, {@code > 0}
     * @param maxNorm largest norm of the gradient; what is larger is scaled down; infinity for no clipping
     */
    public Adam(Parameters parameters, double learningRate, double epsilon, double maxNorm) {
        this.parameters = parameters;
        this.maxNorm = maxNorm;
        state = Matrix.zeros(1, 2 * parameters.count());
        settings = new org.nd4j.linalg.learning.config.Adam(learningRate, 0.9, 0.999, epsilon);
        updater = settings.instantiate(state.array(), true);
    }

    /**
     * One step down the gradients, which are changed and then cleared.
     *
     * @return the norm of the gradient before clipping; NaN or infinite if the update must not be trusted (nothing has changed then)
     */
    public double step() {
        Matrix gradients = parameters.gradients();
        double norm = gradients.array().norm2Number().doubleValue();
        if (!(norm < Double.POSITIVE_INFINITY)) {
            return norm;
        }
        if (norm > maxNorm) {
            gradients.array().muli(maxNorm / norm);
        }
        updater.applyUpdater(gradients.array(), steps++, 0);
        parameters.values().array().subi(gradients.array());
        parameters.clearGradients();
        return norm;
    }

    /**
     * Changes the step size from the next step on.
     *
     * @param rate {@code > 0}
     */
    public void learningRate(double rate) {
        settings.setLearningRate(rate);
    }

    /**
     * Its moments, to keep and to restore.
     *
     * @return {@code [1, 2 count]}
     */
    public Matrix state() {
        return state;
    }

    /**
     * Steps made so far.
     *
     * @return count
     */
    public int steps() {
        return steps;
    }

    /**
     * Continues after a restore of {@link #state}.
     *
     * @param count steps made so far
     */
    public void restore(int count) {
        steps = count;
    }
}
