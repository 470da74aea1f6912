package io.marllb.env.trace;

import io.marllb.core.check.Checks;
import java.util.HashSet;
import java.util.List;

/**
 * What the rows of a trace that is written have.
 *
 * @param classNames the classes, in the order of their indices; empty for rows without a class
 * @param sized whether rows carry their work
 * @param originNanos nanoseconds since 1970 of time 0, for formats that write dates; 0 for none
 */
public record TraceContent(List<String> classNames, boolean sized, long originNanos) {
    /** Checks the names, and copies the list. */
    public TraceContent {
        classNames = List.copyOf(classNames);
        Checks checks = new Checks("trace content").atLeast("originNanos", originNanos, 0);
        HashSet<String> seen = new HashSet<>();
        for (String name : classNames) {
            checks.that(
                            isName(name),
                            "class '" + name
                                    + "' must not be blank, start or end with a space, or have a comma, quote or control character")
                    .that(seen.add(name), "class '" + name + "' is there twice");
        }
        checks.throwIfAny();
    }

    /** Whether a class may be called so in a file. */
    static boolean isName(String name) {
        return !name.isBlank()
                && name.equals(name.strip())
                && name.chars().noneMatch(c -> c == ',' || c == '"' || c == '\ufffd' || Character.isISOControl(c));
    }
}
