package io.marllb.env.reference;

import io.marllb.core.Words;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.Discrete;
import io.marllb.core.rl.Env;
import io.marllb.core.rl.Lifecycle;
import io.marllb.core.rl.SelectFeatures;
import io.marllb.core.rl.Space;
import io.marllb.core.rl.StepResult;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/**
 * A pole on a cart that must be kept upright by pushing the cart left or right.
 *
 * <h2>Description</h2>
 * Barto, Sutton and Anderson (1983) with the dynamics and constants of Gymnasium's CartPole-v1: cart 1 kg, pole 0.1 kg and 0.5 m to its
 * centre, push of 10 N, g = 9.8, explicit Euler with 0.02 s. {@link #velocityHidden} shows the positions only, so that a learner needs memory.
 * <h2>Actions</h2>
 * Discrete(2): 0 pushes left, 1 pushes right.
 * <h2>Observations</h2>
 * 0 "cart position", m, -4.8 to 4.8; 1 "cart velocity", m/s, unbounded; 2 "pole angle", rad, -0.419 to 0.419; 3 "pole angular velocity", rad/s,
 * unbounded.
 * <h2>Reward</h2>
 * 1 per step, the last one included.
 * <h2>Start</h2>
 * All four uniform in [-0.05, 0.05).
 * <h2>Episode end</h2>
 * Terminated when the cart is beyond 2.4 m or the pole beyond 12°; truncated after 500 steps.
 * <h2>Parameters</h2>
 * {@code horizon}, most steps of an episode, default 500.
 * <h2>Versions</h2>
 * v0: first, as CartPole-v1.
 */
public final class CartPole implements Env {

    /** Most steps of an episode, as registered in Gymnasium. */
    public static final int HORIZON = 500;

    private static final double G = 9.8;
    private static final double POLE_MASS = 0.1;
    private static final double TOTAL_MASS = 1.0 + POLE_MASS;
    private static final double HALF_LENGTH = 0.5;
    private static final double POLE_MOMENT = POLE_MASS * HALF_LENGTH;
    private static final double FORCE = 10;
    private static final double DT = 0.02;
    private static final double MAX_POSITION = 2.4;
    private static final double MAX_ANGLE = 12 * 2 * Math.PI / 360;
    private static final double START = 0.05;
    private static final float INF = Float.POSITIVE_INFINITY;
    private static final Box OBSERVATIONS = Box.of(
            new float[] {(float) (-2 * MAX_POSITION), -INF, (float) (-2 * MAX_ANGLE), -INF},
            new float[] {(float) (2 * MAX_POSITION), INF, (float) (2 * MAX_ANGLE), INF});
    private static final Discrete ACTIONS = new Discrete(2);

    private final int horizon;
    private final Lifecycle lifecycle = Lifecycle.single("CartPole", ACTIONS);
    private double x;
    private double xDot;
    private double theta;
    private double thetaDot;
    private int t;

    /** A cart-pole with at most 500 steps. */
    public CartPole() {
        this(HORIZON);
    }

    /**
     * A cart-pole.
     *
     * @param horizon most steps of an episode, {@code >= 1}
     */
    public CartPole(int horizon) {
        if (horizon < 1) {
            throw new IllegalArgumentException("horizon must be >= 1, but was " + horizon);
        }
        this.horizon = horizon;
    }

    /**
     * The form without the two velocities; {@code state} still has them.
     *
     * @param horizon most steps of an episode, {@code >= 1}
     * @return a cart-pole that observes position and angle only
     */
    public static Env velocityHidden(int horizon) {
        return new CartPole(horizon).with(e -> new SelectFeatures(e, 0, 2));
    }

    /** Puts cart and pole somewhere, for tests against other implementations. */
    void place(double toX, double toXDot, double toTheta, double toThetaDot) {
        x = toX;
        xDot = toXDot;
        theta = toTheta;
        thetaDot = toThetaDot;
    }

    @Override
    public String name() {
        return "CartPole";
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
        place(start(random), start(random), start(random), start(random));
        t = 0;
        write(into, 0, false);
    }

    private static double start(RandomGenerator random) {
        return START * (2 * Words.unit(random.nextLong()) - 1);
    }

    @Override
    public void step(float[] action, StepResult into) {
        lifecycle.checkStep(action);
        double force = action[0] == 1f ? FORCE : -FORCE;
        double cos = StrictMath.cos(theta);
        double sin = StrictMath.sin(theta);
        // equations of Florian (2005), "Correct equations for the dynamics of the cart-pole system", without friction
        double pushed = (force + POLE_MOMENT * thetaDot * thetaDot * sin) / TOTAL_MASS;
        double thetaAcceleration =
                (G * sin - cos * pushed) / (HALF_LENGTH * (4.0 / 3.0 - POLE_MASS * cos * cos / TOTAL_MASS));
        double xAcceleration = pushed - POLE_MOMENT * thetaAcceleration * cos / TOTAL_MASS;
        x += DT * xDot;
        xDot += DT * xAcceleration;
        theta += DT * thetaDot;
        thetaDot += DT * thetaAcceleration;
        t++;
        boolean fell = x < -MAX_POSITION || x > MAX_POSITION || theta < -MAX_ANGLE || theta > MAX_ANGLE;
        write(into, 1, fell);
        if (fell || t == horizon) {
            lifecycle.end();
        }
    }

    private void write(StepResult into, double reward, boolean terminated) {
        into.clear();
        float[] o = into.observation();
        o[0] = (float) x;
        o[1] = (float) xDot;
        o[2] = (float) theta;
        o[3] = (float) thetaDot;
        into.set(0, reward, terminated, t == horizon);
    }

    @Override
    public String render() {
        int cart = Math.max(0, Math.min(48, (int) Math.round(24 + 10 * x)));
        int tip = Math.max(0, Math.min(48, (int) Math.round(cart + 8 * StrictMath.sin(theta))));
        return " ".repeat(tip) + "o\n" + " ".repeat((tip + cart) / 2) + "|\n" + "-".repeat(cart) + "#"
                + "-".repeat(48 - cart) + "\n"
                + String.format(java.util.Locale.ROOT, "step %d, x %.2f m, angle %.1f°", t, x, Math.toDegrees(theta));
    }

    @Override
    public void close() {
        lifecycle.close();
    }
}
