package io.marllb.env.traffic;

import io.marllb.core.check.Checks;
import java.util.Objects;
import java.util.Optional;

/**
 * One kind of flow.
 *
 * @param name its name, shown in results and written in traces: not blank, no space around it, no comma, quote or control character
 * @param share its share of all flows, in (0, 1]; the shares of a scenario sum to 1
 * @param cpu law of its CPU work
 * @param io law of the I/O delay after it, if there is one
 */
public record FlowClass(String name, double share, Distribution cpu, Optional<Distribution> io) {

    /** Checks the name and the share. */
    public FlowClass {
        Objects.requireNonNull(cpu, "cpu");
        Objects.requireNonNull(io, "io");
        new Checks("class '" + name + "'")
                .that(
                        !name.isBlank()
                                && name.equals(name.strip())
                                && name.chars().noneMatch(c -> c == ',' || c == '"' || Character.isISOControl(c)),
                        "name must not be blank, start or end with a space, or have a comma, a quote or a control character")
                .that(share > 0 && share <= 1, "share must be in (0, 1], but was " + share)
                .throwIfAny();
    }
}
