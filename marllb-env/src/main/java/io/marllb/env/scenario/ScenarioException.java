package io.marllb.env.scenario;

import java.util.List;

/** A scenario that is not valid, with everything that is wrong with it. */
public final class ScenarioException extends IllegalArgumentException {

    private final transient List<String> violations;

    ScenarioException(String source, List<String> violations) {
        super(
                violations.size() == 1
                        ? violations.get(0)
                        : source + " has " + violations.size() + " problems:\n  " + String.join("\n  ", violations));
        this.violations = List.copyOf(violations);
    }

    /**
     * What is wrong, in the order of the file.
     *
     * @return one text per violation, {@code file:line:column: what, the rule, the value and the fix}; not empty
     */
    public List<String> violations() {
        return violations;
    }
}
