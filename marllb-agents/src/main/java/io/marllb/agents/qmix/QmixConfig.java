package io.marllb.agents.qmix;

import io.marllb.core.check.Checks;
import java.util.List;
import java.util.Objects;

/**
 * Settings of {@link Qmix}; the presets name their sources. How much is played between updates belongs to the trainer.
 *
 * @param mixer how values become one
 * @param network what the agents' network looks like
 * @param before sizes of the ReLU layers before the GRU; of the encoder for {@link Architecture#PER_SERVER}
 * @param gru size of the GRU, 0 for none
 * @param after sizes of the ReLU layers behind it; none for {@link Architecture#PER_SERVER}
 * @param embed E, units of the mixing layer
 * @param hyperHidden size of the ReLU layer in the hypernetworks of the mixing weights, 0 for linear ones
 * @param valueHidden size of the ReLU layer in V(s)
 * @param units what the units of the mixing layer do
 * @param state what the mixer sees; entries should be near 1 in size, since its weights are linear in them, so counts without bounds are to be
 *     scaled before
 * @param lastAction whether observations hold the last action, one-hot per head, at the end of each server's block or, without servers, at the end;
 *     a state of observations leaves that out
 * @param discount γ, in [0, 1)
 * @param lambda λ of TD(λ), in [0, 1]; 0 for one-step targets, which alone are right while much is explored
 * @param doubleQ whether the online network picks the next action and the target network values it (van Hasselt et al., 2016)
 * @param learningRate step size of Adam
 * @param decayUpdates updates over which the step size falls linearly to 0; 0 for never
 * @param adamEpsilon ε of Adam
 * @param clipNorm largest norm of the gradient, of the agents' network and of the mixer each
 * @param batch sequences of an update
 * @param window steps of a sequence, 0 for whole episodes
 * @param burnIn steps before a window that only warm up memory; 0 with whole episodes
 * @param replayEpisodes episodes of full length that are kept
 * @param startEpisodes episodes of full length before the first update
 * @param targetInterval updates between copies into the target networks; 0 to follow softly
 * @param targetRate τ in (0, 1] of following softly after every update; ignored with an interval
 * @param epsilonStart ε at first, in [0, 1]
 * @param epsilonEnd ε in the end, in [0, 1]
 * @param epsilonSteps environment steps from one to the other
 * @param calibrate whether values are learnt in units of the deviation of the first episodes' returns, and start from their mean; without, in
 *     units of the reward from near 0
 */
