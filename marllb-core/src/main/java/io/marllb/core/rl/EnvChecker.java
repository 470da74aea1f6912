package io.marllb.core.rl;

import io.marllb.core.rl.EnvReport.Rule;
import io.marllb.core.rl.EnvReport.Violation;
import io.marllb.core.rng.Streams;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Proves that an environment keeps the contract of {@link ParallelEnv}, by running it: every rule of {@link EnvReport.Rule} is tried, and
 * every violation is listed, not only the first. An {@link Env} is checked through {@link Env#parallel()}.
 */
public final class EnvChecker {

    private static final long SEED = 20_240_229; // any; the report is a function of it
    private static final int SEEDS_TRIED = 5;

    private final Supplier<? extends ParallelEnv> factory;
    private final int maxSteps;
    private final Map<String, Violation> violations = new LinkedHashMap<>(); // first of each rule and kind
    private final Map<String, Integer> counts = new LinkedHashMap<>();
    private final List<String> notExamined = new ArrayList<>();

    private EnvChecker(Supplier<? extends ParallelEnv> factory, int maxSteps) {
        this.factory = factory;
        this.maxSteps = maxSteps;
    }

    /**
     * Checks an environment with at most 1,000 steps per episode.
     *
     * @param factory makes independent new instances, configured alike
     * @return every violation
     */
    public static EnvReport check(Supplier<? extends ParallelEnv> factory) {
        return check(factory, 1_000);
    }

    /**
     * Checks an environment.
     *
     * @param factory makes independent new instances, configured alike
     * @param maxSteps most steps of an episode that are run, {@code >= 1}; the report says when no end was seen
     * @return every violation
     */
    public static EnvReport check(Supplier<? extends ParallelEnv> factory, int maxSteps) {
        if (maxSteps < 1) {
            throw new IllegalArgumentException("maxSteps must be >= 1, but was " + maxSteps);
        }
        return new EnvChecker(factory, maxSteps).run();
    }

    private EnvReport run() {
        String name;
        try (ParallelEnv env = factory.get()) {
            name = env.name();
        }
        boolean usable = guarded(Rule.AGENTS, this::checkAgentsAndSpaces);
        if (usable && violations.isEmpty()) { // without agents and spaces nothing else can be tried
            guarded(Rule.ORDER_BEFORE_RESET, this::checkOrder);
            guarded(Rule.NO_OTHER_EXCEPTION, this::checkEpisodes);
            guarded(Rule.NO_OTHER_EXCEPTION, this::checkSeeds);
            guarded(Rule.NO_OTHER_EXCEPTION, this::checkReading);
            guarded(Rule.ACTIONS_ACCEPTED, this::checkCorners);
            guarded(Rule.NO_OTHER_EXCEPTION, this::checkBadActions);
            guarded(Rule.CLOSE, this::checkClose);
        }
        List<Violation> listed = new ArrayList<>();
        violations.forEach((key, v) -> {
            int more = counts.get(key) - 1;
            listed.add(more == 0 ? v : new Violation(v.rule(), v.what() + " (and " + more + " more like this)"));
        });
        return new EnvReport(name, listed, notExamined);
    }

    // --- agents and spaces ---

    private void checkAgentsAndSpaces() {
        try (ParallelEnv env = factory.get();
                ParallelEnv twin = factory.get()) {
            List<AgentId> agents = env.possibleAgents();
            if (agents.isEmpty()) {
                report(Rule.AGENTS, "possibleAgents is empty");
            }
            for (int i = 0; i < agents.size(); i++) {
                if (agents.get(i).index() != i) {
                    report(
                            Rule.AGENTS,
                            "possibleAgents[" + i + "] has index "
                                    + agents.get(i).index());
                }
            }
            if (agents.stream().map(AgentId::name).distinct().count() != agents.size()) {
                report(Rule.AGENTS, "two of possibleAgents have one name: " + agents);
            }
            if (!agents.equals(env.possibleAgents()) || !agents.equals(twin.possibleAgents())) {
                report(Rule.AGENTS, "possibleAgents is not constant");
            }
            if (!env.agents().isEmpty()) {
                report(Rule.AGENTS, "agents must be empty before the first reset, but is " + env.agents());
            }
            for (AgentId a : agents) {
                constant(a.name() + ": observationSpace", env.observationSpace(a), env.observationSpace(a));
                constant(a.name() + ": observationSpace", env.observationSpace(a), twin.observationSpace(a));
                constant(a.name() + ": actionSpace", env.actionSpace(a), env.actionSpace(a));
                constant(a.name() + ": actionSpace", env.actionSpace(a), twin.actionSpace(a));
            }
            constant("stateSpace", env.stateSpace(), twin.stateSpace());
        }
    }

    private void constant(String what, Space one, Space other) {
        if (one == null) {
            report(Rule.SPACES_CONSTANT, what + " is null");
        } else if (!one.equals(other)) {
            report(Rule.SPACES_CONSTANT, what + " was " + one + ", then " + other);
        }
    }

    // --- order of calls ---

    private void checkOrder() {
        try (ParallelEnv env = factory.get()) {
            float[][] actions = sample(env, random("order"));
            mustRefuse(Rule.ORDER_BEFORE_RESET, "step before reset", () -> env.step(actions));
            mustRefuse(Rule.ORDER_BEFORE_RESET, "state before reset", env::state);
            mustRefuse(Rule.ORDER_BEFORE_RESET, "the first reset without a seed", env::reset);
        }
    }

    private void mustRefuse(Rule rule, String what, Runnable call) {
        try {
            call.run();
        } catch (IllegalStateException expected) {
            if (expected.getMessage() == null || expected.getMessage().isBlank()) {
                report(rule, what + " is refused without a message");
            }
            return;
        } catch (RuntimeException e) {
            report(rule, what + " must throw IllegalStateException, but threw " + e);
            return;
        }
        report(rule, what + " must throw IllegalStateException, but did not");
    }

    // --- whole episodes, in two instances side by side ---

    private void checkEpisodes() {
        try (ParallelEnv env = factory.get();
                ParallelEnv twin = factory.get()) {
            List<StepResult> first = episode(env, twin, OptionalLong.of(SEED), Rule.SAME_SEED_SAME_TRAJECTORY);
            boolean ended = env.agents().isEmpty();
            if (ended) {
                float[][] actions = sample(env, random("after"));
                mustRefuse(Rule.STEP_AFTER_END_REFUSED, "step after the end", () -> env.step(actions));
            } else {
                notExamined.add("the end of an episode: none within " + maxSteps + " steps");
            }
            List<StepResult> second;
            try {
                second = episode(env, twin, OptionalLong.empty(), Rule.RESET_CONTINUES_STREAM);
            } catch (RuntimeException e) {
                report(ended ? Rule.RESET_AFTER_END : Rule.NO_OTHER_EXCEPTION, "the second episode failed: " + e);
                return;
            }
            if (!env.deterministic() && equal(first, second)) {
                report(
                        Rule.RESET_CONTINUES_STREAM,
                        "reset() without a seed gave the same episode again; if nothing is random, deterministic() must say so");
            }
            List<StepResult> again = episode(env, twin, OptionalLong.of(SEED), Rule.SAME_SEED_SAME_TRAJECTORY);
            if (!equal(first, again)) {
                report(
                        Rule.SAME_SEED_SAME_TRAJECTORY,
                        "reset(" + SEED + ") in a used environment gave another episode than in a new one"
                                + difference(first, again));
            }
        }
    }

    /** Runs an episode in both, checks everything about it, and returns its results. */
    private List<StepResult> episode(ParallelEnv env, ParallelEnv twin, OptionalLong seed, Rule rule) {
        List<StepResult> log = new ArrayList<>();
        RandomGenerator random = random("actions");
        StepResult result = dirty(env);
        StepResult twinResult = StepResult.of(twin);
        env.reset(seed, result);
        twin.reset(seed, twinResult);
        String when = seed.isPresent() ? "after reset(seed)" : "after reset()";
        checkReset(env, result, when);
        checkResult(env, env.possibleAgents(), result, when);
        same(rule, when, result, twinResult, env, twin);
        log.add(result.copy());
        StepResult previous = result;
        for (int step = 1; step <= maxSteps && !env.agents().isEmpty(); step++) {
            when = "step " + step;
            List<AgentId> live = env.agents();
            float[][] actions = sample(env, random);
            float[][] given = deepCopy(actions);
            StepResult before = previous.copy();
            result = dirty(env);
            try {
                env.step(given, result);
            } catch (IllegalArgumentException e) {
                report(Rule.ACTIONS_ACCEPTED, when + ": an action of the space was refused: " + e.getMessage());
                break;
            }
            if (!Arrays.deepEquals(actions, given)) {
                report(Rule.NO_ALIASES, when + ": the environment wrote into the actions it was given");
            }
            if (!equal(before, previous)) {
                report(Rule.NO_ALIASES, when + ": the step changed the previous result, which belongs to the caller");
            }
            for (float[] row : given) {
                Arrays.fill(row, Float.NaN); // whoever kept a reference will show it
            }
            twin.step(actions, twinResult);
            checkResult(env, live, result, when);
            checkLive(env, live, result, when);
            same(rule, when, result, twinResult, env, twin);
            log.add(result.copy());
            previous = result;
        }
        return log;
    }

    private void checkReset(ParallelEnv env, StepResult result, String when) {
        for (AgentId a : env.possibleAgents()) {
            int i = a.index();
            if (result.reward(i) != 0 || result.ended(i)) {
                report(
                        Rule.RESULT_OVERWRITTEN,
                        when + ": " + a.name() + " must have reward 0 and no flag, but has " + result.reward(i)
                                + ", terminated " + result.terminated(i) + ", truncated " + result.truncated(i)
                                + "; start with result.clear()");
            }
        }
        if (!env.agents().equals(env.possibleAgents())) {
            report(Rule.AGENTS, when + ": agents must be all possible agents, but is " + env.agents());
        }
    }

    private void checkResult(ParallelEnv env, List<AgentId> live, StepResult result, String when) {
        if (result.info().containsKey(STALE)) {
            report(Rule.RESULT_OVERWRITTEN, when + ": an entry of info from before is left; start with result.clear()");
        }
        for (AgentId a : live) {
            int i = a.index();
            float[] o = result.observation(i);
            Box space = env.observationSpace(a);
            if (!space.contains(o)) {
                report(
                        Rule.OBSERVATION_IN_SPACE,
                        when + ": observation of " + a.name() + ": "
                                + space.violation(o).orElseThrow());
            }
            if (!(Math.abs(result.reward(i)) < Double.POSITIVE_INFINITY)) {
                report(Rule.REWARD_FINITE, when + ": reward of " + a.name() + " is " + result.reward(i));
            }
        }
        float[] state = new float[env.stateSpace().size()];
        Arrays.fill(state, Float.NaN);
        env.state(state);
        if (!env.stateSpace().contains(state)) {
            report(
                    Rule.STATE_IN_SPACE,
                    when + ": state: " + env.stateSpace().violation(state).orElseThrow());
        }
    }

    private void checkLive(ParallelEnv env, List<AgentId> before, StepResult result, String when) {
        List<AgentId> expected = new ArrayList<>();
        for (AgentId a : before) {
            if (!result.ended(a.index())) {
                expected.add(a);
            }
        }
        if (!env.agents().equals(expected)) {
            report(
                    Rule.AGENTS,
                    when + ": agents must be those without a flag, " + expected + ", but is " + env.agents());
        }
    }

    private void same(Rule rule, String when, StepResult one, StepResult other, ParallelEnv env, ParallelEnv twin) {
        if (!equal(one, other)) {
            report(rule, when + ": another instance gave " + other + ", not " + one);
        } else if (!sameBits(env.state(), twin.state())) {
            report(rule, when + ": another instance has another state");
        }
    }

    // --- seeds ---

    private void checkSeeds() {
        try (ParallelEnv env = factory.get()) {
            List<List<StepResult>> episodes = new ArrayList<>();
            for (int k = 0; k < SEEDS_TRIED; k++) {
                episodes.add(plainEpisode(env, SEED + 1 + k));
            }
            boolean allEqual = true;
            for (List<StepResult> e : episodes) {
                allEqual &= equal(episodes.get(0), e);
            }
            if (allEqual && !env.deterministic()) {
                report(
                        Rule.SEEDS_DIFFER,
                        SEEDS_TRIED
                                + " seeds gave the same episode; if nothing is random, deterministic() must say so");
            }
            if (!allEqual && env.deterministic()) {
                report(Rule.SEEDS_DIFFER, "deterministic() says true, but seeds gave different episodes");
            }
        }
    }

    private List<StepResult> plainEpisode(ParallelEnv env, long seed) {
        List<StepResult> log = new ArrayList<>();
        RandomGenerator random = random("actions");
        log.add(env.reset(seed));
        for (int step = 1; step <= maxSteps && !env.agents().isEmpty(); step++) {
            log.add(env.step(sample(env, random)));
        }
        return log;
    }

    private void checkReading() {
        try (ParallelEnv env = factory.get();
                ParallelEnv read = factory.get()) {
            List<StepResult> untouched = plainEpisode(env, SEED);
            List<StepResult> log = new ArrayList<>();
            RandomGenerator random = random("actions");
            log.add(read.reset(SEED));
            for (int step = 1; step <= maxSteps && !read.agents().isEmpty(); step++) {
                float[] once = read.state();
                if (read.render() == null) {
                    report(Rule.READING_CHANGES_NOTHING, "render must not be null; give an empty text");
                }
                if (!sameBits(once, read.state())) {
                    report(Rule.READING_CHANGES_NOTHING, "step " + step + ": two readings of state differ");
                }
                log.add(read.step(sample(read, random)));
            }
            if (!equal(untouched, log)) {
                report(
                        Rule.READING_CHANGES_NOTHING,
                        "an episode with calls of state and render differs from one without"
                                + difference(untouched, log));
            }
        }
    }

    // --- actions ---

    private void checkCorners() {
        try (ParallelEnv env = factory.get()) {
            for (boolean high : new boolean[] {false, true}) {
                env.reset(SEED);
                float[][] actions = new float[env.possibleAgents().size()][];
                for (AgentId a : env.possibleAgents()) {
                    actions[a.index()] = corner(env.actionSpace(a), high);
                }
                env.step(actions);
            }
        }
    }

    private static float[] corner(Space space, boolean high) {
        float[] x = new float[space.size()];
        for (int i = 0; i < x.length; i++) {
            if (space instanceof Box box) {
                float bound = high ? box.high(i) : box.low(i);
                x[i] = Float.isInfinite(bound) ? Math.copySign(1e6f, bound) : bound;
            } else if (space instanceof Discrete d) {
                x[i] = high ? d.n() - 1 : 0;
            } else if (space instanceof MultiDiscrete m) {
                x[i] = high ? m.count(i) - 1 : 0;
            }
        }
        return x;
    }

    private void checkBadActions() {
        try (ParallelEnv env = factory.get();
                ParallelEnv twin = factory.get()) {
            RandomGenerator random = random("bad");
            env.reset(SEED);
            twin.reset(SEED);
            int agents = env.possibleAgents().size();
            refuse(env, "no row per agent", new float[agents + 1][1], Integer.toString(agents + 1));
            for (AgentId a : env.possibleAgents()) {
                Space space = env.actionSpace(a);
                float[] good = space.sample(random);
                refuseRow(env, a, "NaN", with(good, 0, Float.NaN), "NaN");
                refuseRow(env, a, "Infinity", with(good, 0, Float.POSITIVE_INFINITY), "Infinity");
                refuseRow(env, a, "a missing entry", Arrays.copyOf(good, good.length - 1), "" + (good.length - 1));
                refuseRow(env, a, "an extra entry", Arrays.copyOf(good, good.length + 1), "" + (good.length + 1));
                int last = good.length - 1;
                if (space instanceof Box box) {
                    if (box.high(last) != Float.POSITIVE_INFINITY) {
                        float above = Math.nextUp(box.high(last));
                        refuseRow(env, a, "a value above the bound", with(good, last, above), "" + above);
                    }
                    if (box.low(last) != Float.NEGATIVE_INFINITY) {
                        float below = Math.nextDown(box.low(last));
                        refuseRow(env, a, "a value below the bound", with(good, last, below), "" + below);
                    }
                } else {
                    float tooLarge = corner(space, true)[last] + 1;
                    refuseRow(env, a, "a choice that does not exist", with(good, last, tooLarge), "" + tooLarge);
                    refuseRow(env, a, "a negative choice", with(good, last, -1f), "-1");
                    refuseRow(env, a, "half a choice", with(good, last, 0.5f), "0.5");
                }
            }
            if (env.agents().isEmpty()) { // an accepted bad action may have ended it
                return;
            }
            float[][] actions = sample(env, random);
            if (!equal(env.step(actions), twin.step(actions))) {
                report(Rule.REFUSAL_CHANGES_NOTHING, "after refused actions a good one gave another result");
            }
        }
    }

    private void refuseRow(ParallelEnv env, AgentId agent, String what, float[] row, String value) {
        float[][] actions = sample(env, random("good"));
        actions[agent.index()] = row;
        refuse(env, what + " in the action of " + agent.name(), actions, value);
    }

    private void refuse(ParallelEnv env, String what, float[][] actions, String value) {
        if (env.agents().isEmpty()) {
            return;
        }
        try {
            env.step(actions);
        } catch (IllegalArgumentException expected) {
            String message = String.valueOf(expected.getMessage());
            if (!message.contains("action") || !message.contains(value)) {
                report(
                        Rule.BAD_ACTION_REFUSED,
                        what + ": the message must say that it is about an action and name the value " + value
                                + ", but was: " + message);
            }
            return;
        } catch (RuntimeException e) {
            report(Rule.BAD_ACTION_REFUSED, what + " must throw IllegalArgumentException, but threw " + e);
            return;
        }
        report(Rule.BAD_ACTION_REFUSED, what + " must throw IllegalArgumentException, but was accepted");
    }

    // --- close ---

    private void checkClose() {
        ParallelEnv env = factory.get();
        env.reset(SEED);
        float[][] actions = sample(env, random("close"));
        env.close();
        try {
            env.close();
        } catch (RuntimeException e) {
            report(Rule.CLOSE, "the second close threw " + e);
        }
        mustRefuse(Rule.CLOSE, "step after close", () -> env.step(actions));
        mustRefuse(Rule.CLOSE, "reset after close", () -> env.reset(SEED));
    }

    // --- plumbing ---

    private static final String STALE = "left from before";

    /** A result full of what an environment must overwrite. */
    private static StepResult dirty(ParallelEnv env) {
        StepResult r = StepResult.of(env);
        for (int a = 0; a < r.agents(); a++) {
            Arrays.fill(r.observation(a), Float.NaN);
            r.set(a, Double.NaN, true, true);
        }
        r.info().put(STALE, true);
        return r;
    }

    private static RandomGenerator random(String what) {
        return Streams.of(SEED).stream("checker-" + what);
    }

    private static float[][] sample(ParallelEnv env, RandomGenerator random) {
        float[][] actions = new float[env.possibleAgents().size()][];
        for (AgentId a : env.possibleAgents()) {
            actions[a.index()] = env.actionSpace(a).sample(random);
        }
        return actions;
    }

    private static float[] with(float[] x, int i, float value) {
        float[] y = x.clone();
        y[i] = value;
        return y;
    }

    private static float[][] deepCopy(float[][] x) {
        float[][] y = new float[x.length][];
        for (int i = 0; i < x.length; i++) {
            y[i] = x[i].clone();
        }
        return y;
    }

    private static boolean equal(List<StepResult> one, List<StepResult> other) {
        return firstDifference(one, other) < 0;
    }

    private static String difference(List<StepResult> one, List<StepResult> other) {
        int i = firstDifference(one, other);
        return i < 0 ? "" : ", first at " + (i == 0 ? "the reset" : "step " + i);
    }

    private static int firstDifference(List<StepResult> one, List<StepResult> other) {
        int common = Math.min(one.size(), other.size());
        for (int i = 0; i < common; i++) {
            if (!equal(one.get(i), other.get(i))) {
                return i;
            }
        }
        return one.size() == other.size() ? -1 : common;
    }

    /** Bit equality of observations, rewards and flags. */
    private static boolean equal(StepResult one, StepResult other) {
        for (int a = 0; a < one.agents(); a++) {
            if (!sameBits(one.observation(a), other.observation(a))
                    || Double.doubleToRawLongBits(one.reward(a)) != Double.doubleToRawLongBits(other.reward(a))
                    || one.terminated(a) != other.terminated(a)
                    || one.truncated(a) != other.truncated(a)) {
                return false;
            }
        }
        return true;
    }

    private static boolean sameBits(float[] x, float[] y) {
        if (x.length != y.length) {
            return false;
        }
        for (int i = 0; i < x.length; i++) {
            if (Float.floatToRawIntBits(x[i]) != Float.floatToRawIntBits(y[i])) {
                return false;
            }
        }
        return true;
    }

    /** Runs one part; whatever it throws is a violation, and the next part runs. */
    private boolean guarded(Rule rule, Runnable part) {
        try {
            part.run();
            return true;
        } catch (RuntimeException e) {
            report(rule, "unexpected " + e);
            return false;
        }
    }

    private void report(Rule rule, String what) {
        // one entry per rule and kind: the kind is the text without its numbers
        String key = rule + what.replaceAll("[-0-9.E\\[\\], ]+", "");
        violations.putIfAbsent(key, new Violation(rule, what));
        counts.merge(key, 1, Integer::sum);
    }
}
