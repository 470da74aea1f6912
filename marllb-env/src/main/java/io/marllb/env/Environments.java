package io.marllb.env;

import io.marllb.core.check.Nearest;
import io.marllb.core.rl.Env;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.ServerFeature;
import io.marllb.core.rl.WeightActions;
import io.marllb.env.EnvSpec.Parameter;
import io.marllb.env.EnvSpec.Values;
import io.marllb.env.LoadBalanceConfig.Sharing;
import io.marllb.env.reference.CartPole;
import io.marllb.env.reference.MatrixGame;
import io.marllb.env.reference.Pendulum;
import io.marllb.env.reference.TwoStepGame;
import io.marllb.env.scenario.Curriculum;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.frozen.Codecs;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;

/** Every environment that ships, by id with version or by short name. */
public final class Environments {

    private static final String NO_CODEC = "none";

    private static final List<Parameter> LOAD_BALANCE = List.of(
            new Parameter(
                    "scenario", "quickstart", "a named scenario, a scenario file, or curriculum: random clusters"),
            new Parameter("rule", "sed", "the fast path that uses the weights, with its parameters"),
            new Parameter(
                    "actions",
                    "levels",
                    "levels, original, continuous, own levels 1/1.5/2, a range 0.1..10, or boost-2"),
            new Parameter(
                    "reward",
                    LoadBalanceConfig.SMOOTHED_PRODUCT,
                    "one of " + String.join(", ", LoadBalanceConfig.rewards())),
            new Parameter(
                    "reward-feature",
                    ServerFeature.DURATION_DISCOUNTED_MEAN.id(),
                    "what a fairness reward compares between servers"),
            new Parameter("sharing", "mean", "own, mean or pooled"),
            new Parameter("horizon", "240", "control intervals of an episode"),
            new Parameter(
                    "codec",
                    NO_CODEC,
                    "what stands between agents and cluster, such as relative; none for plain features"));

    private static final Parameter ROUNDS = new Parameter("rounds", "1", "plays per episode");

    private static final List<EnvSpec> ALL = List.of(
            new EnvSpec(
                    "marllb/LoadBalance-v0",
                    "load-balance",
                    "one balancer with all traffic sets a weight per server each interval",
                    LOAD_BALANCE,
                    v -> new LoadBalanceEnv(config(v)).parallel()),
            new EnvSpec(
                    "marllb/ParallelLoadBalance-v0",
                    "parallel-load-balance",
                    "every balancer sets a weight per server each interval, seeing its own flows only",
                    LOAD_BALANCE,
                    v -> Curriculum.isDrawn(v.text("scenario"))
                            ? new ParallelLoadBalanceEnv(config(v), Curriculum.parse(v.text("scenario")))
                            : new ParallelLoadBalanceEnv(config(v))),
            new EnvSpec(
                    "marllb/PerFlow-v0",
                    "per-flow",
                    "one balancer picks the server of every flow",
                    List.of(
                            new Parameter("scenario", "quickstart", "a named scenario or a scenario file"),
                            new Parameter("horizon", Integer.toString(PerFlowEnv.HORIZON), "decisions of an episode")),
                    v -> new PerFlowEnv(scenario(v), v.integer("horizon")).parallel()),
            new EnvSpec(
                    "marllb/TwoStepGame-v0",
                    "two-step",
                    "the two-step game of QMIX, optimum 8",
                    List.of(),
                    v -> new TwoStepGame()),
            new EnvSpec(
                    "marllb/MatrixGame-v0",
                    "matrix",
                    "a common-payoff game from a table",
                    List.of(
                            new Parameter("payoff", "", "a YAML or JSON file, payoff: [[1, 2], [3, 4]]"),
                            new Parameter("rounds", "the file's, or 1", "plays per episode")),
                    v -> v.isSet("rounds")
                            ? MatrixGame.read(Path.of(v.text("payoff")), v.integer("rounds"))
                            : MatrixGame.read(Path.of(v.text("payoff")))),
            new EnvSpec(
                    "marllb/Climbing-v0",
                    "climbing",
                    "the climbing game, optimum 11",
                    List.of(ROUNDS),
                    v -> MatrixGame.climbing(v.integer("rounds"))),
            new EnvSpec(
                    "marllb/Penalty-v0",
                    "penalty",
                    "the penalty game, optimum 10",
                    List.of(new Parameter("k", "-100", "penalty for not agreeing"), ROUNDS),
                    v -> MatrixGame.penalty(v.number("k"), v.integer("rounds"))),
            single(
                    "Pendulum",
                    "pendulum",
                    "swing up and hold a pendulum, as Pendulum-v1",
                    Pendulum.HORIZON,
                    Pendulum::new),
            single(
                    "PendulumNoVel",
                    "pendulum-no-vel",
                    "the pendulum with its velocity hidden",
                    Pendulum.HORIZON,
                    Pendulum::velocityHidden),
            single(
                    "CartPole",
                    "cart-pole",
                    "balance a pole on a cart, as CartPole-v1",
                    CartPole.HORIZON,
                    CartPole::new),
            single(
                    "CartPoleNoVel",
                    "cart-pole-no-vel",
                    "the cart-pole with its velocities hidden",
                    CartPole.HORIZON,
                    CartPole::velocityHidden));

