package io.marllb.bench.learning;

import io.marllb.agents.nn.Adam;
import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Network;
import io.marllb.agents.nn.Parameters;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.NetworkSpec;
import java.util.List;
import java.util.random.RandomGenerator;

/** One update of a recurrent network: forward, backward from a given gradient by the outputs, Adam. */
final class UpdateWork implements Runnable {

    static final int INPUTS = 64;
    static final int OUTPUTS = 32;
    static final double LEARNING_RATE = 1e-4;
    static final double EPSILON = 1e-8;

    private final int time;
    private final int batch;
    private final Network network;
    private final Adam adam;
    private final Matrix inputs;
    private final Matrix gradient;
    private final Matrix passed;

    UpdateWork(int hidden, int time, int batch) {
        this.time = time;
        this.batch = batch;
        RandomGenerator random = Streams.of(1).stream("update");
        Parameters parameters = new Parameters(spec(hidden)).initialise(random);
        network = Network.of(spec(hidden), parameters, 0, time, batch);
        adam = new Adam(parameters, LEARNING_RATE, EPSILON, Double.POSITIVE_INFINITY);
        inputs = draw(random, time * batch, INPUTS, 1);
        gradient = draw(random, time * batch, OUTPUTS, 1.0 / (time * batch));
        passed = Matrix.zeros(time * batch, OUTPUTS);
    }

    static NetworkSpec spec(int hidden) {
        return new NetworkSpec.Recurrent(INPUTS, List.of(hidden), hidden, List.of(), OUTPUTS);
    }

    static Matrix draw(RandomGenerator random, int rows, int columns, double bound) {
        Matrix m = Matrix.zeros(rows, columns);
        for (int i = 0; i < m.size(); i++) {
            m.buffer().put(i, (float) (bound * (2 * random.nextDouble() - 1)));
        }
        return m;
    }

    @Override
    public void run() {
        network.forward(inputs, time, batch, null);
        passed.copyFrom(gradient);
        network.backward(passed);
        adam.step();
    }
}
