package io.marllb.agents.sac;

import io.marllb.core.check.Checks;
import java.util.List;

/**
 * Every number of {@link Sac}. Immutable.
 *
 * @param network what kind of network
 * @param before sizes of the ReLU layers before the GRU; of a network per server, those of its encoder, at least one
 * @param gru size of the GRU; 0 for no memory
 * @param actorAfter sizes of the actor's ReLU layers behind the GRU; none if the network is per server
 * @param criticAfter the same of the critics
 * @param discount γ, in [0, 1]
 * @param targetRate τ of the soft target update, in (0, 1]
 * @param actorRate Adam's step size for the actor
 * @param criticRate Adam's step size for the critics
 * @param temperatureRate Adam's step size for log α; 0 keeps the temperature
 * @param maxNorm largest norm of a gradient, per network; infinity for no clipping
 * @param temperature α at the start, {@code > 0}
 * @param entropyRatio the target entropy: discrete, this times log K in each head (below 0: out of reach, α only falls); continuous, minus
 *     this times the number of dimensions
 * @param batch windows per update
 * @param time steps of a window; 0 for whole episodes
 * @param burnIn steps before a window that warm up memory
 * @param steps n of the n-step targets, which leave out the entropies of the steps between (none for 1)
 * @param capacity steps kept, {@code >= warmUp} plus the horizon of the problem
 * @param warmUp steps of uniform actions before the first update
 * @param priorityExponent α of prioritised replay, in [0, 1]; 0 for uniform draws
 * @param importance β of its weights at the start, in [0, 1]
 * @param importanceGrowth added to β each update, until it is 1
 * @param rewardScale what rewards are multiplied by
 * @param normaliseRewards whether the rewards of each batch are made mean 0 and deviation 1 first
 * @param shareParameters whether all agents learn and use one set of parameters; else each has its own
 */
