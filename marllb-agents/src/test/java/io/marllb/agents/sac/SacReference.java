package io.marllb.agents.sac;

import io.marllb.agents.nn.ReferenceNetwork;
import io.marllb.agents.replay.SequenceBatch;
import io.marllb.core.rng.Normal;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import java.util.random.RandomGenerator;

/**
 * The losses of SAC once more, in doubles, a window and a step at a time, straight from the formulas: the oracle of {@link SacUpdateTest}. It has no
 * gradients; the test takes central differences.
 */
final class SacReference {

    /** Parameters of one learner. */
    @SuppressWarnings("ArrayRecordComponent") // nobody compares two of them
    record Nets(double[] actor, double[][] critics, double[][] targets, double alpha) {}

    private final SacConfig config;
    private final Heads heads;
    private final boolean discrete;
    private final SequenceBatch drawn;
    private final int[] agents;
    private final ReferenceNetwork actor;
    private final ReferenceNetwork critic;
    private final CriticLayout layout;
    private final int inputs;
    private final int actorState;
    private final int criticState;
    private final int criticOutputs;
    private final double[][][] noise; // [agent place][window][(time + ahead) * dimensions]

    SacReference(
            SacConfig config,
            Heads heads,
            NetworkSpec actorSpec,
            NetworkSpec criticSpec,
            int servers,
            CriticLayout layout,
            SequenceBatch drawn,
            int[] agents) {
        this.config = config;
        this.heads = heads;
        this.layout = layout;
        this.drawn = drawn;
        this.agents = agents;
        discrete = heads.kind() == Heads.Kind.SOFTMAX;
        actor = new ReferenceNetwork(actorSpec, servers);
        critic = new ReferenceNetwork(criticSpec, servers);
        inputs = actorSpec.inputs(servers);
        criticOutputs = criticSpec.outputs(servers);
        actorState = actorSpec.stateSize(servers);
        criticState = criticSpec.stateSize(servers);
        noise = new double[agents.length][drawn.batch()][(drawn.time() + drawn.ahead()) * heads.actionSize()];
    }

    /** The draws that the update makes: time outermost, then agents, windows, dimensions. */
    void draw(RandomGenerator random) {
        for (int t = 0; t < drawn.time() + drawn.ahead(); t++) {
            for (int i = 0; i < agents.length; i++) {
                for (int b = 0; b < drawn.batch(); b++) {
                    for (int d = 0; d < heads.actionSize(); d++) {
                        noise[i][b][t * heads.actionSize() + d] = Normal.sample(random);
                    }
                }
            }
        }
    }

    private double[] observation(int agent, int row, int b) {
        double[] o = new double[inputs];
        for (int k = 0; k < inputs; k++) {
            o[k] = drawn.observations(agent).get(row * drawn.batch() + b, k);
        }
        return o;
    }

    private double[] recorded(int agent, int row, int b) {
        double[] a = new double[heads.actionSize()];
        float[] all = drawn.actions(agent);
        int from = (row * drawn.batch() + b) * a.length;
        for (int k = 0; k < a.length; k++) {
            a[k] = from + k < all.length ? all[from + k] : 0;
        }
        return a;
    }

    /** Rows of the window of the actor's outputs. Burn-in is by {@code warm}: no gradient flows through it. */
    private double[][] policy(double[] p, double[] warm, int agent, int b) {
        double[][] state = new double[1][actorState];
        double[][] out = new double[drawn.time() + drawn.ahead()][];
        int burnIn = drawn.burnIn();
        for (int row = burnIn - drawn.warmUp(b); row < burnIn + out.length; row++) {
            double[] y = actor.forward(row < burnIn ? warm : p, observation(agent, row, b), 1, 1, state);
            if (row >= burnIn) {
                out[row - burnIn] = y;
            }
        }
        return out;
    }

    /** The critic's outputs over the record, with other actions in the last step of each if they are given. */
    private double[][] critic(double[] p, double[] warm, int agent, int b, double[][] other) {
        double[][] state = new double[1][criticState];
        double[][] out = new double[drawn.time() + drawn.ahead()][];
        int burnIn = drawn.burnIn();
        for (int row = burnIn - drawn.warmUp(b); row < burnIn + out.length; row++) {
            double[] before = state[0].clone();
            double[] o = observation(agent, row, b);
            double[] y = critic.forward(
                    row < burnIn ? warm : p, discrete ? o : join(o, recorded(agent, row, b)), 1, 1, state);
            if (row >= burnIn) {
                out[row - burnIn] = other == null
                        ? y
                        : critic.forward(p, join(o, other[row - burnIn]), 1, 1, new double[][] {before});
            }
        }
        return out;
    }

