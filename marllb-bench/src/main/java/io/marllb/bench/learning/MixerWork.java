package io.marllb.bench.learning;

import io.marllb.agents.nn.Adam;
import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Parameters;
import io.marllb.agents.qmix.Mixer;
import io.marllb.agents.qmix.MixerSpec;
import io.marllb.core.rng.Streams;
import java.util.random.RandomGenerator;

/** One update of a QMIX mixer alone: forward, backward from a given gradient to parameters and values, Adam. */
final class MixerWork implements Runnable {

    private final Mixer mixer;
    private final Adam adam;
    private final Matrix values;
    private final Matrix states;
    private final Matrix gradient;

    MixerWork(int agents, int state, int embed, int samples) {
        RandomGenerator random = Streams.of(1).stream("mixer");
        MixerSpec spec = new MixerSpec(MixerSpec.Kind.QMIX, agents, state, embed, 0, embed, MixerSpec.Units.ELU);
        Parameters parameters = new Parameters(spec.tensors()).initialise(random);
        mixer = Mixer.of(spec, parameters, samples);
        adam = new Adam(parameters, UpdateWork.LEARNING_RATE, UpdateWork.EPSILON, Double.POSITIVE_INFINITY);
        values = UpdateWork.draw(random, samples, agents, 1);
        states = UpdateWork.draw(random, samples, state, 1);
        gradient = UpdateWork.draw(random, samples, 1, 1.0 / samples);
    }

    @Override
    public void run() {
        mixer.forward(values, states);
        mixer.backward(gradient);
        adam.step();
    }
}