public record SacConfig(
        Kind network,
        List<Integer> before,
        int gru,
        List<Integer> actorAfter,
        List<Integer> criticAfter,
        double discount,
        double targetRate,
        double actorRate,
        double criticRate,
        double temperatureRate,
        double maxNorm,
        double temperature,
        double entropyRatio,
        int batch,
        int time,
        int burnIn,
        int steps,
        long capacity,
        long warmUp,
        double priorityExponent,
        double importance,
        double importanceGrowth,
        double rewardScale,
        boolean normaliseRewards,
        boolean shareParameters) {

    /** Kinds of networks. */
    public enum Kind {
        /** {@link io.marllb.policies.frozen.NetworkSpec.Recurrent}, for a fixed number of inputs. */
        RECURRENT,
        /** {@link io.marllb.policies.frozen.NetworkSpec.PerServer}, for any number of servers. */
        PER_SERVER
    }

    /** Levels of the original program's actions. */
    private static final int ORIGINAL_LEVELS = 3;

    /** Servers of the original program's testbed. */
    private static final int ORIGINAL_SERVERS = 7;

    /** Levels of the paper's actions. */
    private static final int PAPER_LEVELS = 6;

    /** Checks everything and reports every violation. */
    public SacConfig {
        before = List.copyOf(before);
        actorAfter = List.copyOf(actorAfter);
        criticAfter = List.copyOf(criticAfter);
        Checks checks = new Checks("SacConfig");
        before.forEach(h -> checks.atLeast("before", h, 1));
        actorAfter.forEach(h -> checks.atLeast("actorAfter", h, 1));
        criticAfter.forEach(h -> checks.atLeast("criticAfter", h, 1));
        checks.that(
                        network != Kind.PER_SERVER || actorAfter.isEmpty() && criticAfter.isEmpty(),
                        "a network per server has no layers behind its GRU, but actorAfter and criticAfter were "
                                + actorAfter + " and " + criticAfter + "; set them to none")
                .that(
                        network != Kind.PER_SERVER || !before.isEmpty(),
                        "a network per server must have an encoder, but before was empty")
                .atLeast("gru", gru, 0)
                .inRange("discount", discount, 0, 1)
                .positive("targetRate", targetRate)
                .inRange("targetRate", targetRate, 0, 1)
                .positive("actorRate", actorRate)
                .positive("criticRate", criticRate)
                .notNegative("temperatureRate", temperatureRate)
                .that(maxNorm > 0, "maxNorm must be > 0, but was " + maxNorm)
                .positive("temperature", temperature)
                .that(
                        Math.abs(entropyRatio) < Double.POSITIVE_INFINITY,
                        "entropyRatio must be finite, but was " + entropyRatio)
                .atLeast("batch", batch, 1)
                .atLeast("time", time, 0)
                .atLeast("burnIn", burnIn, 0)
                .atLeast("steps", steps, 1)
                .atLeast("capacity", capacity, 1)
                .atLeast("warmUp", warmUp, 0)
                .inRange("priorityExponent", priorityExponent, 0, 1)
                .inRange("importance", importance, 0, 1)
                .notNegative("importanceGrowth", importanceGrowth)
                .positive("rewardScale", rewardScale)
                .throwIfAny();
    }

    /**
     * The SAC-GRU of the MARLLB paper (arXiv:2201.11727, its table of hyper-parameters for the moderate cluster), with what it leaves open from
     * the authors' program. Meant with 25 updates per episode.
     *
     * @return the configuration
     */
    public static SacConfig paper() {
        return new SacConfig(
                Kind.RECURRENT,
                List.of(128, 128), // "2 FC -> GRU -> 2 FC", hidden 128
                128,
                List.of(128, 128),
                List.of(128),
                0.99, // the program's
                0.01, // the program's
                1e-3,
                1e-3,
                1e-3,
                Double.POSITIVE_INFINITY, // none is named
                1, // the program's: log α = 0
                -1 / Math.log(PAPER_LEVELS), // -|A|: -1 per server, out of reach of discrete heads
                12, // episodes
                0, // whole ones
                0,
                1,
                720_000, // 3,000 episodes of 60 s / 0.25 s
                6_000, // 25 episodes
                0,
                0,
                0,
                1,
                false,
                false);
    }

    /**
     * The SAC-GRU of the authors' program as coded ({@code sac_gru_discrete.py}); deviations are in docs/algorithms/sac-gru.md. Meant with 5
     * updates per episode.
     *
     * @return the configuration
     */
    public static SacConfig original() {
        return new SacConfig(
                Kind.RECURRENT,
                List.of(512, 512),
                512,
                List.of(512, 512),
                List.of(512),
                0.99,
                0.01,
                3e-4,
                3e-4,
                3e-4,
                Double.POSITIVE_INFINITY,
                1,
                -1 / (ORIGINAL_SERVERS * Math.log(ORIGINAL_LEVELS)), // -1 for all servers together
                12,
                0,
                0,
                1,
                720_000, // 3,000 episodes
                240, // one episode
                0,
                0,
                0,
                1,
                true,
                false);
    }

    /**
     * The SAC-GRU of the re-implementation ({@code sac_agent.py}): a policy of 101,896 and critics of 167,425 parameters at 44 inputs and 4
     * continuous actions. Its batch of 256 single transitions is one of 16 windows of 16 steps here, since single ones teach memory nothing. Meant
     * with one update per step.
     *
     * @return the configuration
     */
    public static SacConfig seed() {
        return new SacConfig(
                Kind.RECURRENT,
                List.of(),
                128,
                List.of(256),
                List.of(256, 256),
                0.99,
                0.005,
                3e-4,
                3e-4,
                3e-4,
                10, // what its README advises
                0.2,
                1, // -dim(A)
                16,
                16,
                8,
                1,
                1_000_000,
                10_000,
                0, // its prioritised buffer (0.6, 0.4, 0.001) is there, but not in use
                0.4,
                0.001,
                1,
                false,
                false);
    }

    /**
     * Ours: one set of parameters for all balancers and any number of servers.
     *
     * @return the configuration
     */
    public static SacConfig defaults() {
        return new SacConfig(
                Kind.PER_SERVER,
                List.of(64),
                64,
                List.of(),
                List.of(),
                0.95, // 20 intervals: queues forget within seconds
                0.005, // Haarnoja et al. (2018, arXiv:1812.05905), their table of hyper-parameters
                3e-4, // the same
                1e-3, // critics lead the actor
                3e-4,
                10,
                0.2,
                0.5, // half of uniform: Christodoulou's 0.98 hardly lets go of it
                32,
                16,
                8, // half a window, as in R2D2 (Kapturowski et al., 2019)
                1,
                500_000,
                2_000,
                0,
                0.4,
                0.001,
                1,
                false,
                true);
    }

    /**
     * A preset by its name.
     *
     * @param name {@code paper}, {@code original}, {@code seed} or {@code default}
     * @return the configuration
     * @throws IllegalArgumentException if there is none
     */
    public static SacConfig preset(String name) {
        return switch (name) {
            case "paper" -> paper();
            case "original" -> original();
            case "seed" -> seed();
            case "default" -> defaults();
            default ->
                throw new IllegalArgumentException(
                        "unknown preset '" + name + "'" + io.marllb.core.check.Nearest.hint(name, PRESETS));
        };
    }

    /** The names that {@link #preset} takes. */
    public static final List<String> PRESETS = List.of("paper", "original", "seed", "default");
}
