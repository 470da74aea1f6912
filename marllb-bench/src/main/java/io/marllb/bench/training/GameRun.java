package io.marllb.bench.training;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.agents.Metrics;
import io.marllb.agents.qmix.GameTraining;
import io.marllb.agents.train.Algorithm;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.env.EnvSpec;
import io.marllb.env.Environments;
import java.util.Map;

/** What value-based learners make of a small game: the greedy return and the joint values that they learnt, explored uniformly throughout. */
public final class GameRun {

    private static final int SCHEMA = 1;

    private final Algorithm algorithm;

    private final String env;
    private final long seed;
    private final int episodes;
    private final double greedyReturn;
    private final double[] jointValues; // row-major, agent 0 slowest; null for independent learners
    private final int[] actions;

    private GameRun(Algorithm algorithm, String env, long seed, int episodes, GameTraining game) {
        this.algorithm = algorithm;
        this.env = env;
        this.seed = seed;
        this.episodes = episodes;
        greedyReturn = game.greedyReturn();
        jointValues = game.jointValues();
        actions = game.actions();
    }

    /**
     * Whether an environment is a game for this: several agents, or one shot, with few actions each.
     *
     * @param name id or alias
     * @return true for matrix, climbing, penalty and two-step
     */
    public static boolean isGame(String name) {
        return switch (Environments.named(name).alias()) {
            case "matrix", "climbing", "penalty", "two-step" -> true;
            default -> false;
        };
    }

    /**
     * Learns a game.
     *
     * @param algorithm a value-based one
     * @param name id or alias
     * @param parameters of the environment, such as {@code payoff}
     * @param episodes how many, {@code >= 1}
     * @param seed root of all randomness
     * @return what was learnt
     */
    public static GameRun run(
            Algorithm algorithm, String name, Map<String, String> parameters, int episodes, long seed) {
        EnvSpec spec = Environments.named(name);
        try (ParallelEnv env = spec.make(parameters)) {
            int horizon = new Horizon(spec, env).steps();
            Metrics nowhere = (key, value) -> {};
            GameTraining game = new GameTraining(env, horizon, algorithm.mixer(), episodes, seed);
            return new GameRun(algorithm, spec.alias(), seed, episodes, game.run(nowhere));
        }
    }

    /**
     * What the greedy joint action pays.
     *
     * @return undiscounted return of an episode
     */
    public double greedyReturn() {
        return greedyReturn;
    }

    /**
     * The joint values of the first step.
     *
     * @return row-major over the agents' actions, agent 0 slowest, a new array; null for independent learners
     */
    public double[] jointValues() {
        return jointValues == null ? null : jointValues.clone();
    }

    /**
     * The result for programs.
     *
     * @return {@code schema, agent, env, seed, episodes, greedy_return, q_joint}, the last nested once per agent as a payoff file
     */
    public ObjectNode json() {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("schema", SCHEMA);
        node.put("agent", algorithm.id());
        node.put("env", env);
        node.put("seed", seed);
        node.put("episodes", episodes);
        node.put("greedy_return", greedyReturn);
        if (jointValues == null) {
            node.putNull("q_joint");
        } else {
            nest(node.putArray("q_joint"), 0, 0);
        }
        return node;
    }

    private int nest(ArrayNode into, int agent, int from) {
        int next = from;
        for (int k = 0; k < actions[agent]; k++) {
            if (agent == actions.length - 1) {
                into.add(jointValues[next++]);
            } else {
                next = nest(into.addArray(), agent + 1, next);
            }
        }
        return next;
    }

    /** Steps of an episode of a game: played once, since all games here are of a fixed length. */
    private record Horizon(EnvSpec spec, ParallelEnv env) {

        private static final int MOST = 100_000;

        int steps() {
            env.reset(0);
            float[][] first = new float[env.possibleAgents().size()][1];
            int steps = 0;
            while (!env.agents().isEmpty()) {
                if (++steps > MOST) {
                    throw new IllegalArgumentException(spec.alias() + ": rounds must be at most " + MOST);
                }
                env.step(first);
            }
            return steps;
        }
    }
}
