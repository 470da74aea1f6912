package io.marllb.env;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.Policy;
import io.marllb.core.Reports;
import io.marllb.core.WeightPolicy;
import io.marllb.core.rl.AgentId;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.Lifecycle;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.ServerFeature;
import io.marllb.core.rl.Space;
import io.marllb.core.rl.StepResult;
import io.marllb.env.engine.RunOptions;
import io.marllb.env.engine.RunResult;
import io.marllb.env.engine.Simulation;
import io.marllb.env.scenario.Curriculum;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.frozen.Codec;
import io.marllb.policies.frozen.CodecSpec;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/**
 * Load balancing as a game of m agents: every balancer sets a weight per server, once per control interval.
 *
 * <h2>Description</h2>
 * The Dec-POMDP of arXiv:2201.11727 over the simulated cluster of a {@link Scenario}, in virtual time. New flows land on a random balancer, whose
 * rule (SED by default: the server with the smallest (in-flight + 1) / weight) picks a server by the agent's weights. Each agent sees its own
 * flows only. Between two steps the cluster runs on for one control interval (250 ms by default).
 * <h2>Actions</h2>
 * Each agent, one entry per server, dimensionless, only ratios matter: MultiDiscrete with six levels 1.0, 1.2, ..., 2.0 ({@code levels}), three
 * levels 1.0, 1.5, 2.0 ({@code original}), any other levels; or Box of the weights themselves, 0.1 to 10 ({@code continuous}) or another range.
 * <h2>Observations</h2>
 * Each agent, {@code [servers, 12]}, flat row-major, per server:
 * 0 "in-flight", flows, 0 to inf;
 * flow completion times: 1 "mean", 2 "p90", 3 "std", 4 "discounted mean", 5 "discounted p90", s, 0 to inf;
 * flow durations (ages at ACKs and at the end): 6 "mean", 7 "p90", 8 "std", 9 "discounted mean", 10 "discounted p90", s, 0 to inf;
 * 11 "active", flag, 0 to 1. A statistic without a sample is 0. See {@link ServerFeature}.
 * With a codec, observations are its inputs instead, and actions are from its space.
 *
 * <p>The state, {@code [servers, 5 + 2 m]}: the truth of each server, 0 "in system", flows; 1 "busy workers", flows; 2 "capacity", cores times
 * current speed; 3 "remaining work", s at speed 1; 4 "active", flag; then per balancer its "in-flight", flows, and "weight". All 0 to inf.
 * <h2>Reward</h2>
 * By name, see {@link LoadBalanceConfig#rewards()}; by default the paper's eq. 18, the smoothed product fairness of the discounted mean flow
 * durations of the active servers, in [0, 1], the mean over agents. A server without a sample does not count.
 * <h2>Start</h2>
 * An empty cluster, all weights 1. With a codec the first control interval is over already, with these weights, as it is when a trained agent that
 * serves decides for the first time; it is not paid for. The seed draws the traffic, which balancer a flow lands on, the ties and the reservoirs.
 * <h2>Episode end</h2>
 * Truncated after {@code horizon} steps; never terminated. The last info holds the episode's {@link RunResult} under {@link #RUN_RESULT}.
 * <h2>Parameters</h2>
 * Those of {@link LoadBalanceConfig}: scenario, rule, actions, reward, reward feature, sharing, horizon (240), codec; or a {@link Curriculum} for the
 * scenario.
 * <h2>Versions</h2>
 * v0: first.
 */
public final class ParallelLoadBalanceEnv implements ParallelEnv {

    /** Key of {@link StepResult#info} in the last step of an episode: what the run measured, a {@link RunResult}. */
    public static final String RUN_RESULT = "run_result";

    private static final int TRUTHS = 5; // what the state tells of a server
    private static final double NANOS = 1e9;

    private final LoadBalanceConfig config;
    private final Optional<Curriculum> curriculum; // empty: every episode plays the configured scenario
    private final int m;
    private final int n;
    private final List<AgentId> agents;
    private final Box observationSpace;
    private final Space actionSpace;
    private final Box stateSpace;
    private final Lifecycle lifecycle;
    private final LoadRewards rewardsOf;
    private final double[] rewards; // [agents]
    private final double[][] weights; // [agents][servers], in force
    private final List<Codec> codecs; // [agents], or none
    private final List<Codec> twinCodecs;
    private final float[] neutral;
    private final float[] scratchInputs;
    private final boolean observed; // reservoirs cost half of a run, so they are kept only where something reads them
    private Scenario episode;
    private Simulation simulation;
    private Simulation twin; // null unless the reward compares with one
    private boolean finished;
    private int steps;

