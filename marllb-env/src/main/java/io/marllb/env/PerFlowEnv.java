package io.marllb.env;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.Policy;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reports;
import io.marllb.core.View;
import io.marllb.core.WeightPolicy;
import io.marllb.core.Words;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.Discrete;
import io.marllb.core.rl.Env;
import io.marllb.core.rl.Lifecycle;
import io.marllb.core.rl.Space;
import io.marllb.core.rl.StepResult;
import io.marllb.env.engine.RunOptions;
import io.marllb.env.engine.RunResult;
import io.marllb.env.engine.Simulation;
import io.marllb.env.scenario.Scenario;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * Dispatching flow by flow: the agent picks the server of each arrival itself. For queueing problems whose optimum is known.
 *
 * <h2>Description</h2>
 * One balancer gets all traffic of a {@link Scenario}. The environment stands still at each arrival and asks which server takes it. With exponential
 * work and Poisson arrivals this is the routing problem that value iteration solves: two servers of speeds 1 and 4 at utilisation 0.8 give a mean
 * time of 1.2228 under SED, 1.1915 under WLC, and 1.1561 at the optimum (in units of the mean work at speed 1).
 * <h2>Actions</h2>
 * Discrete(servers): the server. One that takes no part (see "active") passes the flow on to the next that does, by index.
 * <h2>Observations</h2>
 * {@code [servers, 3]}, flat row-major, per server: 0 "in-flight", flows, 0 to inf; 1 "static weight", cores times speed (1 where unknown),
 * 0 to inf; 2 "active", flag, 0 to 1.
 * <h2>Reward</h2>
 * Minus the flow-seconds in flight since the last decision, per second of mean work at speed 1 where the scenario has classes. By Little's law the
 * mean reward is minus the mean completion time in that unit.
 * <h2>Start</h2>
 * An empty cluster at the first arrival.
 * <h2>Episode end</h2>
 * Truncated after {@code horizon} decisions, or when the traffic ends; never terminated.
 * <h2>Parameters</h2>
 * {@code scenario}; {@code horizon}, decisions of an episode, default 1,000.
 * <h2>Versions</h2>
 * v0: first.
 */
public final class PerFlowEnv implements Env {

    /** Decisions of an episode unless said otherwise. */
    public static final int HORIZON = 1_000;

    private static final int FEATURES = 3;
    private static final double NANOS = 1e9;

    private final Scenario episode;
    private final int n;
    private final int horizon;
    private final double unitNanos;
    private final Discrete actionSpace;
    private final Box observationSpace;
    private final Lifecycle lifecycle;
    private final Chosen rule = new Chosen();
    private Simulation simulation;
    private boolean finished;
    private double integral; // flow-nanoseconds in flight up to the last decision
    private int decisions;

    /** Sends each flow where the agent said. */
    private static final class Chosen implements FlowRule, WeightPolicy {
        private int server;

        @Override
        public int choose(Flow flow, View view, Words words) {
            int n = view.n();
            for (int k = 0; k < n; k++) {
                int j = server + k < n ? server + k : server + k - n;
                if (view.eligible(j)) {
                    return j;
                }
            }
            return -1;
        }

        @Override
        public void decide(Observation observation, Reports reports, double[] weights) {
            Arrays.fill(weights, 1);
        }

        @Override
        public boolean isStatic() {
            return true;
        }

        @Override
        public EnumSet<Need> needs() { // both interfaces have this default
            return EnumSet.noneOf(Need.class);
        }
    }

    /**
     * An environment with 1,000 decisions per episode.
     *
     * @param scenario what to play
     */
    public PerFlowEnv(Scenario scenario) {
        this(scenario, HORIZON);
    }

