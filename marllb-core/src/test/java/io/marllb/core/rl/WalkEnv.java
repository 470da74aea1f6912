package io.marllb.core.rl;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/** Two agents on a noisy walk, the first pushes, the second picks from two heads; with a switch for every way to break the contract. */
class WalkEnv implements ParallelEnv {

    enum Fault {
        NO_AGENTS,
        WRONG_INDEX,
        SAME_NAMES,
        AGENTS_BEFORE_RESET,
        AGENTS_STAY_AFTER_END,
        SPACE_CHANGES,
        SPACE_NULL,
        STEP_BEFORE_RESET,
        STATE_BEFORE_RESET,
        SEED_FROM_NOWHERE,
        OUT_OF_SPACE,
        NAN_OBSERVATION,
        STATE_OUT_OF_SPACE,
        STATE_NOT_WRITTEN,
        INFINITE_REWARD,
        FLAGS_LEFT,
        INFO_LEFT,
        KEEPS_RESULT,
        KEEPS_ACTIONS,
        WRITES_ACTIONS,
        OWN_ENTROPY,
        SEED_IGNORED_IN_USE,
        RESET_RESTARTS_SEED,
        SEED_WITHOUT_EFFECT,
        CLAIMS_DETERMINISTIC,
        STATE_ADVANCES,
        RENDER_ADVANCES,
        RENDER_NULL,
        REFUSES_CORNER,
        REFUSES_SAMPLES,
        ACCEPTS_NAN,
        ACCEPTS_ANY_LENGTH,
        MUTE_REFUSAL,
        WRONG_REFUSAL,
        CHANGES_THEN_REFUSES,
        STEPS_AFTER_END,
        NO_RESET_AFTER_END,
        CLOSES_ONCE,
        STEPS_AFTER_CLOSE,
        THROWS_MIDWAY
    }

    private static final List<AgentId> AGENTS = List.of(new AgentId(0, "push"), new AgentId(1, "pick"));
    private static final Box SPACE = Box.of(-50f, 50f, 2);
    private static final Box PUSH = Box.of(-1f, 1f, 1);
    private static final MultiDiscrete PICK = MultiDiscrete.of(3, 2);
    private static long entropy;

    private final EnumSet<Fault> faults;
    private final int horizon;
    private final Lifecycle lifecycle = new Lifecycle("Walk", AGENTS, List.of(PUSH, PICK));
    private final double[] x = new double[2];
    private RandomGenerator random;
    private OptionalLong lastSeed = OptionalLong.empty();
    private StepResult kept;
    private float[][] keptActions;
    private int t;
    private int spaceCalls;
    private boolean used;
    private boolean closed;

    WalkEnv(int horizon, Fault... faults) {
        this.horizon = horizon;
        this.faults = faults.length == 0 ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(Arrays.asList(faults));
    }

    private boolean has(Fault f) {
        return faults.contains(f);
    }

    @Override
    public String name() {
        return "Walk";
    }

    @Override
    public List<AgentId> possibleAgents() {
        if (has(Fault.NO_AGENTS)) {
            return List.of();
        }
        if (has(Fault.WRONG_INDEX)) {
            return List.of(new AgentId(1, "push"), new AgentId(0, "pick"));
        }
        return has(Fault.SAME_NAMES) ? List.of(new AgentId(0, "a"), new AgentId(1, "a")) : AGENTS;
    }

    @Override
    public List<AgentId> agents() {
        boolean always = (has(Fault.AGENTS_BEFORE_RESET) && !used) || (has(Fault.AGENTS_STAY_AFTER_END) && used);
        return always ? AGENTS : lifecycle.agents();
    }

    @Override
    public Box observationSpace(AgentId agent) {
        return has(Fault.SPACE_CHANGES) ? Box.of(-50f, 50f + spaceCalls++, 2) : SPACE;
    }

    @Override
    public Space actionSpace(AgentId agent) {
        if (has(Fault.SPACE_NULL)) {
            return null;
        }
        return agent.index() == 0 ? PUSH : PICK;
    }

    @Override
    public Box stateSpace() {
        return has(Fault.STATE_OUT_OF_SPACE) ? Box.of(0f, 1e-3f, 2) : SPACE;
    }