    private Environments() {}

    private static EnvSpec single(String name, String alias, String summary, int horizon, IntFunction<Env> make) {
        return new EnvSpec(
                "marllb/" + name + "-v0",
                alias,
                summary,
                List.of(new Parameter("horizon", Integer.toString(horizon), "most steps of an episode")),
                v -> make.apply(v.integer("horizon")).parallel());
    }

    private static Scenario scenario(Values v) {
        return Scenarios.load(v.text("scenario"));
    }

    private static LoadBalanceConfig config(Values v) {
        return new LoadBalanceConfig(
                scenario(v),
                v.text("rule"),
                WeightActions.parse(v.text("actions")),
                v.text("reward"),
                ServerFeature.named(v.text("reward-feature")),
                sharing(v.text("sharing")),
                v.integer("horizon"),
                v.text("codec").equals(NO_CODEC) ? Optional.empty() : Optional.of(Codecs.parse(v.text("codec"))));
    }

    private static Sharing sharing(String text) {
        List<String> names = new ArrayList<>();
        for (Sharing s : Sharing.values()) {
            String name = s.name().toLowerCase(Locale.ROOT);
            if (name.equals(text)) {
                return s;
            }
            names.add(name);
        }
        throw new IllegalArgumentException("unknown sharing '" + text + "'" + Nearest.hint(text, names));
    }

    /**
     * Every environment that ships.
     *
     * @return an immutable list, in the order to show them
     */
    public static List<EnvSpec> all() {
        return ALL;
    }

    /**
     * An environment's description by its name.
     *
     * @param name id, with or without {@code marllb/}, or alias
     * @return the description
     * @throws IllegalArgumentException if there is none, with the nearest name
     */
    public static EnvSpec named(String name) {
        List<String> known = new ArrayList<>();
        for (EnvSpec s : ALL) {
            if (s.id().equals(name)
                    || s.id().equals("marllb/" + name)
                    || s.alias().equals(name)) {
                return s;
            }
            known.add(s.id());
            known.add(s.alias());
        }
        throw new IllegalArgumentException("unknown environment '" + name + "'" + Nearest.hint(name, known));
    }

    /**
     * Makes a new environment.
     *
     * @param name id, with or without {@code marllb/}, or alias
     * @param settings values by parameter name; what is left out has its default
     * @return a new environment, not yet reset
     * @throws IllegalArgumentException if the name is unknown, a parameter unknown or missing, or a value wrong
     */
    public static ParallelEnv make(String name, Map<String, String> settings) {
        return named(name).make(settings);
    }

    /**
     * Makes a new environment: {@code make("two-step")}, {@code make("penalty", "k", "-50")}.
     *
     * @param name id, with or without {@code marllb/}, or alias
     * @param settings alternating parameter names and values
     * @return a new environment, not yet reset
     * @throws IllegalArgumentException if the name is unknown, a parameter unknown or missing, or a value wrong
     */
    public static ParallelEnv make(String name, String... settings) {
        if (settings.length % 2 != 0) {
            throw new IllegalArgumentException(
                    "settings must be pairs of name and value, but were " + Arrays.toString(settings));
        }
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < settings.length; i += 2) {
            map.put(settings[i], settings[i + 1]);
        }
        return make(name, map);
    }
}