    private double[] join(double[] o, double[] a) {
        float[] row = new float[layout.width()];
        float[] action = new float[a.length];
        for (int k = 0; k < a.length; k++) {
            action[k] = (float) a[k];
        }
        float[] seen = new float[o.length];
        for (int k = 0; k < o.length; k++) {
            seen[k] = (float) o[k];
        }
        layout.join(seen, action, 0, row);
        double[] joined = new double[row.length];
        for (int k = 0; k < row.length; k++) {
            joined[k] = row[k];
        }
        for (int k = 0; k < a.length; k++) {
            joined[layout.place(k)] = a[k]; // not rounded: differences are taken through it
        }
        return joined;
    }

    private double[] logSoftmax(double[] logits, int from, int count) {
        double sum = 0;
        for (int k = 0; k < count; k++) {
            sum += Math.exp(logits[from + k]);
        }
        double[] log = new double[count];
        for (int k = 0; k < count; k++) {
            log[k] = logits[from + k] - Math.log(sum);
        }
        return log;
    }

    /** Mean over heads of Σ_a π (min Q - α log π). */
    private double softValue(double[] logits, double[] q0, double[] q1, double alpha) {
        double value = 0;
        int from = 0;
        double level0 = level(q0);
        double level1 = level(q1);
        for (int h = 0; h < heads.actionSize(); h++) {
            int k = heads.levels(h);
            double[] log = logSoftmax(logits, from, k);
            double own0 = mean(q0, from, k);
            double own1 = mean(q1, from, k);
            for (int a = 0; a < k; a++) {
                double least = Math.min(q0[from + a] - own0 + level0, q1[from + a] - own1 + level1);
                value += Math.exp(log[a]) * (least - alpha * log[a]) / heads.actionSize();
            }
            from += k;
        }
        return value;
    }

    private double level(double[] q) {
        double sum = 0;
        int from = 0;
        for (int h = 0; h < heads.actionSize(); h++) {
            sum += mean(q, from, heads.levels(h)) / heads.actionSize();
            from += heads.levels(h);
        }
        return sum;
    }

    private static double mean(double[] q, int from, int count) {
        double sum = 0;
        for (int k = 0; k < count; k++) {
            sum += q[from + k] / count;
        }
        return sum;
    }

    private double[] means(double[] y) {
        double[] u = new double[heads.actionSize()];
        for (int d = 0; d < u.length; d++) {
            u[d] = y[2 * d];
        }
        return u;
    }

    /** u of every step; log π of it into {@code log}. */
    private double[][] squashed(double[][] policy, double[] noise, double[] log) {
        double[][] actions = new double[policy.length][heads.actionSize()];
        for (int t = 0; t < policy.length; t++) {
            double[] mean = means(policy[t]);
            for (int d = 0; d < mean.length; d++) {
                double std = Math.exp(Math.max(-20, Math.min(2, policy[t][2 * d + 1])));
                double e = noise[t * mean.length + d];
                double u = mean[d] + std * e;
                actions[t][d] = Math.tanh(u);
                double normal = Math.exp(-0.5 * e * e) / (std * Math.sqrt(2 * Math.PI));
                log[t] += Math.log(normal) - Math.log(1 - actions[t][d] * actions[t][d]);
            }
        }
        return actions;
    }

    /** V at every row of a window. */
    private double[] values(Nets nets, int place, int b) {
        int agent = agents[place];
        double[][] policy = policy(nets.actor, nets.actor, agent, b);
        double[] v = new double[policy.length];
        if (discrete) {
            double[][] q0 = critic(nets.targets[0], nets.targets[0], agent, b, null);
            double[][] q1 = critic(nets.targets[1], nets.targets[1], agent, b, null);
            for (int t = 0; t < v.length; t++) {
                v[t] = softValue(policy[t], q0[t], q1[t], nets.alpha);
            }
            return v;
        }
        double[] log = new double[v.length];
        double[][] actions = squashed(policy, noise[place][b], log);
        double[][] q0 = critic(nets.targets[0], nets.targets[0], agent, b, actions);
        double[][] q1 = critic(nets.targets[1], nets.targets[1], agent, b, actions);
        for (int t = 0; t < v.length; t++) {
            v[t] = Math.min(q0[t][0], q1[t][0]) - nets.alpha * log[t];
        }
        return v;
    }