    @Override
    public void state(float[] into) {
        if (!has(Fault.STATE_BEFORE_RESET)) {
            lifecycle.checkStarted();
        }
        if (has(Fault.STATE_ADVANCES)) {
            x[0] += 1e-3;
        }
        for (int a = 0; a < 2 && !has(Fault.STATE_NOT_WRITTEN); a++) {
            into[a] = (float) x[a];
        }
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        if (has(Fault.NO_RESET_AFTER_END) && t >= horizon) {
            throw new IllegalStateException("cannot go on");
        }
        OptionalLong effective = seed;
        if (has(Fault.SEED_FROM_NOWHERE) && lastSeed.isEmpty() && seed.isEmpty()) {
            effective = OptionalLong.of(1);
        } else if (has(Fault.OWN_ENTROPY)) {
            effective = OptionalLong.of(entropy++);
        } else if (has(Fault.RESET_RESTARTS_SEED) && seed.isEmpty()) {
            effective = lastSeed;
        } else if (has(Fault.SEED_IGNORED_IN_USE) && used) {
            effective = OptionalLong.empty();
        } else if (has(Fault.SEED_WITHOUT_EFFECT) && seed.isPresent()) {
            effective = OptionalLong.of(1);
        }
        lastSeed = effective.isPresent() ? effective : lastSeed;
        random = lifecycle.reset(effective);
        used = true;
        t = 0;
        x[0] = random.nextDouble() - 0.5;
        x[1] = random.nextDouble() - 0.5;
        write(into, 0, false);
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        if ((has(Fault.STEP_BEFORE_RESET) && !used) || (has(Fault.STEPS_AFTER_CLOSE) && closed)) {
            write(into, 0, false);
            return;
        }
        if (has(Fault.STEPS_AFTER_END) && used && lifecycle.agents().isEmpty() && !lifecycle.closed()) {
            write(into, 0, true);
            return;
        }
        if (has(Fault.CHANGES_THEN_REFUSES)) {
            x[0] += 0.25;
        }
        refuse(actions);
        float[][] a = has(Fault.KEEPS_ACTIONS) && keptActions != null ? keptActions : actions;
        keptActions = actions;
        double push = Float.isNaN(a[0][0]) ? 7 : a[0][0];
        x[0] += push + random.nextDouble() - 0.5;
        x[1] += actions[1].length < 2 ? 0 : actions[1][0] - actions[1][1] - 0.5;
        if (has(Fault.WRITES_ACTIONS)) {
            actions[0][0] = 0;
        }
        t++;
        if (has(Fault.THROWS_MIDWAY) && t == 5) {
            throw new ArithmeticException("midway");
        }
        x[0] = Math.max(-49, Math.min(49, x[0]));
        x[1] = Math.max(-49, Math.min(49, x[1]));
        write(into, -x[0] * x[0], t >= horizon);
        if (t >= horizon) {
            lifecycle.end();
        }
    }

    private void refuse(float[][] actions) {
        if ((has(Fault.REFUSES_CORNER) && actions[0][0] == 1f) || (has(Fault.REFUSES_SAMPLES) && actions[0][0] > 0)) {
            throw new IllegalArgumentException("action 1.0 is too much for me");
        }
        if (has(Fault.ACCEPTS_NAN) && Float.isNaN(actions[0][0])) {
            return;
        }
        if (has(Fault.ACCEPTS_ANY_LENGTH) && actions.length == 2 && actions[1].length != 2) {
            return;
        }
        try {
            lifecycle.checkStep(actions);
        } catch (IllegalArgumentException e) {
            if (has(Fault.MUTE_REFUSAL)) {
                throw new IllegalArgumentException("no", e);
            }
            if (has(Fault.WRONG_REFUSAL)) {
                throw new ArrayIndexOutOfBoundsException(e.getMessage());
            }
            throw e;
        }
    }

    private void write(StepResult into, double reward, boolean end) {
        if (has(Fault.KEEPS_RESULT)) {
            if (kept != null) {
                kept.observation(0)[0] = 9f;
            }
            kept = into;
        }
        boolean afterReset = t == 0;
        if (!has(Fault.INFO_LEFT)) {
            into.clear();
        }
        for (int a = 0; a < 2; a++) {
            into.observation(a)[0] = (float) x[a];
            into.observation(a)[1] = has(Fault.NAN_OBSERVATION) && t == 3 ? Float.NaN : (float) x[1 - a];
            if (has(Fault.OUT_OF_SPACE) && a == 1) {
                into.observation(a)[0] += 60;
            }
            double r = has(Fault.INFINITE_REWARD) && t == 2 ? Double.NEGATIVE_INFINITY : reward;
            into.set(a, r, false, end || (has(Fault.FLAGS_LEFT) && afterReset));
        }
    }

    @Override
    public boolean deterministic() {
        return has(Fault.CLAIMS_DETERMINISTIC);
    }

    @Override
    public String render() {
        if (has(Fault.RENDER_ADVANCES)) {
            random.nextLong();
        }
        return has(Fault.RENDER_NULL) ? null : "x = " + x[0];
    }

    @Override
    public void close() {
        if (closed && has(Fault.CLOSES_ONCE)) {
            throw new IllegalStateException("closed already");
        }
        closed = true;
        lifecycle.close();
    }
}
