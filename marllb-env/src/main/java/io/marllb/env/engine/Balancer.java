package io.marllb.env.engine;

import io.marllb.core.GlobalView;
import io.marllb.core.Policy;
import io.marllb.core.WeightPolicy;
import io.marllb.policies.host.PolicyHost;
import java.util.random.RandomGenerator;

/**
 * One balancer of the simulator: a policy and its host, which knows this balancer's flows only, and the methods of {@link GlobalView}, which reach into
 * the servers and are for the oracles.
 */
final class Balancer extends PolicyHost implements GlobalView {

    private final Server[] servers;
    private final WeightPolicy policy;
    private final double[] weights; // scratch

    Balancer(
            Policy policy,
            Pool pool,
            Server[] servers,
            RandomGenerator ruleStream,
            RandomGenerator reservoirStream,
            boolean observed,
            int peers) {
        super(policy.rule(), pool, ruleStream, reservoirStream, observed, peers);
        this.servers = servers;
        this.policy = policy.weights();
        weights = new double[pool.slots()];
    }

    void start(long at) {
        policy.start(this, weights);
        setWeights(weights, policy.bias(), at);
    }

    /** The end of a control interval. */
    void decide(long at) {
        if (!policy.isStatic()) {
            observe(at);
            copyWeights(weights);
            policy.decide(this, this, weights);
            setWeights(weights, policy.bias(), at);
        }
    }

    @Override
    public int inSystem(int server) {
        return servers[server].inSystem();
    }

    @Override
    public double capacity(int server) {
        return servers[server].capacity();
    }

    @Override
    public double remainingWork(int server) {
        return servers[server].remainingWork(now());
    }
}