    /**
     * An environment with an agent per balancer of the scenario.
     *
     * @param config what to play
     */
    public ParallelLoadBalanceEnv(LoadBalanceConfig config) {
        this(config, config.scenario().balancers(), Optional.empty());
    }

    /**
     * An environment that draws another cluster for every episode, with an agent per balancer.
     *
     * @param config what to play; its scenario is played in no episode
     * @param curriculum where the clusters come from
     */
    public ParallelLoadBalanceEnv(LoadBalanceConfig config, Curriculum curriculum) {
        this(config.withScenario(Scenarios.load(curriculum.text())), curriculum.balancers(), Optional.of(curriculum));
    }

    ParallelLoadBalanceEnv(LoadBalanceConfig config, int balancers, Optional<Curriculum> curriculum) {
        this.config = config;
        this.curriculum = curriculum;
        this.episode = config.episode(config.scenario(), balancers);
        this.m = balancers;
        this.n = episode.slots();
        this.agents = AgentId.list("balancer", m);
        this.observationSpace = config.codec()
                .map(c -> Box.of(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, c.inputs(n)))
                .orElseGet(() -> ServerFeature.space(n));
        this.actionSpace = config.codec()
                .map(c -> c.actionSpace(n))
                .orElseGet(() -> config.actions().space(n));
        this.codecs = codecs();
        this.twinCodecs = LoadBalanceConfig.needsTwin(config.reward()) ? codecs() : List.of();
        this.neutral = config.codec().map(c -> c.neutral(n)).orElseGet(() -> new float[0]);
        this.observed = config.comparesFeatures()
                || config.codec().map(c -> c.needs().contains(Need.RESERVOIRS)).orElse(true);
        this.scratchInputs = new float[observationSpace.size()];
        this.stateSpace = Box.of(0f, Float.POSITIVE_INFINITY, n, TRUTHS + 2 * m);
        this.lifecycle = new Lifecycle("LoadBalance", agents, Collections.nCopies(m, actionSpace));
        this.rewardsOf = new LoadRewards(config, m, n);
        this.rewards = new double[m];
        this.weights = new double[m][n];
    }

    private List<Codec> codecs() {
        List<Codec> made = new ArrayList<>();
        for (int b = 0; b < m && config.codec().isPresent(); b++) {
            made.add(config.codec().get().create(n, m, episode.control().interval()));
        }
        return List.copyOf(made);
    }

    /**
     * What it plays.
     *
     * @return the configuration
     */
    public LoadBalanceConfig config() {
        return config;
    }

    @Override
    public String name() {
        return "LoadBalance";
    }

    @Override
    public List<AgentId> possibleAgents() {
        return agents;
    }

    @Override
    public List<AgentId> agents() {
        return lifecycle.agents();
    }

    @Override
    public Box observationSpace(AgentId agent) {
        return observationSpace;
    }

    @Override
    public Space actionSpace(AgentId agent) {
        return actionSpace;
    }

    @Override
    public Box stateSpace() {
        return stateSpace;
    }

    @Override
    public void state(float[] into) {
        lifecycle.checkStarted();
        int row = TRUTHS + 2 * m;
        for (int j = 0; j < n; j++) {
            into[j * row] = simulation.inSystem(j);
            into[j * row + 1] = simulation.busyWorkers(j);
            into[j * row + 2] = (float) simulation.capacity(j);
            into[j * row + 3] = (float) (simulation.remainingWork(j) / NANOS);
            into[j * row + 4] = simulation.active(j) ? 1f : 0f;
        }
        for (int b = 0; b < m; b++) {
            Observation o = simulation.observation(b);
            for (int j = 0; j < n; j++) {
                into[j * row + TRUTHS + 2 * b] = o.inFlight(j);
                into[j * row + TRUTHS + 2 * b + 1] = (float) weights[b][j];
            }
        }
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        RandomGenerator random = lifecycle.reset(seed);
        long runSeed = random.nextLong();
        finish();
        if (curriculum.isPresent()) {
            episode = config.episode(curriculum.get().draw(random), m);
        }
        simulation = simulate(runSeed);
        twin = twinCodecs.isEmpty() ? null : simulate(runSeed);
        codecs.forEach(Codec::reset);
        twinCodecs.forEach(Codec::reset);
        finished = false;
        steps = 0;
        rewardsOf.reset();
        for (double[] w : weights) {
            Arrays.fill(w, 1);
        }
        if (!codecs.isEmpty()) {
            simulation.advanceTo(end());
            if (twin != null) {
                twin.advanceTo(end());
            }
            rewardsOf.write(simulation, twin, rewards);
        }
        Arrays.fill(rewards, 0);
        write(into);
    }

