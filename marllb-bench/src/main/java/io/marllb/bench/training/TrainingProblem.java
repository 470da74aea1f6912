package io.marllb.bench.training;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.Metrics;
import io.marllb.agents.train.EpisodeProbe;
import io.marllb.agents.train.Trainer;
import io.marllb.core.rl.AgentIndicator;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.RescaleAction;
import io.marllb.core.rl.Space;
import io.marllb.core.rl.StepResult;
import io.marllb.env.EnvSpec;
import io.marllb.env.Environments;
import io.marllb.env.ParallelLoadBalanceEnv;
import io.marllb.env.engine.RunResult;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.frozen.CodecSpec;
import io.marllb.policies.frozen.Codecs;
import io.marllb.policies.frozen.InputScaling;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** An environment to learn in, and what a learner may know of it. Thread-safe; never changes. */
public final class TrainingProblem {

    private static final double NANOS = 1e9;
    private static final double P99 = 99;
    private static final int STEPS_WITHOUT_A_LIMIT = 1_000;

    private final EnvSpec spec;
    private final Map<String, String> parameters;
    private final Optional<LoadBalanceSettings> loadBalance;
    private final boolean indicators;
    private InputScaling stateScaling; // measured when it is first needed

    private TrainingProblem(
            EnvSpec spec,
            Map<String, String> parameters,
            Optional<LoadBalanceSettings> loadBalance,
            boolean indicators) {
        this.spec = spec;
        this.parameters = new LinkedHashMap<>(parameters);
        this.loadBalance = loadBalance;
        this.indicators = indicators;
    }

    /**
     * Load balancing.
     *
     * @param scenario a named scenario, a file, or {@code curriculum} for random clusters
     * @param settings what the agents see, do and are paid for
     * @param single whether one balancer gets all traffic
     * @return the problem
     */
    public static TrainingProblem scenario(String scenario, LoadBalanceSettings settings, boolean single) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("scenario", scenario);
        parameters.put("codec", settings.codec());
        parameters.put("rule", settings.rule());
        parameters.put("reward", settings.reward());
        parameters.put("reward-feature", settings.rewardFeature());
        parameters.put("sharing", settings.sharing());
        parameters.put("horizon", Integer.toString(settings.horizon()));
        return new TrainingProblem(
                Environments.named(single ? "load-balance" : "parallel-load-balance"),
                parameters,
                Optional.of(settings),
                false);
    }

    /**
     * Any environment of the registry. Continuous actions are scaled to [-1, 1]; of several agents each is told who it is, since they may share a
     * network.
     *
     * @param name id or alias
     * @param parameters its parameters by name
     * @return the problem
     */
    public static TrainingProblem environment(String name, Map<String, String> parameters) {
        return new TrainingProblem(Environments.named(name), parameters, Optional.empty(), true);
    }

    /**
     * A new environment. Of load balancing, {@code state} comes in units of its deviation.
     *
     * @return not yet reset
     * @throws IllegalArgumentException if a parameter is wrong
     */
    public ParallelEnv make() {
        ParallelEnv env = loadBalance.isPresent()
                ? new ScaledState(spec.make(parameters), this::stateScaling)
                : spec.make(parameters);
        Space actions = env.actionSpace(env.possibleAgents().get(0));
        if (actions instanceof Box box && !isUnit(box)) {
            env = new RescaleAction(env, -1, 1);
        }
        return indicators && env.possibleAgents().size() > 1 ? new AgentIndicator(env) : env;
    }

    private synchronized InputScaling stateScaling() {
        if (stateScaling == null) {
            stateScaling = ScaledState.measure(() -> spec.make(parameters));
        }
        return stateScaling;
    }

    private static boolean isUnit(Box box) {
        for (int i = 0; i < box.size(); i++) {
            if (box.low(i) != -1 || box.high(i) != 1) {
                return false;
            }
        }
        return true;
    }

    /**
     * What a learner may know.
     *
     * @param seed root of all streams
     * @return the setup
     */
    public LearnerSetup setup(long seed) {
        try (ParallelEnv env = make()) {
            LearnerSetup plain = Trainer.setup(env, horizon(), seed);
            if (loadBalance.isEmpty()) {
                return plain;
            }
            CodecSpec codec = codec().orElseThrow();
            int servers = (plain.inputs() - codec.globals()) / codec.features();
            return new LearnerSetup(
                    plain.agents(),
                    plain.inputs(),
                    plain.actionSpace(),
                    plain.stateSize(),
                    plain.horizon(),
                    servers,
                    codec.features(),
                    codec.globals(),
                    seed);
        }
    }

    /**
     * Most steps of an episode.
     *
     * @return the environment's own limit, where it has one
     */
    public int horizon() {
        for (String name : new String[] {"horizon", "rounds"}) {
            OptionalInt limit = limit(name);
            if (limit.isPresent()) {
                return limit.getAsInt();
            }
        }
        return spec.alias().equals("two-step") ? 2 : STEPS_WITHOUT_A_LIMIT;
    }

    private OptionalInt limit(String name) {
        for (EnvSpec.Parameter p : spec.parameters()) {
            if (p.name().equals(name)) {
                String text = parameters.getOrDefault(name, p.defaultValue());
                return text.matches("\\d{1,9}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
            }
        }
        return OptionalInt.empty();
    }

    /**
     * What the trained agent sees and does.
     *
     * @return the codec; empty unless this is load balancing
     */
    public Optional<CodecSpec> codec() {
        return loadBalance.map(s -> Codecs.parse(s.codec()));
    }

    /**
     * The fast path under the agent.
     *
     * @return the rule; empty unless this is load balancing
     */
    public Optional<String> rule() {
        return loadBalance.map(LoadBalanceSettings::rule);
    }

    /**
     * What is learnt in, for messages and files.
     *
     * @return the scenario's text or the environment's alias
     */
    public String name() {
        return loadBalance.isPresent() ? parameters.get("scenario") : spec.alias();
    }

    /**
     * The environment and its parameters.
     *
     * @return a new map: {@code environment} and every parameter that was set
     */
    public Map<String, String> description() {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("environment", spec.id());
        all.putAll(parameters);
        return all;
    }

    /**
     * The scenario as YAML, so that a file of another day means the same.
     *
     * @return the text; empty unless this is load balancing on a certain cluster
     */
    public Optional<String> scenarioText() {
        if (loadBalance.isEmpty() || parameters.get("scenario").startsWith("curriculum")) {
            return Optional.empty();
        }
        return Optional.of(Scenarios.write(Scenarios.load(parameters.get("scenario"))));
    }

    /**
     * What to read from episodes beside rewards.
     *
     * @return of load balancing the mean and the 99th percentile of flow completion times, in seconds, and Jain's index; else nothing
     */
    public EpisodeProbe probe() {
        return loadBalance.isPresent() ? TrainingProblem::read : EpisodeProbe.NONE;
    }

    private static void read(StepResult last, Metrics into) {
        Object run = last.info().get(ParallelLoadBalanceEnv.RUN_RESULT);
        if (run instanceof RunResult r && r.completed() > 0) {
            into.record("lb/mean_s", r.meanFctNanos() / NANOS);
            into.record("lb/p99_s", r.fct().getValueAtPercentile(P99) / NANOS);
            into.record("lb/jain", r.jainMean());
        }
    }
}
