package io.marllb.dataplane.control;

import io.marllb.core.Need;
import io.marllb.dataplane.DataPlane;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.PolicySpec;
import io.marllb.policies.RuleNumbers;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Which policies a data plane can serve, and what comes nearest to one that it cannot. */
final class Policies {

    /** Rules that no data plane of ours runs by itself, and what comes nearest. */
    private static final Map<String, String> NEAREST_RULE = Map.ofEntries(
            Map.entry("round-robin", "weighted-random"),
            Map.entry("nq", "sed"),
            Map.entry("jiq", "sed"),
            Map.entry("least-request", "two-choices"),
            Map.entry("peak-ewma", "two-choices"),
            Map.entry("c3", "two-choices"),
            Map.entry("prequal", "two-choices"),
            Map.entry("hcl", "two-choices"),
            Map.entry("gossip", "sed"),
            Map.entry("gsq", "least-flows"),
            Map.entry("oracle-sed", "sed"),
            Map.entry("oracle-srt", "sed"));

    private Policies() {}

    /**
     * Checks that a policy can be served.
     *
     * @throws IllegalArgumentException if not; the message says why and names the nearest policy that can
     */
    static void check(PolicySpec policy, DataPlane dataPlane) {
        EnumSet<Need> missing = policy.needs();
        missing.removeAll(dataPlane.offers());
        int slots = dataPlane.spec().servers();
        int balancers = (int) Math.min(Integer.MAX_VALUE, dataPlane.spec().balancers());
        String why = null;
        if (!missing.isEmpty()) {
            why = "needs " + words(missing) + ", but the data plane offers " + words(dataPlane.offers());
        } else if (dataPlane.rule(policy.rule(balancers)).isEmpty()) {
            why = "places flows by the rule " + policy.rule(balancers).name() + ", but the data plane runs "
                    + dataPlane.rules();
        } else if (!policy.serves(slots)) {
            why = "does not serve " + slots + " server slots, which the data plane has";
        }
        if (why != null) {
            throw new IllegalArgumentException("policy '" + policy.name() + "' " + why + nearest(policy, dataPlane));
        }
    }

    private static String words(Set<Need> needs) {
        return needs.isEmpty() ? "nothing" : needs.stream().map(Need::name).collect(Collectors.joining(", "));
    }

    private static String nearest(PolicySpec policy, DataPlane dataPlane) {
        String pair = policy.info().pair();
        String rule = pair.split("[:+]", 2)[0];
        String weights = pair.replaceFirst("^.*\\+(?=[^0-9.])", "").split(":", 2)[0];
        String nearRule = NEAREST_RULE.getOrDefault(rule, rule);
        for (String candidate : new String[] {
            policy.name().toLowerCase(Locale.ROOT).replace("-exchange", ""),
            nearRule + "+" + weights,
            nearRule + "+rate",
            "sed+rate",
            "sed+capacity",
            "weighted-random+capacity"
        }) {
            if (!candidate.equals(policy.name()) && runs(candidate, dataPlane)) {
                return "; nearest: " + shortName(candidate);
            }
        }
        return "";
    }

    private static boolean runs(String candidate, DataPlane dataPlane) {
        PolicySpec spec;
        try {
            spec = PolicyRegistry.parse(candidate);
        } catch (IllegalArgumentException e) {
            return false; // no such policy, such as a rule with an agent's name for weights
        }
        RuleNumbers rule =
                spec.rule((int) Math.min(Integer.MAX_VALUE, dataPlane.spec().balancers()));
        return dataPlane.offers().containsAll(spec.needs())
                && dataPlane.rule(rule).isPresent()
                && spec.serves(dataPlane.spec().servers());
    }

    /** A pair that has a name is called by it. */
    private static String shortName(String candidate) {
        return PolicyRegistry.policies().stream()
                .filter(p -> p.pair().equals(candidate))
                .map(p -> p.name())
                .findFirst()
                .orElse(candidate);
    }
}