    /** When the interval that is on ends: with a codec one has passed before the first step. */
    private long end() {
        return (steps + (codecs.isEmpty() ? 0 : 1)) * episode.control().interval();
    }

    private Simulation simulate(long seed) {
        RunOptions options = observed ? RunOptions.PLAIN.withObservations() : RunOptions.PLAIN;
        return Simulation.of(
                episode,
                config.rule(),
                setup -> {
                    Policy policy = config.policy().build(setup);
                    return new Policy(policy.name(), policy.rule(), new OutsideWeights(config.codec()));
                },
                seed,
                options);
    }

    /** Stands for the agent outside: weights stay 1 until it sets others. */
    private record OutsideWeights(Optional<CodecSpec> codec) implements WeightPolicy {

        @Override
        public void decide(Observation observation, Reports reports, double[] decided) {
            throw new IllegalStateException("the agent outside decides");
        }

        @Override
        public boolean isStatic() {
            return true;
        }

        @Override
        public EnumSet<Need> needs() {
            return codec.map(CodecSpec::needs).orElseGet(() -> EnumSet.noneOf(Need.class));
        }
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        lifecycle.checkStep(actions);
        steps++;
        for (int b = 0; b < m; b++) {
            double bias = Double.NaN;
            if (codecs.isEmpty()) {
                config.actions().decode(actions[b], weights[b]);
            } else {
                bias = codecs.get(b).act(actions[b], weights[b]);
            }
            simulation.setWeights(b, weights[b], bias);
        }
        simulation.advanceTo(end());
        if (twin != null) {
            advanceTwin();
        }
        rewardsOf.write(simulation, twin, rewards);
        write(into);
        if (steps == config.horizon()) {
            lifecycle.end();
            into.info().put(RUN_RESULT, finish());
        }
    }

    private void advanceTwin() {
        double[] decided = new double[n];
        for (int b = 0; b < m; b++) {
            Codec codec = twinCodecs.get(b);
            codec.observe(twin.observation(b), Reports.NONE, scratchInputs);
            double bias = codec.act(neutral, decided);
            twin.setWeights(b, decided, bias);
        }
        twin.advanceTo(end());
    }

    private void write(StepResult into) {
        into.clear();
        for (int b = 0; b < m; b++) {
            if (codecs.isEmpty()) {
                ServerFeature.write(simulation.observation(b), into.observation(b));
            } else {
                codecs.get(b).observe(simulation.observation(b), Reports.NONE, into.observation(b));
            }
            into.set(b, rewards[b], false, steps == config.horizon());
        }
    }

    /** Ends the run that is on, if there is one: checks its books and closes its traffic. */
    private RunResult finish() {
        if (simulation == null || finished) {
            return null;
        }
        finished = true;
        if (twin != null) {
            twin.finish();
        }
        return simulation.finish();
    }

    @Override
    public String render() {
        return simulation == null ? "" : LoadPicture.text(snapshot());
    }

    /**
     * A picture of the present moment: per server the flows of each balancer, stacked, the capacity, and the weights.
     *
     * @param width pixels, {@code >= 200}
     * @param height pixels, {@code >= 120}
     * @return an RGB image
     * @throws IllegalStateException before the first reset
     */
    public BufferedImage image(int width, int height) {
        lifecycle.checkStarted();
        return LoadPicture.image(snapshot(), width, height);
    }

    private LoadPicture.Snapshot snapshot() {
        LoadPicture.Snapshot s = new LoadPicture.Snapshot(
                config.scenario().name(), steps, config.horizon(), simulation.now() / NANOS, m, n);
        for (int j = 0; j < n; j++) {
            s.inSystem[j] = simulation.inSystem(j);
            s.capacity[j] = simulation.capacity(j);
            s.active[j] = simulation.active(j);
        }
        for (int b = 0; b < m; b++) {
            Observation o = simulation.observation(b);
            for (int j = 0; j < n; j++) {
                s.inFlight[b][j] = o.inFlight(j);
                s.duration[b][j] = observed ? ServerFeature.DURATION_DISCOUNTED_MEAN.of(o, j) : Double.NaN;
                s.weights[b][j] = weights[b][j];
            }
        }
        System.arraycopy(rewards, 0, s.rewards, 0, m);
        return s;
    }

    @Override
    public void close() {
        if (!lifecycle.closed()) {
            lifecycle.close();
            finish();
        }
    }
}
