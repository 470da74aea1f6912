package io.marllb.env.reference;

import io.marllb.core.rl.AgentId;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.Discrete;
import io.marllb.core.rl.Lifecycle;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.Space;
import io.marllb.core.rl.StepResult;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

/**
 * A common-payoff game from a table, with any number of agents and actions.
 *
 * <h2>Description</h2>
 * All agents act once, at the same time, and all get the payoff of the joint action. {@link #climbing} and {@link #penalty} are the two
 * games of Claus and Boutilier (1998), in which a mistake of the other agent makes the best action look bad: value factorisation
 * (VDN, QMIX) is known to settle on 5 or 7 instead of 11 in the first, and on 2 instead of 10 in the second from k about -25 on.
 * <h2>Actions</h2>
 * Agent i: Discrete(number of its actions).
 * <h2>Observations</h2>
 * Each agent: 0 "constant", dimensionless, always 1. There is no state to tell; {@code state} is the same.
 * <h2>Reward</h2>
 * Shared: the payoff of the joint action.
 * <h2>Start</h2>
 * Nothing is random.
 * <h2>Episode end</h2>
 * With one round terminated after it; with more truncated after the last, since the game would go on.
 * <h2>Parameters</h2>
 * {@code payoff}, nested lists, the outermost over the actions of agent 0; {@code rounds}, default 1 (EPyMARL plays 25).
 * <h2>Versions</h2>
 * v0: first.
 */
public final class MatrixGame implements ParallelEnv {

    private static final Box SPACE = Box.of(1f, 1f, 1);

    private final String name;
    private final int[] counts; // [agents]
    private final double[] payoffs; // row-major, agent 0 slowest
    private final int rounds;
    private final List<AgentId> agents;
    private final List<Discrete> actionSpaces;
    private final Lifecycle lifecycle;
    private int round;

    /** Trusts its arguments. */
    MatrixGame(String name, int[] counts, double[] payoffs, int rounds) {
        if (rounds < 1) {
            throw new IllegalArgumentException("rounds must be >= 1, but was " + rounds);
        }
        this.name = name;
        this.counts = counts;
        this.payoffs = payoffs;
        this.rounds = rounds;
        this.agents = AgentId.list("agent", counts.length);
        List<Discrete> spaces = new ArrayList<>();
        for (int c : counts) {
            spaces.add(new Discrete(c));
        }
        this.actionSpaces = List.copyOf(spaces);
        this.lifecycle = new Lifecycle("MatrixGame", agents, actionSpaces);
    }

    /**
     * A game from nested lists: a list per action of agent 0, in it a list per action of agent 1, and so on; the innermost hold numbers.
     *
     * @param payoff nested {@link List}s of {@link Number}s, as deep as there are agents, with no ragged edge
     * @param rounds plays per episode, {@code >= 1}
     * @return the game
     * @throws IllegalArgumentException naming the entry that is wrong
     */
    public static MatrixGame of(List<?> payoff, int rounds) {
        PayoffTable table = PayoffTable.of(payoff);
        return new MatrixGame("MatrixGame", table.counts(), table.payoffs(), rounds);
    }

    /**
     * A game from a YAML or JSON file: {@code payoff: [[11, -30, 0], [-30, 7, 6], [0, 0, 5]]}, and maybe {@code rounds: 25}.
     *
     * @param file a UTF-8 file
     * @return the game
     * @throws IllegalArgumentException if it cannot be read or is not valid; every problem with line, column and value
     */
    public static MatrixGame read(Path file) {
        PayoffTable table = PayoffTable.read(file);
        return new MatrixGame(
                "MatrixGame", table.counts(), table.payoffs(), table.rounds().orElse(1));
    }

    /**
     * The same, played another number of times.
     *
     * @param file a UTF-8 file
     * @param rounds plays per episode, {@code >= 1}, whatever the file says
     * @return the game
     */
    public static MatrixGame read(Path file, int rounds) {
        PayoffTable table = PayoffTable.read(file);
        return new MatrixGame("MatrixGame", table.counts(), table.payoffs(), rounds);
    }

    /**
     * The climbing game: optimum 11, surrounded by -30.
     *
     * @param rounds plays per episode, {@code >= 1}
     * @return the game
     */
    public static MatrixGame climbing(int rounds) {
        return new MatrixGame("Climbing", new int[] {3, 3}, new double[] {11, -30, 0, -30, 7, 6, 0, 0, 5}, rounds);
    }

    /**
     * The penalty game [[k, 0, 10], [0, 2, 0], [10, 0, k]]: two optima of 10, and k for not agreeing on which.
     *
     * @param k penalty, finite, usually 0, -25, -50, -75 or -100
     * @param rounds plays per episode, {@code >= 1}
     * @return the game
     */
    public static MatrixGame penalty(double k, int rounds) {
        if (!(Math.abs(k) < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("k must be finite, but was " + k);
        }
        return new MatrixGame("Penalty", new int[] {3, 3}, new double[] {k, 0, 10, 0, 2, 0, 10, 0, k}, rounds);
    }

    /**
     * The payoff of a joint action.
     *
     * @param actions one per agent
     * @return the payoff
     */
    public double payoff(int... actions) {
        if (actions.length != counts.length) {
            throw new IllegalArgumentException(
                    "actions must have one entry per agent, " + counts.length + ", but has " + actions.length);
        }
        int index = 0;
        for (int a = 0; a < counts.length; a++) {
            java.util.Objects.checkIndex(actions[a], counts[a]);
            index = index * counts[a] + actions[a];
        }
        return payoffs[index];
    }

    /**
     * The largest payoff.
     *
     * @return the optimum of one round
     */
    public double optimum() {
        double best = Double.NEGATIVE_INFINITY;
        for (double p : payoffs) {
            best = Math.max(best, p);
        }
        return best;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public List<AgentId> possibleAgents() {
        return agents;
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
        return actionSpaces.get(agent.index());
    }

    @Override
    public Box stateSpace() {
        return SPACE;
    }

    @Override
    public void state(float[] into) {
        lifecycle.checkStarted();
        into[0] = 1f;
    }

    @Override
    public void reset(OptionalLong seed, StepResult into) {
        lifecycle.reset(seed);
        round = 0;
        write(into, 0);
    }

    @Override
    public void step(float[][] actions, StepResult into) {
        lifecycle.checkStep(actions);
        int index = 0;
        for (int a = 0; a < counts.length; a++) {
            index = index * counts[a] + (int) actions[a][0];
        }
        if (++round == rounds) {
            lifecycle.end();
        }
        write(into, payoffs[index]);
    }

    private void write(StepResult into, double reward) {
        into.clear();
        boolean over = round == rounds;
        for (int a = 0; a < counts.length; a++) {
            into.observation(a)[0] = 1f;
            into.set(a, reward, over && rounds == 1, over && rounds > 1);
        }
    }

    @Override
    public boolean deterministic() {
        return true;
    }

    @Override
    public String render() {
        return name + ", round " + round + " of " + rounds + ", actions " + Arrays.toString(counts) + ", payoffs "
                + Arrays.toString(payoffs);
    }

    @Override
    public void close() {
        lifecycle.close();
    }
}
