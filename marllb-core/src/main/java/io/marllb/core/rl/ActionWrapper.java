package io.marllb.core.rl;

import java.util.List;
import java.util.function.UnaryOperator;

/** A wrapper that changes continuous actions on their way in; keeps its own rows, the caller's are read only. */
abstract class ActionWrapper extends Wrapper {

    private final Box[] innerSpaces; // by agent
    private final Box[] outerSpaces; // by agent
    private final float[][] rows; // by agent

    ActionWrapper(ParallelEnv inner, UnaryOperator<Box> outer) {
        super(inner);
        int agents = inner.possibleAgents().size();
        this.innerSpaces = new Box[agents];
        this.outerSpaces = new Box[agents];
        this.rows = new float[agents][];
        for (AgentId a : inner.possibleAgents()) {
            if (!(inner.actionSpace(a) instanceof Box box)) {
                throw new IllegalArgumentException(getClass().getSimpleName() + " needs Box actions, but " + a.name()
                        + " of " + inner.name() + " has " + inner.actionSpace(a));
            }
            innerSpaces[a.index()] = box;
            outerSpaces[a.index()] = outer.apply(box);
            rows[a.index()] = new float[box.size()];
        }
    }

    /** The inner action of one entry. */
    abstract float inward(Box space, int i, float x);

    @Override
    public Space actionSpace(AgentId agent) {
        return outerSpaces[agent.index()];
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        checkActions(actions);
        List<AgentId> live = agents(); // none: the inner environment refuses the step
        for (int k = 0; k < live.size(); k++) {
            int a = live.get(k).index();
            for (int i = 0; i < rows[a].length; i++) {
                rows[a][i] = inward(innerSpaces[a], i, actions[a][i]);
            }
        }
        inner().step(rows, into);
    }
}
