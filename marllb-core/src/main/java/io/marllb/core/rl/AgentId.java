package io.marllb.core.rl;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Who acts. Arrays of an environment are addressed by the index, results are printed by the name.
 *
 * @param index position in {@link ParallelEnv#possibleAgents()}, {@code >= 0}
 * @param name unique within its environment, such as {@code balancer_0}
 */
public record AgentId(int index, String name) {

    /** Checks both. */
    public AgentId {
        if (index < 0) {
            throw new IllegalArgumentException("index must be >= 0, but was " + index);
        }
        Objects.requireNonNull(name, "name");
    }

    /**
     * Agents named {@code kind_0, kind_1, ...}.
     *
     * @param kind first part of the names
     * @param count how many, {@code >= 1}
     * @return an immutable list, entry i has index i
     */
    public static List<AgentId> list(String kind, int count) {
        if (count < 1) {
            throw new IllegalArgumentException("count must be >= 1, but was " + count);
        }
        List<AgentId> agents = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            agents.add(new AgentId(i, kind + "_" + i));
        }
        return List.copyOf(agents);
    }
}
