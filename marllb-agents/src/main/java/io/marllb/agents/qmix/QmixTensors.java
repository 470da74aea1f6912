package io.marllb.agents.qmix;

import io.marllb.agents.nn.Adam;
import io.marllb.agents.nn.Matrix;
import io.marllb.agents.nn.Parameters;
import io.marllb.policies.frozen.Tensors;

/**
 * What {@link Qmix} has learnt, as it is kept in a file.
 *
 * @param agents their network
 * @param targetAgents its target
 * @param agentAdam what its optimiser remembers
 * @param mixer null without parameters, as are the next
 * @param targetMixer its target
 * @param mixerAdam what its optimiser remembers
 */
record QmixTensors(
        Parameters agents,
        Parameters targetAgents,
        Adam agentAdam,
        Parameters mixer,
        Parameters targetMixer,
        Adam mixerAdam) {

    void save(Tensors into) {
        put(into, "agents", agents.values());
        put(into, "target.agents", targetAgents.values());
        put(into, "adam.agents", agentAdam.state());
        if (mixer != null) {
            put(into, "mixer", mixer.values());
            put(into, "target.mixer", targetMixer.values());
            put(into, "adam.mixer", mixerAdam.state());
        }
    }

    /** Both optimisers have made so many steps. */
    void load(Tensors from, int steps) {
        take(from, "agents", agents.values());
        take(from, "target.agents", targetAgents.values());
        take(from, "adam.agents", agentAdam.state());
        agentAdam.restore(steps);
        if (mixer != null) {
            take(from, "mixer", mixer.values());
            take(from, "target.mixer", targetMixer.values());
            take(from, "adam.mixer", mixerAdam.state());
            mixerAdam.restore(steps);
        }
    }

    private static void put(Tensors into, String name, Matrix m) {
        float[] values = new float[m.size()];
        m.get(0, values, 0, values.length);
        into.put(name, values);
    }

    private static void take(Tensors from, String name, Matrix into) {
        float[] values = from.floats(name);
        if (values.length != into.size()) {
            throw new IllegalArgumentException("tensor '" + name + "' has " + values.length + " values, but "
                    + into.size() + " are needed; it is of another configuration");
        }
        into.put(0, values, 0, values.length);
    }
}
