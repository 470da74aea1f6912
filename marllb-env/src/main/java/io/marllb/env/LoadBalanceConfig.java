package io.marllb.env;

import io.marllb.core.check.Checks;
import io.marllb.core.check.Nearest;
import io.marllb.core.fairness.Fairness;
import io.marllb.core.rl.ServerFeature;
import io.marllb.core.rl.WeightActions;
import io.marllb.env.scenario.Scenario;
import io.marllb.policies.PolicyInfo;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import io.marllb.policies.frozen.CodecSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a load-balancing environment plays, and for what reward. Immutable.
 *
 * @param scenario cluster, traffic, events and control interval; how long it says a run is does not matter
 * @param rule the fast path that uses the agents' weights, a rule of the registry with its parameters, such as {@code sed:bias=1/m}
 * @param actions how actions become weights
 * @param reward one of {@link #rewards()}
 * @param rewardFeature what a fairness reward compares between servers
 * @param sharing whether agents share rewards
 * @param horizon control intervals of an episode, {@code >= 1}
 * @param codec what stands between agents and cluster: observations are its inputs, and it turns actions into weights and a bias, so that {@code actions}
 *     does not matter; none for the plain features and {@code actions}
 */
public record LoadBalanceConfig(
        Scenario scenario,
        String rule,
        WeightActions actions,
        String reward,
        ServerFeature rewardFeature,
        Sharing sharing,
        int horizon,
        Optional<CodecSpec> codec) {

    /** Whether agents share rewards. */
    public enum Sharing {
        /** Each agent is paid for what it sees itself. */
        OWN,
        /** Every agent is paid the mean of what {@link #OWN} would pay: the paper's global reward. */
        MEAN,
        /** Every agent is paid for the mean over agents of what they see of each server: the original program's team reward. */
        POOLED
    }

    /** Eq. 18 of the paper (arXiv:2201.11727): product fairness of loads mixed over two steps, γ = 0.9. */
    public static final String SMOOTHED_PRODUCT = "smoothed-product";

    /**
     * The negative mean completion time, in seconds, of all flows that completed in the interval, of every balancer; with none, as before. Uses
     * the true state, so for training in simulation only; always shared.
     */
    public static final String COMPLETION_TIME = "completion-time";

    /**
     * The negative number of flows in the whole system per core at its current speed, at the end of the interval. By Little's law its mean falls
     * with the mean completion time. Uses the true state, so for training in simulation only; always shared.
     */
    public static final String IN_SYSTEM = "in-system";

    private static final int PAPER_HORIZON = 240; // 60 s of 250 ms
    private static final long MAX_HORIZON = 10_000_000;

    /**
     * The time-mean of flows in flight in the interval, negative, per active server: of the balancer's own flows times m, or of all with sharing. By Little's
     * law its mean falls with the mean completion time; a live balancer can measure its own.
     */
    public static final String IN_FLIGHT = "in-flight";

    /**
     * How many fewer flows were in flight in the interval than in a twin of the cluster with the same traffic, whose agents take the codec's neutral action:
     * the difference over the twin's mean in the episode so far. Needs a codec; always shared; takes twice the time. What both have in common, the
     * luck of the traffic, cancels (common random numbers).
     */
    public static final String AGAINST_TWIN = "against-twin";

    /**
     * As {@link #AGAINST_TWIN}, but what is compared is how crowded it is where the flows are: the sum over servers of squared mean flows over current
     * capacity. A few long queues cost more than the same flows spread, as the 99th percentile has it. Uses the true state; always shared.
     */
    public static final String LESS_CROWDED = "less-crowded";

    /** Checks everything and reports every violation. */
    public LoadBalanceConfig {
        Objects.requireNonNull(scenario, "scenario");
        Objects.requireNonNull(rule, "rule");
        Objects.requireNonNull(actions, "actions");
        Objects.requireNonNull(reward, "reward");
        Objects.requireNonNull(rewardFeature, "rewardFeature");
        Objects.requireNonNull(sharing, "sharing");
        Objects.requireNonNull(codec, "codec");
        Checks checks = new Checks("LoadBalanceConfig")
                .that(
                        horizon >= 1 && horizon <= MAX_HORIZON,
                        "horizon must be in [1, " + MAX_HORIZON + "], but was " + horizon)
                .that(rewards().contains(reward), "unknown reward '" + reward + "'" + Nearest.hint(reward, rewards()))
                .that(!needsTwin(reward) || codec.isPresent(), "reward " + reward + " needs a codec, such as relative")
                .that(rewardFeature != ServerFeature.ACTIVE, "rewardFeature must be a load, but was active");
        try {
            PolicySpec parsed = policy(rule);
            checks.that(!parsed.oracle(), "rule must not be an oracle, but was " + rule);
        } catch (IllegalArgumentException e) {
            checks.that(false, "rule: " + e.getMessage());
        }
        checks.throwIfAny();
    }

    /**
     * Without a codec.
     *
     * @param scenario cluster, traffic, events and control interval
     * @param rule the fast path
     * @param actions how actions become weights
     * @param reward one of {@link #rewards()}
     * @param rewardFeature what a fairness reward compares between servers
     * @param sharing whether agents share rewards
     * @param horizon control intervals of an episode, {@code >= 1}
     */
    public LoadBalanceConfig(
            Scenario scenario,
            String rule,
            WeightActions actions,
            String reward,
            ServerFeature rewardFeature,
            Sharing sharing,
            int horizon) {
        this(scenario, rule, actions, reward, rewardFeature, sharing, horizon, Optional.empty());
    }

    /**
     * The paper's setting: SED, six levels, eq. 18 on the discounted mean flow duration, the mean over agents, 240 steps.
     *
     * @param scenario what to play
     * @return the configuration
     */
    public static LoadBalanceConfig of(Scenario scenario) {
        return new LoadBalanceConfig(
                scenario,
                "sed",
                WeightActions.LEVELS,
                SMOOTHED_PRODUCT,
                ServerFeature.DURATION_DISCOUNTED_MEAN,
                Sharing.MEAN,
                PAPER_HORIZON);
    }

    /**
     * Names of rewards: the paper's, every {@link Fairness} by its names, and two of the true state, and two of time-means.
     *
     * @return an immutable list
     */
    public static List<String> rewards() {
        List<String> names = new ArrayList<>();
        names.add(SMOOTHED_PRODUCT);
        names.addAll(Fairness.names());
        names.add(COMPLETION_TIME);
        names.add(IN_SYSTEM);
        names.add(IN_FLIGHT);
        names.add(AGAINST_TWIN);
        names.add(LESS_CROWDED);
        return List.copyOf(names);
    }

    /**
     * The same under another scenario.
     *
     * @param newScenario what to play
     * @return a copy
     */
    public LoadBalanceConfig withScenario(Scenario newScenario) {
        return new LoadBalanceConfig(newScenario, rule, actions, reward, rewardFeature, sharing, horizon, codec);
    }

    /**
     * The same with another fast path.
     *
     * @param newRule a rule of the registry
     * @return a copy
     */
    public LoadBalanceConfig withRule(String newRule) {
        return new LoadBalanceConfig(scenario, newRule, actions, reward, rewardFeature, sharing, horizon, codec);
    }

    /**
     * The same with other actions.
     *
     * @param newActions how actions become weights
     * @return a copy
     */
    public LoadBalanceConfig withActions(WeightActions newActions) {
        return new LoadBalanceConfig(scenario, rule, newActions, reward, rewardFeature, sharing, horizon, codec);
    }

    /**
     * The same with another reward.
     *
     * @param newReward one of {@link #rewards()}
     * @param newFeature what a fairness reward compares
     * @param newSharing whether agents share it
     * @return a copy
     */
    public LoadBalanceConfig withReward(String newReward, ServerFeature newFeature, Sharing newSharing) {
        return new LoadBalanceConfig(scenario, rule, actions, newReward, newFeature, newSharing, horizon, codec);
    }

    /**
     * The same with episodes of another length.
     *
     * @param newHorizon control intervals of an episode
     * @return a copy
     */
    public LoadBalanceConfig withHorizon(int newHorizon) {
        return new LoadBalanceConfig(scenario, rule, actions, reward, rewardFeature, sharing, newHorizon, codec);
    }

    /**
     * The same with another codec.
     *
     * @param newCodec what stands between agents and cluster
     * @return a copy
     */
    public LoadBalanceConfig withCodec(CodecSpec newCodec) {
        return new LoadBalanceConfig(
                scenario, rule, actions, reward, rewardFeature, sharing, horizon, Optional.of(newCodec));
    }

    /** Whether the reward is a fairness, which compares a feature between servers. */
    boolean comparesFeatures() {
        return !List.of(COMPLETION_TIME, IN_SYSTEM, IN_FLIGHT, AGAINST_TWIN, LESS_CROWDED)
                .contains(reward);
    }

    /** Whether a reward compares with a twin. */
    static boolean needsTwin(String reward) {
        return reward.equals(AGAINST_TWIN) || reward.equals(LESS_CROWDED);
    }

    /** The rule with weights that stay 1 until an agent sets others. */
    PolicySpec policy() {
        return policy(rule);
    }

    private static PolicySpec policy(String rule) {
        List<String> rules =
                PolicyRegistry.rules().stream().map(PolicyInfo::name).toList();
        String head = rule.strip().split(":", 2)[0];
        if (!rules.contains(head)) {
            throw new IllegalArgumentException("unknown rule '" + head + "'" + Nearest.hint(head, rules));
        }
        return PolicyRegistry.parse(rule + "+equal");
    }

    /** A scenario with traffic for the whole episode, all of it measured, for a number of balancers. */
    Scenario episode(Scenario s, int balancers) {
        long before = codec.isPresent() ? 1 : 0; // the interval that reset plays
        long nanos = Math.multiplyExact(s.control().interval(), before + horizon + 1);
        return new Scenario(
                s.name(),
                balancers,
                s.servers(),
                s.weightsKnown(),
                s.traffic(),
                s.network(),
                s.events(),
                s.control(),
                new Scenario.Run(
                        OptionalLong.empty(), OptionalLong.of(nanos), 0, s.run().seed()));
    }
}
