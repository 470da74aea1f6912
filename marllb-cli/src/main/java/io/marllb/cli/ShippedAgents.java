package io.marllb.cli;

import io.marllb.policies.PolicyRegistry;

/** The agents that ship, by name. */
final class ShippedAgents {

    private ShippedAgents() {}

    /**
     * Whether a name is that of a shipped agent. It then means that one, whatever file or folder is called so too (in a checkout the launcher is a file called
     * marllb); {@code ./NAME} means the file.
     */
    static boolean include(String name) {
        return PolicyRegistry.policies().stream()
                .anyMatch(p -> p.name().equals(name) && p.pair().endsWith("+" + name));
    }

    /** What names an agent as a policy: one that ships, or a file. */
    static String policy(String agent) {
        return include(agent) ? agent : "agent:" + agent;
    }
}
