package io.marllb.agents.sac;

import io.marllb.agents.Metrics;
import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Network;
import io.marllb.agents.replay.SequenceBatch;
import io.marllb.core.rng.Normal;
import io.marllb.policies.frozen.Heads;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * SAC for continuous actions in [-1, 1] (Haarnoja et al., 2018, arXiv:1812.05905): a normal squashed by tanh, gradients through the draw.
 *
 * <p>A critic with memory has seen the actions that were really taken. So Q(o, a') of a new action a' is asked in two passes: one over the record,
 * for the state before each step, and one of single steps from these states with the new actions. Feeding new actions through whole sequences, as
 * some programs do, would ask about a past that never was.
 */
final class ContinuousSac implements SacUpdate {

    private static final int CRITICS = SacParameters.CRITICS;

    private final SacConfig config;
    private final SacParameters learnt;
    private final CriticLayout layout;
    private final int[] agents;
    private final int dimensions;
    private final int time;
    private final int ahead;
    private final int drawnBatch;
    private final int batch; // windows of all agents
    private final double targetEntropy;
    private final Windows seen;
    private final Windows acted; // with the actions of the record
    private final Matrix proposed; // with new actions, [(time + ahead) * batch, width]
    private final Matrix proposedLearnt; // its first `time` rows
    private final SequenceNetwork actor;
    private final SequenceNetwork[] critics = new SequenceNetwork[CRITICS]; // over the record
    private final Network[] criticSteps = new Network[CRITICS]; // of single steps
    private final SequenceNetwork[] targets = new SequenceNetwork[CRITICS];
    private final Network[] targetSteps = new Network[CRITICS];
    private final Matrix actorGradient; // [(time + ahead) * batch, 2 * dimensions]
    private final Matrix criticGradient; // [time * batch, 1]
    private final float[] heads; // mean and log σ, [(time + ahead) * batch * 2 * dimensions]
    private final double[] noise; // ε, [(time + ahead) * batch * dimensions]
    private final float[] actions; // tanh(u), likewise
    private final double[] logPolicy; // of the whole action, [(time + ahead) * batch]
    private final float[][] q = new float[CRITICS][]; // [(time + ahead) * batch]
    private final float[] gradient; // [(time + ahead) * batch * 2 * dimensions]
    private final float[] actionGradient; // of min Q, [time * batch * dimensions]
    private final float[] values; // [(time + ahead) * batch]
    private final float[] agentValues; // [(time + ahead) * drawn batch]
    private final float[] agentTargets; // [time * drawn batch]
    private final float[] y; // [time * batch]
    private final float[] counted; // mask of all agents, [time * batch]

    ContinuousSac(
            SacConfig config,
            SacParameters learnt,
            CriticLayout layout,
            int servers,
            int[] agents,
            SequenceBatch shape) {
        this.config = config;
        this.learnt = learnt;
        this.layout = layout;
        this.agents = agents;
        dimensions = layout.actionSize();
        targetEntropy = -config.entropyRatio() * dimensions;
        time = shape.time();
        ahead = shape.ahead();
        drawnBatch = shape.batch();
        batch = agents.length * drawnBatch;
        int burnIn = shape.burnIn();
        int all = (time + ahead) * batch;
        seen = new Windows(burnIn, time, ahead, batch, layout.inputs());
        acted = new Windows(burnIn, time, ahead, batch, layout.width());
        proposed = Matrix.zeros(all, layout.width());
        proposedLearnt = proposed.rows(0, time * batch);
        actor = new SequenceNetwork(learnt.actor, servers, burnIn, time + ahead, batch);
        for (int i = 0; i < CRITICS; i++) {
            critics[i] = new SequenceNetwork(learnt.critics[i], servers, burnIn, time, batch);
            criticSteps[i] = Network.of(learnt.critics[i].spec(), learnt.critics[i], servers, 1, time * batch);
            targets[i] = new SequenceNetwork(learnt.targets[i], servers, burnIn, time + ahead, batch);
            targetSteps[i] = Network.of(learnt.targets[i].spec(), learnt.targets[i], servers, 1, all);
        }
        actorGradient = Matrix.zeros(all, 2 * dimensions);
        criticGradient = Matrix.zeros(time * batch, 1);
        heads = new float[all * 2 * dimensions];
        noise = new double[all * dimensions];
        actions = new float[all * dimensions];
        logPolicy = new double[all];
        Arrays.setAll(q, i -> new float[all]);
        gradient = new float[all * 2 * dimensions];
        actionGradient = new float[time * batch * dimensions];
        values = new float[all];
        agentValues = new float[(time + ahead) * drawnBatch];
        agentTargets = new float[time * drawnBatch];
        y = new float[time * batch];
        counted = new float[time * batch];
    }

    @Override
    public SacParameters parameters() {
        return learnt;
    }

    @Override
    public void update(SequenceBatch drawn, RandomGenerator random, long number, Metrics metrics, float[] errors) {
        seen.fill(drawn, agents, null);
        acted.fill(drawn, agents, layout);
        double steps = drawn.steps() * agents.length;
        double alpha = learnt.temperature.alpha();

        // new actions at every observation: a = tanh(μ + σ ε), log π(a|o)
        actor.forward(seen, time + ahead).get(0, heads, 0, heads.length);
        draw(random);
        propose();

        // the target: y = r + γ (1 - terminated) (min_i Q'_i(o', a') - α log π(a'|o'))
        for (int i = 0; i < CRITICS; i++) {
            Matrix past = null;
            if (targets[i].remembers()) {
                targets[i].forward(acted, time + ahead);
                past = targets[i].states();
            }
            targetSteps[i].forward(proposed, 1, values.length, past).get(0, q[i], 0, values.length);
        }
        for (int row = 0; row < values.length; row++) {
            values[row] = (float) (Math.min(q[0][row], q[1][row]) - alpha * logPolicy[row]);
        }
        bootstrap(drawn);

        // the critics: J_Q = 1/2 (Q_i(o, a) - y)²
        double criticLoss = 0;
        for (int i = 0; i < CRITICS; i++) {
            critics[i].forward(acted, time).get(0, q[i], 0, time * batch);
            criticLoss += criticLoss(i, drawn, steps, errors);
            critics[i].backward(criticGradient);
        }
        learnt.requireFinite(criticLoss, "the critics' loss", number);
        learnt.stepCritics(number);

        // the actor: J_π = α log π(a|o) - min_i Q_i(o, a), with what the critics say now; nothing flows into their
        // parameters
        for (int i = 0; i < CRITICS; i++) {
            Matrix past = null;
            if (critics[i].remembers()) {
                critics[i].forward(acted, time);
                past = critics[i].states();
            }
            criticSteps[i].forward(proposedLearnt, 1, time * batch, past).get(0, q[i], 0, time * batch);
        }
        actionGradients();
        double actorLoss = actorLoss(alpha, drawn, steps);
        actor.backward(actorGradient);
        double actorNorm = learnt.stepActor(number);

        // the temperature: J(α) = α (-log π(a|o) - target)
        double entropy = entropy(steps);
        double temperatureLoss = learnt.temperature.update(entropy - targetEntropy);

        // the targets follow
        learnt.followTargets(config.targetRate());

        metrics.record("train/critic_loss", criticLoss);
        metrics.record("train/actor_loss", actorLoss);
        metrics.record("train/ent_coef", alpha);
        metrics.record("train/ent_coef_loss", temperatureLoss);
        metrics.record("train/entropy", entropy);
        metrics.record("train/actor_grad_norm", actorNorm);
    }

    private void draw(RandomGenerator random) {
        for (int row = 0; row < logPolicy.length; row++) {
            double sum = 0;
            for (int d = row * dimensions; d < (row + 1) * dimensions; d++) {
                double logStd = SquashedNormal.clamp(heads[2 * d + 1]);
                noise[d] = Normal.sample(random);
                double u = heads[2 * d] + StrictMath.exp(logStd) * noise[d];
                actions[d] = (float) StrictMath.tanh(u);
                sum += SquashedNormal.logDensity(u, noise[d], logStd);
            }
            logPolicy[row] = sum;
        }
    }

    private void propose() {
        float[] observation = new float[layout.inputs()];
        float[] row = new float[layout.width()];
        Matrix from = seen.first(time + ahead);
        for (int r = 0; r < logPolicy.length; r++) {
            from.get(r * observation.length, observation, 0, observation.length);
            layout.join(observation, actions, r * dimensions, row);
            proposed.put(r * row.length, row, 0, row.length);
        }
    }

    /** The target of every step, from {@link #values}. */
    private void bootstrap(SequenceBatch drawn) {
        for (int i = 0; i < agents.length; i++) {
            for (int t = 0; t < time + ahead; t++) {
                System.arraycopy(values, t * batch + i * drawnBatch, agentValues, t * drawnBatch, drawnBatch);
            }
            drawn.targets(agents[i], config.discount(), agentValues, agentTargets);
            for (int t = 0; t < time; t++) {
                System.arraycopy(agentTargets, t * drawnBatch, y, t * batch + i * drawnBatch, drawnBatch);
                System.arraycopy(drawn.mask(), t * drawnBatch, counted, t * batch + i * drawnBatch, drawnBatch);
            }
        }
    }

    private double criticLoss(int i, SequenceBatch drawn, double steps, float[] errors) {
        double loss = 0;
        for (int row = 0; row < time * batch; row++) {
            double error = counted[row] * (q[i][row] - y[row]);
            double weight = drawn.weights()[row % drawnBatch] / steps;
            loss += weight * 0.5 * error * error;
            errors[row / batch * drawnBatch + row % drawnBatch] +=
                    (float) (Math.abs(error) / (CRITICS * agents.length));
            criticGradient.set(row, 0, (float) (weight * error));
        }
        return loss;
    }

    /** The derivative of min Q by the action: of each row, that of the critic which is lower. */
    private void actionGradients() {
        Arrays.fill(actionGradient, 0f);
        int width = layout.width();
        for (int i = 0; i < CRITICS; i++) {
            for (int row = 0; row < time * batch; row++) {
                boolean lower = i == 0 ? q[0][row] <= q[1][row] : q[1][row] < q[0][row];
                criticGradient.set(row, 0, lower ? 1f : 0f);
            }
            Matrix byInputs = criticSteps[i].backwardToInputs(criticGradient, false);
            for (int row = 0; row < time * batch; row++) {
                for (int d = 0; d < dimensions; d++) {
                    actionGradient[row * dimensions + d] += byInputs.buffer().get(row * width + layout.place(d));
                }
            }
        }
    }

    private double actorLoss(double alpha, SequenceBatch drawn, double steps) {
        Arrays.fill(gradient, 0f);
        double loss = 0;
        for (int row = 0; row < time * batch; row++) {
            if (counted[row] == 0) {
                continue;
            }
            double weight = drawn.weights()[row % drawnBatch] / steps;
            loss += weight * (alpha * logPolicy[row] - Math.min(q[0][row], q[1][row]));
            for (int d = row * dimensions; d < (row + 1) * dimensions; d++) {
                double a = actions[d];
                double logStd = heads[2 * d + 1];
                // d/du of α log π is 2 α tanh u, of tanh u it is 1 - tanh² u
                double byU = 2 * alpha * a - actionGradient[d] * (1 - a * a);
                gradient[2 * d] = (float) (weight * byU);
                if (logStd > Heads.LOG_STD_MIN && logStd < Heads.LOG_STD_MAX) {
                    gradient[2 * d + 1] = (float) (weight * (byU * StrictMath.exp(logStd) * noise[d] - alpha));
                }
            }
        }
        actorGradient.put(0, gradient, 0, gradient.length);
        return loss;
    }

    /** Mean of -log π, over the steps that count. */
    private double entropy(double steps) {
        double sum = 0;
        for (int row = 0; row < time * batch; row++) {
            sum -= counted[row] * logPolicy[row];
        }
        return sum / steps;
    }
}
