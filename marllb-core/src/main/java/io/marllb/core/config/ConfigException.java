package io.marllb.core.config;

import java.util.List;

/** A file that is not valid, with everything that is wrong with it. */
public final class ConfigException extends IllegalArgumentException {

    private final transient List<String> violations;

    /**
     * Says what is wrong.
     *
     * @param source name of the file
     * @param violations what is wrong, each text complete in itself; not empty
     */
    public ConfigException(String source, List<String> violations) {
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
