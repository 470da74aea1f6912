package io.marllb.bench.learning;

import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.NetworkSpec;
import java.util.random.RandomGenerator;

/** Some decisions of a frozen network, one observation each, the state carried on. */
final class DecisionWork implements Runnable {

    private final FrozenNetwork.Runner runner;
    private final float[] inputs = new float[UpdateWork.INPUTS];
    private final float[] outputs = new float[UpdateWork.OUTPUTS];
    private final int decisions;

    DecisionWork(int hidden, int decisions) {
        this.decisions = decisions;
        RandomGenerator random = Streams.of(1).stream("decision");
        NetworkSpec spec = UpdateWork.spec(hidden);
        float[] parameters = new float[spec.parameters()];
        float bound = (float) (1 / Math.sqrt(hidden));
        for (int i = 0; i < parameters.length; i++) {
            parameters[i] = bound * (2 * random.nextFloat() - 1);
        }
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = 2 * random.nextFloat() - 1;
        }
        runner = FrozenNetwork.of(spec, parameters).runner(1);
    }

    @Override
    public void run() {
        for (int i = 0; i < decisions; i++) {
            runner.step(inputs, outputs);
        }
    }

    /** Wall time of single decisions. */
    void time(long[] nanos) {
        for (int i = 0; i < nanos.length; i++) {
            long before = System.nanoTime();
            runner.step(inputs, outputs);
            nanos[i] = System.nanoTime() - before;
        }
    }
}
