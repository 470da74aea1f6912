package io.marllb.policies;

import io.marllb.core.Need;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What there is to know of a policy, a rule or a weight policy before it is built. Immutable.
 *
 * @param name what users write
 * @param pair the rule and the weights that a policy stands for, as {@code RULE+WEIGHTS}; empty for a rule or a weight policy by itself
 * @param summary one line: what it does
 * @param source where it was published, or "own" with the reason
 * @param parameters what {@code :key=value} may set, with the defaults that hold here
 * @param needs what the host must offer, with default parameters
 */
public record PolicyInfo(
        String name, String pair, String summary, String source, List<Parameter> parameters, Set<Need> needs) {

    /**
     * Copies the collections.
     *
     * @param name see the record
     * @param pair see the record
     * @param summary see the record
     * @param source see the record
     * @param parameters see the record
     * @param needs see the record
     */
    public PolicyInfo {
        parameters = List.copyOf(parameters);
        needs = Collections.unmodifiableSet(needs.isEmpty() ? EnumSet.noneOf(Need.class) : EnumSet.copyOf(needs));
    }

    /**
     * Whether it sees what no real balancer can see.
     *
     * @return true if it needs {@link Need#GLOBAL}
     */
    public boolean oracle() {
        return needs.contains(Need.GLOBAL);
    }

    /**
     * One parameter.
     *
     * @param name the key
     * @param defaultValue the value that holds unless it is set
     * @param meaning one line
     * @param range the valid values, in words
     */
    public record Parameter(String name, String defaultValue, String meaning, String range) {}
}
