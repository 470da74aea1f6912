package io.marllb.agents.train;

import io.marllb.agents.DivergenceException;
import io.marllb.agents.Learner;
import io.marllb.agents.LearnerSetup;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.FrozenNetwork.Runner;
import io.marllb.policies.frozen.Heads;
import java.util.ArrayList;
import java.util.List;

/** The actors as they were at a moment. Taken while nobody acts; read by any number of threads until the next. */
final class Snapshot {

    private final Learner learner;
    private final LearnerSetup setup;
    private final List<FrozenNetwork> networks = new ArrayList<>(); // [actors]
    private final float[] copy;

    Snapshot(Learner learner, LearnerSetup setup) {
        this.learner = learner;
        this.setup = setup;
        int actors = learner.actors();
        if (actors != 1 && actors != setup.agents()) {
            throw new IllegalArgumentException(
                    "there must be 1 actor or one per agent, " + setup.agents() + ", but the learner has " + actors);
        }
        copy = new float[learner.actor().parameters()];
        for (int a = 0; a < actors; a++) {
            networks.add(FrozenNetwork.of(learner.actor(), copy));
        }
    }

    void take() {
        for (int a = 0; a < networks.size(); a++) {
            learner.copyActor(a, copy);
            for (float x : copy) {
                DivergenceException.check("a parameter of actor " + a, x, learner.updates(), setup.seed());
            }
            networks.get(a).load(copy);
        }
    }

    /** A sequence for each agent, by the networks of the last {@link #take}, whenever it was. */
    Runner[] actors() {
        return networks().stream()
                .map(n -> n.runner(Math.max(1, setup.servers())))
                .toArray(Runner[]::new);
    }

    /** The network of each agent, the same object for those who share it; {@link #take} loads new parameters. */
    List<FrozenNetwork> networks() {
        List<FrozenNetwork> all = new ArrayList<>();
        for (int i = 0; i < setup.agents(); i++) {
            all.add(networks.get(networks.size() == 1 ? 0 : i));
        }
        return all;
    }

    Heads heads() {
        return learner.heads();
    }

    int outputs() {
        return learner.actor().outputs(setup.servers());
    }
}
