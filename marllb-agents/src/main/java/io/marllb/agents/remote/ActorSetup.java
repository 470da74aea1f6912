package io.marllb.agents.remote;

import io.marllb.core.rl.Space;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;

/**
 * What an actor must know to act, beside parameters.
 *
 * @param spec shape of its network
 * @param kind what the outputs are
 * @param actionSpace what it chooses from
 * @param servers n, 0 without servers
 * @param horizon most steps of an episode
 */
record ActorSetup(NetworkSpec spec, Heads.Kind kind, Space actionSpace, int servers, int horizon) {

    private static final int MOST_SERVERS = 65_536;
    private static final int MOST_STEPS = 10_000_000;

    ActorSetup {
        if (servers < 0 || servers > MOST_SERVERS || horizon < 1 || horizon > MOST_STEPS) {
            throw new IllegalArgumentException("servers must be in [0, " + MOST_SERVERS + "] and horizon in [1, "
                    + MOST_STEPS + "], but were " + servers + " and " + horizon);
        }
    }

    int inputs() {
        int inputs = spec.inputs(servers);
        if (inputs < 1) {
            throw new IllegalArgumentException(servers + " servers are too many for the network");
        }
        return inputs;
    }

    int actionSize() {
        return actionSpace.size();
    }

    /** Bytes of the largest message of a training; checks that it fits. */
    void requireFits(int mostBytes) {
        long row = (long) inputs() + actionSize() + 1;
        long trajectory = ((horizon + 1L) * row + 8) * Float.BYTES;
        long parameters = (spec.parameters() + 8L) * Float.BYTES;
        if (Math.max(trajectory, parameters) > mostBytes) {
            throw new IllegalArgumentException("the largest message would have " + Math.max(trajectory, parameters)
                    + " bytes, but " + mostBytes + " are allowed; shorten the episodes");
        }
    }

    Heads heads() {
        Heads heads = Heads.of(kind, actionSpace);
        if (heads.outputs() != spec.outputs(servers)) {
            throw new IllegalArgumentException(
                    "the network has " + spec.outputs(servers) + " outputs, but the actions need " + heads.outputs());
        }
        return heads;
    }
}
