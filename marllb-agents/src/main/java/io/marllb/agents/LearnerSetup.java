package io.marllb.agents;

import io.marllb.core.rl.Space;
import java.util.Objects;

/**
 * What a learner may know of the problem.
 *
 * @param agents m, {@code >= 1}
 * @param inputs length of an agent's observation
 * @param actionSpace what every agent chooses from
 * @param stateSize length of the state for centralised training, 0 if there is none
 * @param horizon most steps of an episode
 * @param servers n, if observations are n blocks of {@code features} and then {@code globals}, and actions an entry per server (and perhaps one for
 *     the pool); 0 if they have no such order
 * @param features inputs per server, 0 without servers
 * @param globals inputs of the pool
 * @param seed root of all the learner's streams
 */
public record LearnerSetup(
        int agents,
        int inputs,
        Space actionSpace,
        int stateSize,
        int horizon,
        int servers,
        int features,
        int globals,
        long seed) {

    /**
     * The same for a learner that never looks at states, so that nobody keeps them.
     *
     * @return a copy with {@code stateSize} 0
     */
    public LearnerSetup withoutState() {
        return new LearnerSetup(agents, inputs, actionSpace, 0, horizon, servers, features, globals, seed);
    }

    /** Checks what can be. */
    public LearnerSetup {
        Objects.requireNonNull(actionSpace, "actionSpace");
        if (agents < 1 || inputs < 1 || stateSize < 0 || horizon < 1) {
            throw new IllegalArgumentException("agents, inputs and horizon must be >= 1 and stateSize >= 0, but were "
                    + agents + ", " + inputs + ", " + horizon + ", " + stateSize);
        }
        if (servers > 0 && servers * features + globals != inputs) {
            throw new IllegalArgumentException(servers + " servers of " + features + " features and " + globals
                    + " globals are not " + inputs + " inputs");
        }
    }
}
