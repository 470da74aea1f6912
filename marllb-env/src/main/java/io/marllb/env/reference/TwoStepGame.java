package io.marllb.env.reference;

import io.marllb.core.rl.AgentId;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.Discrete;
import io.marllb.core.rl.Lifecycle;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.Space;
import io.marllb.core.rl.StepResult;
import java.util.List;
import java.util.OptionalLong;

/**
 * The two-step game of QMIX: what the best joint action is depends on what the first agent did before.
 *
 * <h2>Description</h2>
 * Rashid et al. (2018), arXiv:1803.11485, section 5. In the first step the action of agent 0 alone chooses the game of the second step: 0
 * leads to 2A, where every joint action pays 7, and 1 to 2B, which pays [[0, 1], [1, 8]] (row: agent 0). A learner that can only add agents'
 * values (VDN) fits 2B by at most 6.5 and takes the sure 7; QMIX takes the 8.
 * <h2>Actions</h2>
 * Each agent: Discrete(2).
 * <h2>Observations</h2>
 * Each agent, all dimensionless: 0 "first step", 0 to 1; 1 "game 2A", 0 to 1; 2 "game 2B", 0 to 1. Exactly one is 1, none after the end. The
 * state is the same.
 * <h2>Reward</h2>
 * Shared: 0 in the first step, the payoff in the second.
 * <h2>Start</h2>
 * Always the first step; nothing is random.
 * <h2>Episode end</h2>
 * Terminated after two steps.
 * <h2>Parameters</h2>
 * None.
 * <h2>Versions</h2>
 * v0: first.
 */
public final class TwoStepGame implements ParallelEnv {

    private static final List<AgentId> AGENTS = AgentId.list("agent", 2);
    private static final Discrete ACTIONS = new Discrete(2);
    private static final Box SPACE = Box.of(0f, 1f, 3);
    private static final double GAME_A = 7;
    private static final double[][] GAME_B = {{0, 1}, {1, 8}};
    private static final int FIRST = 0;
    private static final int A = 1;
    private static final int B = 2;
    private static final int OVER = 3;

    private final Lifecycle lifecycle = new Lifecycle("TwoStepGame", AGENTS, List.of(ACTIONS, ACTIONS));
    private int at = OVER;

    /** A new game. */
    public TwoStepGame() {}

    @Override
    public String name() {
        return "TwoStepGame";
    }

    @Override
    public List<AgentId> possibleAgents() {
        return AGENTS;
    }

    @Override
    public List<AgentId> agents() {
        return lifecycle.agents();
    }

    @Override
    public Box observationSpace(AgentId agent) {
        return SPACE;
    }

    @Override
    public Space actionSpace(AgentId agent) {
        return ACTIONS;
    }

    @Override
    public Box stateSpace() {
        return SPACE;
    }

    @Override
    public void state(float[] into) {
        lifecycle.checkStarted();
        for (int i = 0; i < SPACE.size(); i++) {
            into[i] = i == at ? 1f : 0f;
        }
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        lifecycle.reset(seed);
        at = FIRST;
        write(into, 0, false);
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        lifecycle.checkStep(actions);
        int first = (int) actions[0][0];
        int second = (int) actions[1][0];
        if (at == FIRST) {
            at = first == 0 ? A : B;
            write(into, 0, false);
        } else {
            double payoff = at == A ? GAME_A : GAME_B[first][second];
            at = OVER;
            lifecycle.end();
            write(into, payoff, true);
        }
    }

    private void write(StepResult into, double reward, boolean terminated) {
        into.clear();
        for (AgentId a : AGENTS) {
            state(into.observation(a.index()));
            into.set(a.index(), reward, terminated, false);
        }
    }

    @Override
    public boolean deterministic() {
        return true;
    }

    @Override
    public String render() {
        return switch (at) {
            case FIRST -> "first step: agent 0 chooses the game";
            case A -> "game 2A: 7 whatever they do";
            case B -> "game 2B: [[0, 1], [1, 8]]";
            default -> "over";
        };
    }

    @Override
    public void close() {
        lifecycle.close();
    }
}
