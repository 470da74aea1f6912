package io.marllb.agents.train;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.replay.Episode;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.Heads;
import java.util.List;

/** All actors in this process. */
final class LocalActors implements Actors {

    private final ExploringActor[] actors; // [agents]
    private Episode episode;

    LocalActors(List<FrozenNetwork> networks, Heads heads, LearnerSetup setup) {
        actors = new ExploringActor[networks.size()];
        for (int i = 0; i < actors.length; i++) {
            actors[i] = new ExploringActor(networks.get(i), heads, setup.actionSpace(), i, setup.servers());
        }
    }

    @Override
    public void sync() {} // the networks are shared

    @Override
    public void begin(long seed, Episode begun) {
        episode = begun;
        for (ExploringActor a : actors) {
            a.begin(seed);
        }
    }

    @Override
    public void act(int step, double epsilon, float[][] actions) {
        for (int i = 0; i < actors.length; i++) {
            actors[i].act(episode.observations(i), step, epsilon, actions[i]);
        }
    }

    @Override
    public void acted(int step) {}

    @Override
    public float[] state(int agent) {
        return actors[agent].state();
    }

    @Override
    public void close() {}
}
