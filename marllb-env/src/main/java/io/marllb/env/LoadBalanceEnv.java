package io.marllb.env;

import io.marllb.core.rl.Box;
import io.marllb.core.rl.Env;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.Space;
import io.marllb.core.rl.StepResult;
import java.awt.image.BufferedImage;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Load balancing with one agent: the one balancer that there is gets all traffic of the scenario, however many the scenario has.
 *
 * <h2>Description</h2>
 * {@link ParallelLoadBalanceEnv} with m = 1, in Gymnasium's shape: what the paper calls RLB-S-SAC. Its in-flight counts are global, so only the
 * work inside the flows is hidden.
 * <h2>Actions</h2>
 * As {@link ParallelLoadBalanceEnv}: one entry per server.
 * <h2>Observations</h2>
 * As {@link ParallelLoadBalanceEnv}: {@code [servers, 12]}.
 * <h2>Reward</h2>
 * As {@link ParallelLoadBalanceEnv}; sharing makes no difference.
 * <h2>Start</h2>
 * An empty cluster, all weights 1.
 * <h2>Episode end</h2>
 * Truncated after {@code horizon} steps; never terminated.
 * <h2>Parameters</h2>
 * Those of {@link LoadBalanceConfig}.
 * <h2>Versions</h2>
 * v0: first.
 */
public final class LoadBalanceEnv implements Env {

    private final ParallelLoadBalanceEnv all;
    private final Env single;

    /**
     * An environment with one balancer.
     *
     * @param config what to play
     */
    public LoadBalanceEnv(LoadBalanceConfig config) {
        this.all = new ParallelLoadBalanceEnv(config, 1, Optional.empty());
        this.single = all.single();
    }

    @Override
    public String name() {
        return all.name();
    }

    @Override
    public Box observationSpace() {
        return single.observationSpace();
    }

    @Override
    public Space actionSpace() {
        return single.actionSpace();
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        all.reset(seed, into);
    }

    @Override
    public void step(float[] action, StepResult into) {
        single.step(action, into);
    }

    @Override
    public ParallelEnv parallel() {
        return all;
    }

    @Override
    public String render() {
        return all.render();
    }

    /**
     * A picture of the present moment.
     *
     * @param width pixels, {@code >= 200}
     * @param height pixels, {@code >= 120}
     * @return an RGB image
     * @throws IllegalStateException before the first reset
     */
    public BufferedImage image(int width, int height) {
        return all.image(width, height);
    }

    @Override
    public void close() {
        all.close();
    }
}