    /**
     * An environment.
     *
     * @param scenario what to play; its number of balancers and its run length do not matter
     * @param horizon decisions of an episode, {@code >= 1}
     */
    public PerFlowEnv(Scenario scenario, int horizon) {
        if (horizon < 1) {
            throw new IllegalArgumentException("horizon must be >= 1, but was " + horizon);
        }
        this.horizon = horizon;
        this.episode = new Scenario(
                scenario.name(),
                1,
                scenario.servers(),
                scenario.weightsKnown(),
                scenario.traffic(),
                scenario.network(),
                scenario.events(),
                scenario.control(),
                new Scenario.Run(
                        OptionalLong.of(horizon + 1L), // one more, so that every decision sees the next arrival
                        OptionalLong.empty(),
                        0,
                        scenario.run().seed()));
        this.n = scenario.slots();
        this.unitNanos = scenario.traffic().meanWork().orElse(NANOS);
        this.actionSpace = new Discrete(n);
        float[] high = new float[n * FEATURES];
        Arrays.fill(high, Float.POSITIVE_INFINITY);
        for (int j = 0; j < n; j++) {
            high[j * FEATURES + 2] = 1f;
        }
        this.observationSpace = Box.of(new float[n * FEATURES], high, n, FEATURES);
        this.lifecycle = Lifecycle.single("PerFlow", actionSpace);
    }

    @Override
    public String name() {
        return "PerFlow";
    }

    @Override
    public Box observationSpace() {
        return observationSpace;
    }

    @Override
    public Space actionSpace() {
        return actionSpace;
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        long runSeed = lifecycle.reset(seed).nextLong();
        finish();
        simulation = Simulation.of(episode, "per-flow", this::policy, runSeed, RunOptions.PLAIN);
        finished = false;
        if (!simulation.advanceToArrival()) {
            throw new IllegalArgumentException(
                    "scenario " + episode.name() + " has no arrival; there is nothing to decide");
        }
        integral = inFlightNanos();
        decisions = 0;
        write(into, 0, false);
    }

    private Policy policy(PolicySetup setup) {
        return new Policy("per-flow", rule, rule);
    }

    @Override
    public void step(float[] action, StepResult into) {
        lifecycle.checkStep(action);
        rule.server = (int) action[0];
        simulation.step();
        boolean more = simulation.advanceToArrival();
        decisions++;
        double now = inFlightNanos();
        boolean end = !more || decisions == horizon;
        write(into, 0 - (now - integral) / unitNanos, end);
        integral = now;
        if (end) {
            lifecycle.end();
            into.info().put(ParallelLoadBalanceEnv.RUN_RESULT, finish());
        }
    }

    private double inFlightNanos() {
        Observation o = simulation.observation(0);
        double sum = 0;
        for (int j = 0; j < n; j++) {
            sum += o.inFlightNanos(j);
        }
        return sum;
    }

    private void write(StepResult into, double reward, boolean truncated) {
        into.clear();
        Observation o = simulation.observation(0);
        float[] x = into.observation();
        for (int j = 0; j < n; j++) {
            x[j * FEATURES] = o.inFlight(j);
            x[j * FEATURES + 1] = (float) o.staticWeight(j);
            x[j * FEATURES + 2] = o.active(j) ? 1f : 0f;
        }
        into.set(0, reward, false, truncated);
    }

    /** Ends the run that is on, if there is one: checks its books and closes its traffic. */
    private RunResult finish() {
        if (simulation == null || finished) {
            return null;
        }
        finished = true;
        return simulation.finish();
    }

    @Override
    public String render() {
        if (simulation == null) {
            return "";
        }
        StringBuilder s = new StringBuilder(String.format(
                Locale.ROOT,
                "%s, decision %d of %d, %.4f s\n",
                episode.name(),
                decisions,
                horizon,
                simulation.now() / NANOS));
        for (int j = 0; j < n; j++) {
            int flows = simulation.observation(0).inFlight(j);
            s.append(String.format(Locale.ROOT, "%4d %4d ", j, flows))
                    .append("#".repeat(Math.min(flows, 60)))
                    .append('\n');
        }
        return s.toString();
    }

    @Override
    public void close() {
        if (!lifecycle.closed()) {
            lifecycle.close();
            finish();
        }
    }
}
