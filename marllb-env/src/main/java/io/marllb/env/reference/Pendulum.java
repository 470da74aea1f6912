package io.marllb.env.reference;

import io.marllb.core.Words;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.Env;
import io.marllb.core.rl.Lifecycle;
import io.marllb.core.rl.SelectFeatures;
import io.marllb.core.rl.Space;
import io.marllb.core.rl.StepResult;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/**
 * The pendulum that must be swung up and held with a torque too weak to lift it at once.
 *
 * <h2>Description</h2>
 * The dynamics and constants of Gymnasium's Pendulum-v1: a rod of mass 1 and length 1 under g = 10, semi-implicit Euler with 0.05 s.
 * Angle 0 is upright. {@link #velocityHidden} shows the angle only, so that a learner needs memory.
 * <h2>Actions</h2>
 * Box: 0 "torque", N m, -2 to 2. (Gymnasium clips larger ones; here they are refused, unless wrapped in a ClipAction.)
 * <h2>Observations</h2>
 * 0 "cos of the angle", dimensionless, -1 to 1; 1 "sin of the angle", dimensionless, -1 to 1; 2 "angular velocity", rad/s, -8 to 8.
 * <h2>Reward</h2>
 * -(angle² + 0.1 velocity² + 0.001 torque²) before the step, the angle taken in [-π, π): at most 0, at least -16.27.
 * <h2>Start</h2>
 * Angle uniform in [-π, π), velocity uniform in [-1, 1).
 * <h2>Episode end</h2>
 * Truncated after 200 steps; never terminated.
 * <h2>Parameters</h2>
 * {@code horizon}, steps of an episode, default 200.
 * <h2>Versions</h2>
 * v0: first, as Pendulum-v1.
 */
public final class Pendulum implements Env {

    /** Steps of an episode, as registered in Gymnasium. */
    public static final int HORIZON = 200;

    private static final double MAX_SPEED = 8;
    private static final double MAX_TORQUE = 2;
    private static final double DT = 0.05;
    private static final double G = 10;
    private static final double MASS = 1;
    private static final double LENGTH = 1;
    private static final Box OBSERVATIONS =
            Box.of(new float[] {-1, -1, (float) -MAX_SPEED}, new float[] {1, 1, (float) MAX_SPEED});
    private static final Box ACTIONS = Box.of((float) -MAX_TORQUE, (float) MAX_TORQUE, 1);

    private final int horizon;
    private final Lifecycle lifecycle = Lifecycle.single("Pendulum", ACTIONS);
    private double angle;
    private double velocity;
    private int t;

    /** A pendulum with 200 steps. */
    public Pendulum() {
        this(HORIZON);
    }

    /**
     * A pendulum.
     *
     * @param horizon steps of an episode, {@code >= 1}
     */
    public Pendulum(int horizon) {
        if (horizon < 1) {
            throw new IllegalArgumentException("horizon must be >= 1, but was " + horizon);
        }
        this.horizon = horizon;
    }

    /**
     * The form without the angular velocity; {@code state} still has it.
     *
     * @param horizon steps of an episode, {@code >= 1}
     * @return a pendulum that observes cos and sin only
     */
    public static Env velocityHidden(int horizon) {
        return new Pendulum(horizon).with(e -> new SelectFeatures(e, 0, 1));
    }

    /** Puts the pendulum somewhere, for tests against other implementations. */
    void place(double toAngle, double toVelocity) {
        angle = toAngle;
        velocity = toVelocity;
    }

    @Override
    public String name() {
        return "Pendulum";
    }

    @Override
    public Box observationSpace() {
        return OBSERVATIONS;
    }

    @Override
    public Space actionSpace() {
        return ACTIONS;
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        RandomGenerator random = lifecycle.reset(seed);
        angle = Math.PI * (2 * Words.unit(random.nextLong()) - 1);
        velocity = 2 * Words.unit(random.nextLong()) - 1;
        t = 0;
        write(into, 0);
    }

    @Override
    public void step(float[] action, StepResult into) {
        lifecycle.checkStep(action);
        double torque = action[0];
        double turned = angle + Math.PI;
        double normal = turned - 2 * Math.PI * Math.floor(turned / (2 * Math.PI)) - Math.PI;
        double cost = normal * normal + 0.1 * velocity * velocity + 0.001 * torque * torque;
        double acceleration = 3 * G / (2 * LENGTH) * StrictMath.sin(angle) + 3.0 / (MASS * LENGTH * LENGTH) * torque;
        velocity = Math.max(-MAX_SPEED, Math.min(MAX_SPEED, velocity + acceleration * DT));
        angle += velocity * DT;
        t++;
        write(into, -cost);
        if (t == horizon) {
            lifecycle.end();
        }
    }

    private void write(StepResult into, double reward) {
        into.clear();
        float[] o = into.observation();
        o[0] = (float) StrictMath.cos(angle);
        o[1] = (float) StrictMath.sin(angle);
        o[2] = (float) velocity;
        into.set(0, reward, false, t == horizon);
    }

    @Override
    public String render() {
        char[][] grid = new char[7][15];
        for (char[] row : grid) {
            java.util.Arrays.fill(row, ' ');
        }
        for (double r = 0; r <= 3; r += 0.5) {
            int row = (int) Math.round(3 - r * StrictMath.cos(angle));
            int column = (int) Math.round(7 + 2 * r * StrictMath.sin(angle));
            grid[row][column] = r == 0 ? '+' : 'o';
        }
        StringBuilder s = new StringBuilder();
        for (char[] row : grid) {
            s.append(new String(row).stripTrailing()).append('\n');
        }
        return s.append(String.format(
                        java.util.Locale.ROOT, "step %d, angle %.2f rad, velocity %.2f rad/s", t, angle, velocity))
                .toString();
    }

    @Override
    public void close() {
        lifecycle.close();
    }
}
