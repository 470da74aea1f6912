package io.marllb.agents.qmix;

import io.marllb.agents.DivergenceException;
import io.marllb.agents.Learner;
import io.marllb.agents.LearnerSetup;
import io.marllb.agents.Metrics;
import io.marllb.agents.nn.Adam;
import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Network;
import io.marllb.agents.nn.Parameters;
import io.marllb.agents.qmix.QmixConfig.StateSource;
import io.marllb.agents.replay.Episode;
import io.marllb.agents.replay.SequenceBatch;
import io.marllb.agents.replay.SequenceReplay;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import io.marllb.policies.frozen.Tensors;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * QMIX (Rashid et al., 2018, arXiv:1803.11485) for agents that choose a level in each of several heads: all agents share one recurrent network,
 * every head's chosen value is an input of the mixer, and the joint value learns from the team's reward. By the same code VDN, a weighted sum, and
 * independent learners, according to {@link MixerSpec.Kind}.
 *
 * <p>{@link #update} is the algorithm, in the order of the paper's section 4, with double Q-learning and TD(λ) as in its successors. The team's
 * reward is the mean over agents (a sum would grow with their number); independent learners take their own. Values are not bounded. Masked steps
 * count neither in the loss nor in what it is divided by. Not thread-safe.
 */
public final class Qmix implements Learner {

    private static final int CALIBRATION_BATCHES = 16; // with any batch of ours some hundred returns, 5 % of error
    private static final double SMALLEST_SPREAD = 1e-6; // of the mean; below, returns count as constant

    private final LearnerSetup setup;
    private final QmixConfig config;
    private final Streams streams;
    private final Heads heads;
    private final int[] levels; // [heads of an agent]
    private final int[][] allowed; // [agents][heads]: only that many levels exist for the agent
    private final int outputs; // sum of the levels
    private final int agents;
    private final int headCount; // of one agent
    private final int time;
    private final int batch;
    private final int rows; // sequences of an update, agents times batch
    private final int stateSize;
    private final int[] stateInputs; // entries of an observation that are part of a state of observations

    private final NetworkSpec actor;
    private final Parameters online;
    private final Parameters target;
    private final Network onlineNetwork;
    private final Network targetNetwork;
    private final Mixer onlineMixer;
    private final Mixer targetMixer;
    private final Adam agentAdam;
    private final Adam mixerAdam; // null without parameters

    private final SequenceReplay replay;
    private final SequenceBatch data;
    private final Matrix[] warmInputs; // [burnIn]: [rows, inputs]
    private final Matrix memory; // [rows, stateSize of the network]; null without burn-in or memory
    private final Matrix targetMemory;
    private final Matrix inputs; // [(time + 1) * rows, inputs]
    private final Matrix states; // [(time + 1) * batch, stateSize]
    private final Matrix statesNow; // [time * batch, stateSize]
    private final Matrix statesNext;
    private final Matrix chosen; // [time * batch, agents * heads]
    private final Matrix next; // the same shape
    private final Matrix valueGradient; // [time * batch, outputs of the mixer]
    private final Matrix outputGradient; // [(time + 1) * rows, outputs]
    private final float[] zeros; // [size of outputGradient]
    private final float[] rewards; // [time * batch, outputs of the mixer]
    private final float[] bootstrap;
    private final float[] targets;
    private final float[] row; // [inputs]

    private double scale; // what values are learnt in units of; 0 until it is known
    private long updates;

    /**
     * A learner that knows nothing yet.
     *
     * @param setup the problem
     * @param config settings
     * @throws IllegalArgumentException if both do not fit
     */
    public Qmix(LearnerSetup setup, QmixConfig config) {
        this(setup, config, null);
    }

    /**
     * A learner for agents that do not have equally many actions.
     *
     * @param setup the problem; its action space has the most levels of any agent
     * @param config settings
     * @param allowed levels of each agent's heads, {@code [agents][heads]}, each in [1, levels of the space]; null if all are
     */
    public Qmix(LearnerSetup setup, QmixConfig config, int[][] allowed) {
        this.setup = setup;
        this.config = config;
        streams = Streams.of(Streams.of(setup.seed()).seed("qmix", 0));
        heads = Heads.of(Heads.Kind.VALUES, setup.actionSpace());
        agents = setup.agents();
        headCount = heads.actionSize();
        levels = QmixShapes.levels(setup);
        outputs = heads.outputs();
        this.allowed = new int[agents][];
        for (int i = 0; i < agents; i++) {
            this.allowed[i] = allowed == null ? levels : allowed[i].clone();
        }
        actor = QmixShapes.actor(setup, config, heads);
        time = config.window() == 0 ? setup.horizon() : Math.min(config.window(), setup.horizon());
        batch = config.batch();
        rows = batch * agents;
        MixerSpec mixerSpec = QmixShapes.mixer(setup, config);
        stateInputs = QmixShapes.stateInputs(setup, config, heads);
        stateSize = mixerSpec.state();

        online = new Parameters(actor).initialise(streams.stream("agents"));
        target = new Parameters(actor);
        onlineNetwork = Network.of(actor, online, setup.servers(), time + 1, rows);
        targetNetwork = Network.of(actor, target, setup.servers(), time + 1, rows);
        Parameters mixing = null;
        Parameters targetMixing = null;
        if (!mixerSpec.tensors().isEmpty()) {
            mixing = new Parameters(mixerSpec.tensors()).initialise(streams.stream("mixer"));
            targetMixing = new Parameters(mixerSpec.tensors());
        }
        onlineMixer = Mixer.of(mixerSpec, mixing, time * batch);
        targetMixer = Mixer.of(mixerSpec, targetMixing, time * batch);
        follow(1);
        agentAdam = new Adam(online, config.learningRate(), config.adamEpsilon(), config.clipNorm());
        mixerAdam = mixing == null
                ? null
                : new Adam(mixing, config.learningRate(), config.adamEpsilon(), config.clipNorm());

        long capacity = (long) config.replayEpisodes() * setup.horizon();
        boolean whole = time == setup.horizon();
        replay = new SequenceReplay(capacity, time, !whole, 0);
        int burnIn = whole || actor.stateSize(setup.servers()) == 0 ? 0 : config.burnIn();
        boolean keepState = config.state() == StateSource.ENVIRONMENT && setup.stateSize() > 0;
        data = new SequenceBatch(
                agents, setup.inputs(), headCount, keepState ? setup.stateSize() : 0, burnIn, time, 1, batch);
        warmInputs = new Matrix[burnIn];
        for (int r = 0; r < burnIn; r++) {
            warmInputs[r] = Matrix.zeros(rows, setup.inputs());
        }
        memory = burnIn > 0 ? Matrix.zeros(rows, actor.stateSize(setup.servers())) : null;
        targetMemory = burnIn > 0 ? Matrix.zeros(rows, actor.stateSize(setup.servers())) : null;
        inputs = Matrix.zeros((time + 1) * rows, setup.inputs());
        states = Matrix.zeros((time + 1) * batch, Math.max(1, stateSize));
        statesNow = states.rows(0, time * batch);
        statesNext = states.rows(batch, (time + 1) * batch);
        chosen = Matrix.zeros(time * batch, agents * headCount);
        next = Matrix.zeros(time * batch, agents * headCount);
        int mixed = mixerSpec.outputs();
        valueGradient = Matrix.zeros(time * batch, mixed);
        outputGradient = Matrix.zeros((time + 1) * rows, outputs);
        zeros = new float[outputGradient.size()];
        rewards = new float[time * batch * mixed];
        bootstrap = new float[time * batch * mixed];
        targets = new float[time * batch * mixed];
        row = new float[setup.inputs()];
        scale = config.calibrate() ? 0 : 1;
    }

    @Override
    public void update(Metrics metrics) {
        if (scale == 0) {
            calibrate();
        }
        // Sequences of all agents, from the replay.
        replay.sample(streams.stream("update", Math.toIntExact(updates)), 0, data);
        gather();

        // Values of all actions in every step, by both networks, with memory unrolled over the sequence.
        warm();
        Matrix futures = targetNetwork.forward(inputs, time + 1, rows, targetMemory);
        Matrix values = onlineNetwork.forward(inputs, time + 1, rows, memory);

        // The next joint action: per head the best, which by monotonicity is jointly best.
        pickNext(values, futures);
        float[] mask = data.mask();
        int mixed = onlineMixer.spec().outputs();
        targetMixer.forward(next, statesNext).get(0, bootstrap, 0, bootstrap.length);
        LambdaTargets.backwards(
                rewards,
                data.terminated(),
                mask,
                bootstrap,
                time,
                batch,
                mixed,
                config.discount(),
                config.lambda(),
                targets);

        // The joint value of what was done, and its squared error.
        pickChosen(values);
        Matrix joint = onlineMixer.forward(chosen, statesNow);
        double loss = 0;
        double valueSum = 0;
        double counted = data.steps() * mixed;
        for (int at = 0; at < targets.length; at++) {
            float q = joint.buffer().get(at);
            double error = mask[at / mixed] * (q - targets[at]);
            loss += error * error;
            valueSum += mask[at / mixed] * q;
            valueGradient.buffer().put(at, (float) (2 * error / counted));
        }
        loss /= counted;
        require("loss", loss);

        // Back through the mixer into the value of each chosen action, and through the network over time.
        scatter(onlineMixer.backward(valueGradient));
        onlineNetwork.backward(outputGradient);
        step(metrics);

        updates++;
        if (config.targetInterval() == 0) {
            follow(config.targetRate());
        } else if (updates % config.targetInterval() == 0) {
            follow(1);
        }
        metrics.record("train/loss", loss * scale * scale);
        metrics.record("train/q_mean", valueSum / counted * scale);
    }

    private void require(String tensor, double value) {
        if (!(Math.abs(value) < Double.POSITIVE_INFINITY)) {
            online.clearGradients();
            if (mixerAdam != null) {
                onlineMixer.parameters().clearGradients();
            }
            throw new DivergenceException(tensor, value, updates, setup.seed());
        }
    }

    private void step(Metrics metrics) {
        // Both gradients are looked at before either step, so that nothing has moved when one is bad.
        require("gradient of the agents", squares(online.gradients()));
        if (mixerAdam != null) {
            require("gradient of the mixer", squares(onlineMixer.parameters().gradients()));
        }
        if (config.decayUpdates() > 0) {
            double left = Math.max(0, 1 - (double) updates / config.decayUpdates());
            double rate = Math.max(config.learningRate() * left, Double.MIN_NORMAL);
            agentAdam.learningRate(rate);
            if (mixerAdam != null) {
                mixerAdam.learningRate(rate);
            }
        }
        metrics.record("train/grad_norm", agentAdam.step());
        if (mixerAdam != null) {
            metrics.record("train/mixer_grad_norm", mixerAdam.step());
        }
    }

    /** As the optimiser adds them up, in floats: whatever it would not step for is not finite here. */
    private static float squares(Matrix m) {
        float sum = 0;
        for (int k = 0; k < m.size(); k++) {
            float g = m.buffer().get(k);
            sum += g * g;
        }
        return sum;
    }

    private void follow(double rate) {
        target.follow(online, rate);
        if (onlineMixer.parameters() != null) {
            targetMixer.parameters().follow(onlineMixer.parameters(), rate);
        }
    }

    /** Observations of all agents, side by side: row {@code t * rows + b * agents + i}; states; rewards in units of the scale. */
    private void gather() {
        int width = setup.inputs();
        int burnIn = data.burnIn();
        for (int i = 0; i < agents; i++) {
            Matrix seen = data.observations(i);
            for (int r = 0; r < burnIn; r++) {
                for (int b = 0; b < batch; b++) {
                    seen.get((r * batch + b) * width, row, 0, width);
                    warmInputs[r].put((b * agents + i) * width, row, 0, width);
                }
            }
            for (int s = 0; s < (time + 1) * batch; s++) {
                seen.get((burnIn * batch + s) * width, row, 0, width);
                inputs.put((s * agents + i) * width, row, 0, width);
            }
        }
        if (stateSize > 0 && config.state() == StateSource.OBSERVATIONS) {
            for (int s = 0; s < (time + 1) * batch; s++) {
                for (int i = 0; i < agents; i++) {
                    data.observations(i).get((burnIn * batch + s) * width, row, 0, width);
                    writeState(s, i, row);
                }
            }
        } else if (data.states() != null && stateSize > 0) {
            states.copyFrom(data.states());
        }
        int mixed = onlineMixer.spec().outputs();
        for (int s = 0; s < time * batch; s++) {
            double team = 0;
            for (int i = 0; i < agents; i++) {
                team += data.rewards(i)[s];
            }
            for (int o = 0; o < mixed; o++) {
                double r = mixed == 1 ? team / agents : data.rewards(o / headCount)[s];
                rewards[s * mixed + o] = (float) (r / scale);
            }
        }
    }

    /** Runs both networks over the steps before the window; memory of a sequence that begins later stays empty until then. */
    private void warm() {
        if (memory == null) {
            return;
        }
        memory.fill(0);
        targetMemory.fill(0);
        for (int r = 0; r < warmInputs.length; r++) {
            onlineNetwork.forward(warmInputs[r], 1, rows, memory);
            memory.copyFrom(onlineNetwork.state());
            targetNetwork.forward(warmInputs[r], 1, rows, targetMemory);
            targetMemory.copyFrom(targetNetwork.state());
            for (int b = 0; b < batch; b++) {
                if (r < warmInputs.length - data.warmUp(b)) {
                    memory.rows(b * agents, (b + 1) * agents).fill(0);
                    targetMemory.rows(b * agents, (b + 1) * agents).fill(0);
                }
            }
        }
    }

    private void pickNext(Matrix values, Matrix futures) {
        FloatBuffer judge = (config.doubleQ() ? values : futures).buffer();
        for (int s = 0; s < time * batch; s++) {
            for (int i = 0; i < agents; i++) {
                int from = ((s + batch) * agents + i) * outputs;
                for (int h = 0; h < headCount; h++) {
                    int best = best(judge, from, allowed[i][h]);
                    next.buffer()
                            .put(
                                    (s * agents + i) * headCount + h,
                                    futures.buffer().get(best));
                    from += levels[h];
                }
            }
        }
    }

    /** Place of the largest of some numbers, the first of equals. */
    private static int best(FloatBuffer values, int from, int count) {
        int best = from;
        for (int k = from + 1; k < from + count; k++) {
            if (values.get(k) > values.get(best)) {
                best = k;
            }
        }
        return best;
    }

    private int chosenAt(int s, int i, int h) {
        int action = (int) data.actions(i)[(data.burnIn() * batch + s) * headCount + h];
        int at = (s * agents + i) * outputs + action;
        for (int k = 0; k < h; k++) {
            at += levels[k];
        }
        return at;
    }

    private void pickChosen(Matrix values) {
        for (int s = 0; s < time * batch; s++) {
            for (int i = 0; i < agents; i++) {
                for (int h = 0; h < headCount; h++) {
                    float q = values.buffer().get(chosenAt(s, i, h));
                    chosen.buffer().put((s * agents + i) * headCount + h, q);
                }
            }
        }
    }

    private void scatter(Matrix gradient) {
        outputGradient.put(0, zeros, 0, zeros.length); // an operation of ND4J costs more than this
        for (int s = 0; s < time * batch; s++) {
            for (int i = 0; i < agents; i++) {
                for (int h = 0; h < headCount; h++) {
                    float g = gradient.buffer().get((s * agents + i) * headCount + h);
                    outputGradient.buffer().put(chosenAt(s, i, h), g);
                }
            }
        }
    }

    /** Sets the unit of values to the deviation of returns so far, and lets them start from their mean. */
    private void calibrate() {
        RandomGenerator random = streams.stream("calibration");
        double[] rewardSum = new double[2];
        double[][] returns = new double[CALIBRATION_BATCHES][];
        scale = 1;
        for (double[] unused : returns) { // first the mean reward, which stands for what follows a cut
            replay.sample(random, 0, data);
            gather();
            for (int at = 0; at < rewards.length; at++) {
                float m = data.mask()[at / onlineMixer.spec().outputs()];
                rewardSum[0] += m * rewards[at];
                rewardSum[1] += m;
            }
        }
        Arrays.fill(bootstrap, (float) (rewardSum[0] / rewardSum[1] / (1 - config.discount())));
        double count = 0;
        double mean = 0;
        double squares = 0;
        for (int k = 0; k < CALIBRATION_BATCHES; k++) {
            replay.sample(random, 0, data);
            gather();
            LambdaTargets.backwards(
                    rewards,
                    data.terminated(),
                    data.mask(),
                    bootstrap,
                    time,
                    batch,
                    onlineMixer.spec().outputs(),
                    config.discount(),
                    1,
                    targets);
            for (int at = 0; at < targets.length; at++) {
                if (data.mask()[at / onlineMixer.spec().outputs()] == 1) { // Welford (1962)
                    count++;
                    double delta = targets[at] - mean;
                    mean += delta / count;
                    squares += delta * (targets[at] - mean);
                }
            }
        }
        double deviation = Math.sqrt(squares / count);
        if (!(deviation > SMALLEST_SPREAD * Math.abs(mean))) {
            deviation = mean == 0 ? 1 : Math.abs(mean);
        }
        scale = deviation;
        startFrom(mean / scale);
    }

    private void startFrom(double mean) {
        if (onlineMixer.parameters() != null) {
            raise(onlineMixer.parameters().value("value.bias"), mean);
        } else {
            double share = mean * onlineMixer.spec().outputs() / (agents * headCount);
            raise(online.value("output.bias"), share);
            if (actor instanceof NetworkSpec.PerServer p && p.pooled() > 0) {
                raise(online.value("pooled.bias"), share);
            }
        }
        follow(1);
    }

    private static void raise(Matrix bias, double by) {
        for (int j = 0; j < bias.size(); j++) {
            bias.buffer().put(j, (float) (bias.buffer().get(j) + by));
        }
    }

    /**
     * What the mixer makes of every joint action in a first step, before anything was remembered: the table that one-step games are judged by.
     *
     * @param observations what each agent sees, {@code [agents][inputs]}
     * @param state the environment's state, {@code [stateSize]}; ignored if the mixer sees none
     * @return values in units of the reward, row-major over the agents' actions, agent 0 slowest; null for independent learners, who have none
     * @throws IllegalStateException if agents have more than one head, or values are not calibrated before the first update
     */
    public double[] jointValues(float[][] observations, float[] state) {
        if (headCount != 1) {
            throw new IllegalStateException(
                    "there is a table for agents with one head only, but they have " + headCount);
        }
        if (config.mixer() == MixerSpec.Kind.IQL) {
            return null;
        }
        requireCalibrated();
        float[][] own = values(observations);
        int size = 1;
        for (int[] a : allowed) {
            size = Math.multiplyExact(size, a[0]);
        }
        double[] table = new double[size];
        int chunk = time * batch;
        for (int from = 0; from < size; from += chunk) {
            int count = Math.min(chunk, size - from);
            for (int s = 0; s < count; s++) {
                int index = from + s;
                for (int i = agents - 1; i >= 0; i--) {
                    chosen.buffer().put(s * agents + i, own[i][index % allowed[i][0]]);
                    index /= allowed[i][0];
                }
                writeState(s, observations, state);
            }
            Matrix joint = onlineMixer.forward(count == chunk ? chosen : chosen.rows(0, count), states.rows(0, count));
            for (int s = 0; s < count; s++) {
                table[from + s] = joint.buffer().get(s) * scale;
            }
        }
        return table;
    }

    private void requireCalibrated() {
        if (scale == 0) {
            throw new IllegalStateException("values have no unit before the first update");
        }
    }

    private void writeState(int s, float[][] observations, float[] state) {
        if (stateSize == 0) {
            return;
        }
        if (config.state() == StateSource.ENVIRONMENT) {
            states.put(s * stateSize, state, 0, stateSize);
            return;
        }
        for (int i = 0; i < agents; i++) {
            writeState(s, i, observations[i]);
        }
    }

    private void writeState(int s, int agent, float[] observation) {
        int at = s * stateSize + agent * stateInputs.length;
        for (int k : stateInputs) {
            states.buffer().put(at++, observation[k]);
        }
    }

    /**
     * Values of all of each agent's own actions in a first step, in the unit in which they are learnt. Only their order means something, but for
     * independent learners.
     *
     * @param observations what each agent sees, {@code [agents][inputs]}
     * @return {@code [agents][outputs]}, a new array
     */
    float[][] values(float[][] observations) {
        Matrix seen = Matrix.zeros(agents, setup.inputs());
        for (int i = 0; i < agents; i++) {
            seen.put(i * setup.inputs(), observations[i], 0, setup.inputs());
        }
        Matrix q = onlineNetwork.forward(seen, 1, agents, null);
        float[][] own = new float[agents][outputs];
        for (int i = 0; i < agents; i++) {
            q.get(i * outputs, own[i], 0, outputs);
        }
        return own;
    }

    @Override
    public NetworkSpec actor() {
        return actor;
    }

    @Override
    public Heads heads() {
        return heads;
    }

    @Override
    public int actors() {
        return 1;
    }

    @Override
    public void copyActor(int index, float[] into) {
        java.util.Objects.checkIndex(index, 1);
        online.copyTo(into);
    }

    @Override
    public double epsilon(long steps) {
        double share = config.epsilonSteps() == 0 ? 1 : Math.min(1, (double) steps / config.epsilonSteps());
        return config.epsilonStart() + share * (config.epsilonEnd() - config.epsilonStart());
    }

    @Override
    public void add(Episode episode) {
        replay.add(episode);
    }

    @Override
    public boolean ready() {
        return replay.steps() >= (long) config.startEpisodes() * setup.horizon();
    }

    @Override
    public long updates() {
        return updates;
    }

    @Override
    public void save(Tensors into) {
        learnt().save(into);
        into.put("counters", new long[] {updates, Double.doubleToLongBits(scale), agentAdam.steps()});
        replay.save("replay.", into);
    }

    @Override
    public void load(Tensors from) {
        long[] counters = from.longs("counters");
        if (counters.length != 3) {
            throw new IllegalArgumentException(
                    "tensor 'counters' must hold updates, unit and steps, but has " + counters.length + " numbers");
        }
        double unit = Double.longBitsToDouble(counters[1]);
        if (counters[0] < 0 || counters[2] < 0 || !(unit >= 0 && unit < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("tensor 'counters' must hold numbers >= 0, but has " + counters[0]
                    + " updates, a unit of " + unit + " and " + counters[2] + " steps");
        }
        learnt().load(from, Math.toIntExact(counters[2]));
        replay.load("replay.", from, agents, setup.inputs(), headCount, setup.stateSize());
        updates = counters[0];
        scale = unit;
    }

    private QmixTensors learnt() {
        return new QmixTensors(
                online, target, agentAdam, onlineMixer.parameters(), targetMixer.parameters(), mixerAdam);
    }
}
