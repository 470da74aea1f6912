package io.marllb.agents.sac;

/**
 * Where a critic of a continuous action finds it among its inputs: behind the observation, or, if the network is per server, the action of a server
 * behind the features of that server and the pool's behind the globals.
 */
record CriticLayout(int inputs, int actionSize, int servers, int features) {

    int width() {
        return inputs + actionSize;
    }

    /** The place of an action's entry. */
    int place(int entry) {
        if (servers == 0) {
            return inputs + entry;
        }
        return entry < servers ? entry * (features + 1) + features : inputs + entry;
    }

    /** An observation and the action at {@code from} become a row of inputs. */
    void join(float[] observation, float[] actions, int from, float[] row) {
        for (int j = 0; j < servers; j++) {
            System.arraycopy(observation, j * features, row, j * (features + 1), features);
        }
        int rest = servers * features;
        System.arraycopy(observation, rest, row, rest + servers, inputs - rest);
        for (int k = 0; k < actionSize; k++) {
            row[place(k)] = actions[from + k];
        }
    }
}