    /** Targets of every step that counts, {@code [agent place][window][time]}; once, since they do not depend on what is learnt. */
    double[][][] targets(Nets nets) {
        double[][][] y = new double[agents.length][drawn.batch()][drawn.time()];
        for (int i = 0; i < agents.length; i++) {
            for (int b = 0; b < drawn.batch(); b++) {
                double[] v = values(nets, i, b);
                for (int t = 0; t < drawn.time(); t++) {
                    y[i][b][t] = target(agents[i], b, t, drawn.ahead(), v);
                }
            }
        }
        return y;
    }

    /** y of n steps, by recursion. */
    private double target(int agent, int b, int t, int n, double[] v) {
        int row = t * drawn.batch() + b;
        if (n == 0 || row >= drawn.recorded().length || drawn.recorded()[row] == 0) {
            return v[t];
        }
        double r = drawn.rewards(agent)[row];
        return drawn.terminated()[row] == 1 ? r : r + config.discount() * target(agent, b, t + 1, n - 1, v);
    }

    /** Loss of one critic. */
    double criticLoss(double[] p, double[] warm, double[][][] y) {
        double sum = 0;
        for (int i = 0; i < agents.length; i++) {
            for (int b = 0; b < drawn.batch(); b++) {
                double[][] q = critic(p, warm, agents[i], b, null);
                for (int t = 0; t < drawn.time(); t++) {
                    if (drawn.mask()[t * drawn.batch() + b] == 1) {
                        double error = taken(q[t], recorded(agents[i], drawn.burnIn() + t, b)) - y[i][b][t];
                        sum += 0.5 * error * error;
                    }
                }
            }
        }
        return sum / (drawn.steps() * agents.length);
    }

    private double taken(double[] q, double[] action) {
        if (!discrete) {
            return q[0];
        }
        double value = 0;
        int from = 0;
        for (int h = 0; h < action.length; h++) {
            value += q[from + (int) action[h]] / action.length;
            from += heads.levels(h);
        }
        return value;
    }

    /** Loss of the actor; {@code critics} are those after their step. */
    double actorLoss(double[] p, double[] warm, double[][] critics, double alpha) {
        double sum = 0;
        for (int i = 0; i < agents.length; i++) {
            for (int b = 0; b < drawn.batch(); b++) {
                double[][] policy = policy(p, warm, agents[i], b);
                double[] log = new double[policy.length];
                double[][] actions = discrete ? null : squashed(policy, noise[i][b], log);
                double[][] q0 = critic(critics[0], critics[0], agents[i], b, actions);
                double[][] q1 = critic(critics[1], critics[1], agents[i], b, actions);
                for (int t = 0; t < drawn.time(); t++) {
                    if (drawn.mask()[t * drawn.batch() + b] == 1) {
                        sum += discrete
                                ? -softValue(policy[t], q0[t], q1[t], alpha)
                                : alpha * log[t] - Math.min(q0[t][0], q1[t][0]);
                    }
                }
            }
        }
        return sum / (drawn.steps() * agents.length);
    }

    /** Mean entropy of a head, or of the whole action. */
    double entropy(double[] p) {
        double sum = 0;
        for (int i = 0; i < agents.length; i++) {
            for (int b = 0; b < drawn.batch(); b++) {
                double[][] policy = policy(p, p, agents[i], b);
                double[] log = new double[policy.length];
                if (!discrete) {
                    squashed(policy, noise[i][b], log);
                }
                double[] zero = new double[criticOutputs];
                for (int t = 0; t < drawn.time(); t++) {
                    if (drawn.mask()[t * drawn.batch() + b] == 1) {
                        sum += discrete ? softValue(policy[t], zero, zero, 1) : -log[t];
                    }
                }
            }
        }
        return sum / (drawn.steps() * agents.length);
    }

    boolean isDiscrete() {
        return discrete;
    }
}
