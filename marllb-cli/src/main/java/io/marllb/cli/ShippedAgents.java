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
}
