package io.marllb.agents.sac;

import io.marllb.agents.Metrics;
import io.marllb.agents.nn.Matrix;
import io.marllb.agents.replay.SequenceBatch;
import io.marllb.policies.frozen.Heads;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * SAC for discrete actions (Christodoulou, 2019, arXiv:1910.07207): where the continuous form draws an action, this one takes the expectation over
 * all levels, in the target, the loss of the actor and that of the temperature.
 *
 * <p>With several heads (one per server) there are too many joint actions to list, so policy and critics factorise: π(a|o) is the product of
 * π_h(a_h|o), and {@code Q(o, a) = mean over heads of Q_h(o, a_h)}. The <em>mean</em>, not the sum, and likewise the mean of the heads' entropies:
 * so the Q_h have the size of the return, and the weight of entropy against reward is the same, however many servers there are. With one head this
 * is the published algorithm.
 *
 * <p>The Q_h are only determined up to constants that cancel in the mean. Twin critics may differ by such constants, and a minimum per head would
 * then be too low; so each head is centred, and all heads share the mean level, before the minimum is taken ({@link #shareLevel}). Q is the same.
 */
final class DiscreteSac implements SacUpdate {

    private static final int CRITICS = SacParameters.CRITICS;

    private final SacConfig config;
    private final SacParameters learnt;
    private final int[] agents;
    private final int[] levels; // [heads]
    private final int outputs; // sum of the levels
    private final int time;
    private final int ahead;
    private final int drawnBatch;
    private final int batch; // windows of all agents
    private final double targetEntropy; // mean over heads
    private final Windows seen;
    private final SequenceNetwork actor;
    private final SequenceNetwork[] critics = new SequenceNetwork[CRITICS];
    private final SequenceNetwork[] targets = new SequenceNetwork[CRITICS];
    private final Matrix actorGradient; // [(time + ahead) * batch, outputs]
    private final Matrix criticGradient; // [time * batch, outputs]
    private final float[] policy; // π, [(time + ahead) * batch * outputs]
    private final float[] logPolicy; // log π, likewise
    private final float[][] q = new float[CRITICS][]; // likewise
    private final float[] least; // min over critics, likewise
    private final float[] gradient; // likewise
    private final float[] values; // [(time + ahead) * batch]
    private final float[] agentValues; // [(time + ahead) * drawn batch]
    private final float[] agentTargets; // [time * drawn batch]
    private final float[] y; // [time * batch]
    private final float[] counted; // mask of all agents, [time * batch]

    DiscreteSac(SacConfig config, SacParameters learnt, Heads heads, int servers, int[] agents, SequenceBatch shape) {
        this.config = config;
        this.learnt = learnt;
        this.agents = agents;
        levels = new int[heads.actionSize()];
        double entropy = 0;
        for (int h = 0; h < levels.length; h++) {
            levels[h] = heads.levels(h);
            entropy += config.entropyRatio() * StrictMath.log(levels[h]);
        }
        targetEntropy = entropy / levels.length;
        outputs = heads.outputs();
        time = shape.time();
        ahead = shape.ahead();
        drawnBatch = shape.batch();
        batch = agents.length * drawnBatch;
        int burnIn = shape.burnIn();
        seen = new Windows(burnIn, time, ahead, batch, shape.observations(0).columns());
        actor = new SequenceNetwork(learnt.actor, servers, burnIn, time + ahead, batch);
        for (int i = 0; i < CRITICS; i++) {
            critics[i] = new SequenceNetwork(learnt.critics[i], servers, burnIn, time, batch);
            targets[i] = new SequenceNetwork(learnt.targets[i], servers, burnIn, time + ahead, batch);
        }
        int all = (time + ahead) * batch;
        actorGradient = Matrix.zeros(all, outputs);
        criticGradient = Matrix.zeros(time * batch, outputs);
        policy = new float[all * outputs];
        logPolicy = new float[all * outputs];
        Arrays.setAll(q, i -> new float[all * outputs]);
        least = new float[all * outputs];
        gradient = new float[all * outputs];
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
        double steps = drawn.steps() * agents.length;
        double alpha = learnt.temperature.alpha();

        // the policy, at every observation: π(a|o)
        Matrix logits = actor.forward(seen, time + ahead);
        logits.get(0, logPolicy, 0, logPolicy.length);
        softmax();

        // the target: y = r + γ (1 - terminated) V(o'), V = mean_h Σ_a π_h (min_i Q'_ih - α log π_h)
        for (int i = 0; i < CRITICS; i++) {
            targets[i].forward(seen, time + ahead).get(0, q[i], 0, q[i].length);
        }
        leastOfTwins(values.length);
        softValues(alpha);
        bootstrap(drawn);

        // the critics: J_Q = 1/2 (Q_i(o, a) - y)²
        double criticLoss = 0;
        for (int i = 0; i < CRITICS; i++) {
            critics[i].forward(seen, time).get(0, q[i], 0, time * batch * outputs);
            criticLoss += criticLoss(i, drawn, steps, errors);
            critics[i].backward(criticGradient);
        }
        learnt.requireFinite(criticLoss, "the critics' loss", number);
        learnt.stepCritics(number);

        // the actor: J_π = mean_h Σ_a π_h (α log π_h - min_i Q_ih), with what the critics say now; nothing flows into
        // them
        for (int i = 0; i < CRITICS; i++) {
            critics[i].forward(seen, time).get(0, q[i], 0, time * batch * outputs);
        }
        leastOfTwins(time * batch);
        double actorLoss = actorLoss(alpha, drawn, steps);
        actor.backward(actorGradient);
        double actorNorm = learnt.stepActor(number);

        // the temperature: J(α) = α (H(π) - target)
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

    /** From logits in {@link #logPolicy} to the logarithm and the probability of every level. */
    private void softmax() {
        for (int at = 0; at < logPolicy.length; ) {
            for (int k : levels) {
                float max = logPolicy[at];
                for (int a = 1; a < k; a++) {
                    max = Math.max(max, logPolicy[at + a]);
                }
                double sum = 0;
                for (int a = 0; a < k; a++) {
                    sum += StrictMath.exp(logPolicy[at + a] - max);
                }
                double log = max + StrictMath.log(sum);
                for (int a = 0; a < k; a++) {
                    logPolicy[at + a] = (float) (logPolicy[at + a] - log);
                    policy[at + a] = (float) StrictMath.exp(logPolicy[at + a]);
                }
                at += k;
            }
        }
    }

    private void leastOfTwins(int rows) {
        for (int row = 0; row < rows; row++) {
            int at = row * outputs;
            shareLevel(q[0], at);
            shareLevel(q[1], at);
            for (int k = at; k < at + outputs; k++) {
                least[k] = Math.min(q[0][k], q[1][k]);
            }
        }
    }

    /** Moves constants between the heads of a row so that all have the same mean over levels; Q stays. */
    private void shareLevel(float[] values, int from) {
        if (levels.length == 1) {
            return;
        }
        double mean = 0;
        int at = from;
        for (int k : levels) {
            mean += level(values, at, k) / levels.length;
            at += k;
        }
        at = from;
        for (int k : levels) {
            float shift = (float) (mean - level(values, at, k));
            for (int a = 0; a < k; a++) {
                values[at + a] += shift;
            }
            at += k;
        }
    }

    private static double level(float[] values, int at, int count) {
        double sum = 0;
        for (int a = 0; a < count; a++) {
            sum += values[at + a];
        }
        return sum / count;
    }

    private void softValues(double alpha) {
        for (int row = 0; row < values.length; row++) {
            double sum = 0;
            for (int k = row * outputs; k < (row + 1) * outputs; k++) {
                sum += policy[k] * (least[k] - alpha * logPolicy[k]);
            }
            values[row] = (float) (sum / levels.length);
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
        Arrays.fill(gradient, 0, time * batch * outputs, 0f);
        double loss = 0;
        for (int row = 0; row < time * batch; row++) {
            if (counted[row] == 0) {
                continue;
            }
            int drawnRow = drawnRow(row);
            float[] acted = drawn.actions(agents[row % batch / drawnBatch]);
            int action = (drawnRow + drawn.burnIn() * drawnBatch) * levels.length;
            double value = 0;
            int at = row * outputs;
            for (int h = 0; h < levels.length; h++) {
                value += q[i][at + (int) acted[action + h]] / levels.length;
                at += levels[h];
            }
            double error = value - y[row];
            double weight = drawn.weights()[row % drawnBatch] / steps;
            loss += weight * 0.5 * error * error;
            errors[drawnRow] += (float) (Math.abs(error) / (CRITICS * agents.length));
            at = row * outputs;
            for (int h = 0; h < levels.length; h++) {
                gradient[at + (int) acted[action + h]] = (float) (weight * error / levels.length);
                at += levels[h];
            }
        }
        criticGradient.put(0, gradient, 0, time * batch * outputs);
        return loss;
    }

    private int drawnRow(int row) {
        return row / batch * drawnBatch + row % drawnBatch;
    }

    private double actorLoss(double alpha, SequenceBatch drawn, double steps) {
        Arrays.fill(gradient, 0f);
        double loss = 0;
        for (int row = 0; row < time * batch; row++) {
            if (counted[row] == 0) {
                continue;
            }
            double weight = drawn.weights()[row % drawnBatch] / (steps * levels.length);
            int at = row * outputs;
            for (int k : levels) {
                double expected = 0;
                for (int a = at; a < at + k; a++) {
                    expected += policy[a] * (alpha * logPolicy[a] - least[a]);
                }
                loss += weight * expected;
                for (int a = at; a < at + k; a++) {
                    gradient[a] = (float) (weight * policy[a] * (alpha * logPolicy[a] - least[a] - expected));
                }
                at += k;
            }
        }
        actorGradient.put(0, gradient, 0, gradient.length);
        return loss;
    }

    /** Mean entropy of a head, over the steps that count. */
    private double entropy(double steps) {
        double sum = 0;
        for (int row = 0; row < time * batch; row++) {
            if (counted[row] == 1) {
                for (int k = row * outputs; k < (row + 1) * outputs; k++) {
                    sum -= policy[k] * logPolicy[k];
                }
            }
        }
        return sum / (steps * levels.length);
    }
}
