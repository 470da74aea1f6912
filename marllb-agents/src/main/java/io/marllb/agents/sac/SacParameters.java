package io.marllb.agents.sac;

import io.marllb.agents.DivergenceException;
import io.marllb.agents.nn.Adam;
import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Parameters;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.NetworkSpec;
import io.marllb.policies.frozen.Tensors;

/** What one learner learns: an actor, twin critics with their targets, a temperature, and their optimisers. */
final class SacParameters {

    static final int CRITICS = 2;

    /** Kingma and Ba (2015), and PyTorch's default. */
    private static final double ADAM_EPSILON = 1e-8;

    final Parameters actor;
    final Parameters[] critics = new Parameters[CRITICS];
    final Parameters[] targets = new Parameters[CRITICS];
    final Temperature temperature;
    private final Adam actorOptimiser;
    private final Adam[] criticOptimisers = new Adam[CRITICS];
    private final Matrix[] criticsBefore = new Matrix[CRITICS]; // as before the update, in case something goes wrong
    private final Matrix[] targetsBefore = new Matrix[CRITICS];
    private final Matrix actorBefore;
    private double logAlphaBefore;
    private final long seed;

    SacParameters(SacConfig config, NetworkSpec actorSpec, NetworkSpec criticSpec, long seed, int learner) {
        this.seed = seed;
        Streams streams = Streams.of(seed);
        actor = new Parameters(actorSpec).initialise(streams.stream("sac.actor", learner));
        if (actorSpec instanceof NetworkSpec.PerServer) { // its actions correct a policy, and learning starts there
            actor.zero("output.").zero("pooled.");
        }
        actorOptimiser = new Adam(actor, config.actorRate(), ADAM_EPSILON, config.maxNorm());
        for (int i = 0; i < CRITICS; i++) {
            critics[i] = new Parameters(criticSpec).initialise(streams.stream("sac.critic." + i, learner));
            targets[i] = new Parameters(criticSpec);
            targets[i].follow(critics[i], 1);
            criticOptimisers[i] = new Adam(critics[i], config.criticRate(), ADAM_EPSILON, config.maxNorm());
            criticsBefore[i] = Matrix.zeros(1, criticSpec.parameters());
            targetsBefore[i] = Matrix.zeros(1, criticSpec.parameters());
        }
        actorBefore = Matrix.zeros(1, actorSpec.parameters());
        temperature = new Temperature(config.temperature(), config.temperatureRate());
    }

    /** Begins an update: from now on, {@link #restore} brings back everything that is learnt as it is now. */
    void begin() {
        for (int i = 0; i < CRITICS; i++) {
            criticsBefore[i].copyFrom(critics[i].values());
            targetsBefore[i].copyFrom(targets[i].values());
        }
        actorBefore.copyFrom(actor.values());
        logAlphaBefore = temperature.logAlpha();
    }

    /** Undoes what was done since {@link #begin}, but for the optimisers' moments. */
    void restore() {
        for (int i = 0; i < CRITICS; i++) {
            critics[i].values().copyFrom(criticsBefore[i]);
            critics[i].clearGradients();
            targets[i].values().copyFrom(targetsBefore[i]);
        }
        actor.values().copyFrom(actorBefore);
        actor.clearGradients();
        temperature.logAlpha(logAlphaBefore);
    }

    /** One step of both critics down their gradients. */
    void stepCritics(long update) {
        for (int i = 0; i < CRITICS; i++) {
            requireFinite(criticOptimisers[i].step(), "the gradient's norm of critic " + i, update);
        }
    }

    /** One step of the actor down its gradient; returns the gradient's norm. */
    double stepActor(long update) {
        return requireFinite(actorOptimiser.step(), "the gradient's norm of the actor", update);
    }

    /** A number that an update rests on; throws if it is none. */
    double requireFinite(double value, String name, long update) {
        if (!(Math.abs(value) < Double.POSITIVE_INFINITY)) {
            throw new DivergenceException(name, value, update, seed);
        }
        return value;
    }

    void followTargets(double rate) {
        for (int i = 0; i < CRITICS; i++) {
            targets[i].follow(critics[i], rate);
        }
    }

    void save(String prefix, Tensors into) {
        put(prefix + "actor", actor.values(), into);
        put(prefix + "actor.adam", actorOptimiser.state(), into);
        long[] steps = new long[1 + CRITICS];
        steps[0] = actorOptimiser.steps();
        for (int i = 0; i < CRITICS; i++) {
            put(prefix + "critic." + i, critics[i].values(), into);
            put(prefix + "critic." + i + ".adam", criticOptimisers[i].state(), into);
            put(prefix + "target." + i, targets[i].values(), into);
            steps[1 + i] = criticOptimisers[i].steps();
        }
        into.put(prefix + "adam.steps", steps);
        temperature.save(prefix + "temperature", into);
    }

    void load(String prefix, Tensors from) {
        take(prefix + "actor", actor.values(), from);
        take(prefix + "actor.adam", actorOptimiser.state(), from);
        long[] steps = from.longs(prefix + "adam.steps");
        if (steps.length != 1 + CRITICS) {
            throw new IllegalArgumentException("tensor '" + prefix + "adam.steps' must hold " + (1 + CRITICS)
                    + " numbers, but has " + steps.length);
        }
        actorOptimiser.restore(Math.toIntExact(steps[0]));
        for (int i = 0; i < CRITICS; i++) {
            take(prefix + "critic." + i, critics[i].values(), from);
            take(prefix + "critic." + i + ".adam", criticOptimisers[i].state(), from);
            take(prefix + "target." + i, targets[i].values(), from);
            criticOptimisers[i].restore(Math.toIntExact(steps[1 + i]));
        }
        temperature.load(prefix + "temperature", from);
    }

    private static void put(String name, Matrix m, Tensors into) {
        float[] values = new float[m.size()];
        m.get(0, values, 0, values.length);
        into.put(name, values);
    }

    private static void take(String name, Matrix m, Tensors from) {
        float[] values = from.floats(name);
        if (values.length != m.size()) {
            throw new IllegalArgumentException(
                    "tensor '" + name + "' has " + values.length + " values, but this configuration needs " + m.size());
        }
        m.put(0, values, 0, values.length);
    }
}