public record QmixConfig(
        MixerSpec.Kind mixer,
        Architecture network,
        List<Integer> before,
        int gru,
        List<Integer> after,
        int embed,
        int hyperHidden,
        int valueHidden,
        MixerSpec.Units units,
        StateSource state,
        boolean lastAction,
        double discount,
        double lambda,
        boolean doubleQ,
        double learningRate,
        long decayUpdates,
        double adamEpsilon,
        double clipNorm,
        int batch,
        int window,
        int burnIn,
        int replayEpisodes,
        int startEpisodes,
        int targetInterval,
        double targetRate,
        double epsilonStart,
        double epsilonEnd,
        long epsilonSteps,
        boolean calibrate) {

    /**
     * Of small games with a mixing network: its units have far to go. At 3e-3 some tables end in a poor minimum, off by 4 % of their range however long
     * they learn.
     */
    private static final double MIXING_RATE = 2e-2;

    /** What the agents' network looks like. */
    public enum Architecture {
        /** Dense layers and a GRU over the whole observation, for one number of servers. */
        RECURRENT,
        /** The same layers for every server with a pooled summary, for any number of servers. */
        PER_SERVER
    }

    /** What the mixer sees. */
    public enum StateSource {
        /** The environment's state. */
        ENVIRONMENT,
        /** All agents' observations, one behind another. */
        OBSERVATIONS
    }

    /** Checks everything and reports every violation. */
    public QmixConfig {
        Objects.requireNonNull(mixer, "mixer");
        Objects.requireNonNull(network, "network");
        Objects.requireNonNull(units, "units");
        Objects.requireNonNull(state, "state");
        before = List.copyOf(before);
        after = List.copyOf(after);
        boolean perServer = network == Architecture.PER_SERVER;
        new Checks("QmixConfig")
                .that(
                        before.stream().allMatch(h -> h >= 1) && after.stream().allMatch(h -> h >= 1),
                        "before and after must have sizes >= 1, but were " + before + " and " + after)
                .that(!perServer || !before.isEmpty(), "network=per-server needs a layer in before")
                .that(!perServer || after.isEmpty(), "network=per-server has no layers behind the GRU; set after=none")
                .atLeast("gru", gru, 0)
                .atLeast("embed", embed, 1)
                .atLeast("hyperHidden", hyperHidden, 0)
                .atLeast("valueHidden", valueHidden, 1)
                .that(discount >= 0 && discount < 1, "discount must be in [0, 1), but was " + discount)
                .inRange("lambda", lambda, 0, 1)
                .positive("learningRate", learningRate)
                .atLeast("decayUpdates", decayUpdates, 0)
                .positive("adamEpsilon", adamEpsilon)
                .that(clipNorm > 0, "clipNorm must be > 0, but was " + clipNorm)
                .atLeast("batch", batch, 1)
                .atLeast("window", window, 0)
                .atLeast("burnIn", burnIn, 0)
                .that(burnIn == 0 || window > 0, "burnIn needs a window shorter than the episode; set window")
                .atLeast("replayEpisodes", replayEpisodes, 1)
                .atLeast("startEpisodes", startEpisodes, 1)
                .that(
                        startEpisodes <= replayEpisodes,
                        "startEpisodes must be <= replayEpisodes, but was " + startEpisodes)
                .atLeast("targetInterval", targetInterval, 0)
                .that(targetRate > 0 && targetRate <= 1, "targetRate must be in (0, 1], but was " + targetRate)
                .inRange("epsilonStart", epsilonStart, 0, 1)
                .inRange("epsilonEnd", epsilonEnd, 0, 1)
                .atLeast("epsilonSteps", epsilonSteps, 0)
                .throwIfAny();
    }

    /**
     * As published: Yao et al. (2022), arXiv:2201.11727, table of hyper-parameters for the moderate cluster (hidden 128, batch 12, replay 3,000
     * episodes, learning rate 1e-3, start after 25 episodes); what it does not say is taken from {@link #original}.
     *
     * @return the preset
     */
    public static QmixConfig paper() {
        return published(12, 25);
    }

    /**
     * As its authors programmed it ({@code sac_qmix.py}): hidden 128, E = 128, λ = 0.6, batch 25, 25 updates per episode, targets copied once per
     * episode. Differs: no softmax over the values, so ε-greedy instead of draws from it (ε from 1 to 0.05 over 50,000 steps, EPyMARL's).
     *
     * @return the preset
     */
    public static QmixConfig original() {
        return published(25, 25);
    }

    private static QmixConfig published(int batch, int startEpisodes) {
        return new QmixConfig(
                MixerSpec.Kind.QMIX,
                Architecture.RECURRENT,
                List.of(128, 128),
                128,
                List.of(128),
                128,
                128,
                128,
                MixerSpec.Units.ELU,
                StateSource.OBSERVATIONS,
                true,
                0.99,
                0.6,
                true,
                1e-3,
                0,
                1e-8, // PyTorch's
                Double.POSITIVE_INFINITY,
                batch,
                0,
                0,
                3_000,
                startEpisodes,
                25,
                1,
                1,
                0.05,
                50_000,
                false);
    }

    /**
     * As the first re-implementation had it: GRU 64 before two layers of 128, E = 32, V with 64 hidden, learning rate 5e-4, batch 32, replay 5,000
     * episodes of at most 50 steps, targets copied every 200 updates, norm clipped at 10, ε from 0.1 to 0.01 over 450 episodes of 50 steps.
     *
     * @return the preset
     */
    public static QmixConfig seed() {
        return new QmixConfig(
                MixerSpec.Kind.QMIX,
                Architecture.RECURRENT,
                List.of(),
                64,
                List.of(128, 128),
                32,
                64,
                64,
                MixerSpec.Units.ELU,
                StateSource.ENVIRONMENT,
                false,
                0.99,
                0,
                true,
                5e-4,
                0,
                1e-8,
                10,
                32,
                0,
                0,
                5_000,
                32,
                200,
                1,
                0.1,
                0.01,
                22_500,
                false);
    }

    /**
     * Ours: the network per server, λ = 0.6 and Adam as tuned in "Rethinking the Implementation Tricks" (Hu et al., 2021, arXiv:2102.03479),
     * mixed units and calibrated values, sequences of 32 steps after 8 of burn-in.
     *
     * @return the preset
     */
    public static QmixConfig defaults() {
        return new QmixConfig(
                MixerSpec.Kind.QMIX,
                Architecture.PER_SERVER,
                List.of(64),
                64,
                List.of(),
                32,
                0,
                32,
                MixerSpec.Units.MIXED,
                StateSource.ENVIRONMENT,
                false,
                0.99,
                0.6,
                true,
                5e-4,
                0,
                1e-5, // PyMARL's optimiser
                10,
                32,
                32,
                8,
                1_000,
                4,
                200,
                1,
                1,
                0.05,
                50_000,
                true);
    }

    /**
     * For small games with few actions whose values must come out exactly, explored uniformly: no memory, one-step targets, a step size that falls
     * to 0. See {@link GameTraining}.
     *
     * @param mixer how values become one
     * @param episodes how many will be played
     * @param updates how many updates will be made
     * @return the preset
     */
    public static QmixConfig games(MixerSpec.Kind mixer, int episodes, long updates) {
        return new QmixConfig(
                mixer,
                Architecture.RECURRENT,
                List.of(64),
                0,
                List.of(),
                32,
                0,
                32,
                MixerSpec.Units.MIXED,
                StateSource.ENVIRONMENT,
                false,
                0.99,
                0,
                true,
                mixer == MixerSpec.Kind.QMIX ? MIXING_RATE : 3e-3,
                updates,
                1e-8,
                10,
                64,
                0,
                0,
                episodes,
                Math.min(episodes, 64),
                0,
                0.02,
                1,
                1,
                0,
                true);
    }

    /**
     * For a single agent that picks the server of each flow: a deep Q-network without memory (Mnih et al., 2015, with double Q). At γ = 0.98 a decision
     * looks some 50 flows ahead, enough for an optimum in the mean (for two servers of speeds 1 and 4, what is optimal there is so within 0.001 %).
     * The differences between actions are small against values, hence the large batches, the step size that falls to 0, an ε of 0.3, which shows both
     * actions often enough (one-step targets do not mind), and values in units of the reward, which the problem is to choose; see
     * {@link io.marllb.agents.problems.TwoServers}.
     *
     * @param episodes how many will be played, of which the last 3,000 are kept
     * @param updates how many updates will be made
     * @return the preset
     */
    public static QmixConfig dispatch(int episodes, long updates) {
        return new QmixConfig(
                MixerSpec.Kind.IQL,
                Architecture.RECURRENT,
                List.of(64, 64),
                0,
                List.of(),
                1,
                0,
                1,
                MixerSpec.Units.ELU,
                StateSource.ENVIRONMENT,
                false,
                0.98,
                0,
                true,
                1e-3,
                updates,
                1e-8,
                10,
                128,
                8,
                0,
                Math.min(episodes, 3_000),
                Math.min(episodes, 4),
                0,
                0.01,
                0.3,
                0.3,
                0,
                false);
    }

    /**
     * The same with another mixer.
     *
     * @param other how values become one
     * @return a copy
     */
    public QmixConfig withMixer(MixerSpec.Kind other) {
        return new QmixConfig(
                other,
                network,
                before,
                gru,
                after,
                embed,
                hyperHidden,
                valueHidden,
                units,
                state,
                lastAction,
                discount,
                lambda,
                doubleQ,
                learningRate,
                decayUpdates,
                adamEpsilon,
                clipNorm,
                batch,
                window,
                burnIn,
                replayEpisodes,
                startEpisodes,
                targetInterval,
                targetRate,
                epsilonStart,
                epsilonEnd,
                epsilonSteps,
                calibrate);
    }
}
