package io.marllb.policies;

import io.marllb.core.FlowRule;
import java.util.Map;

/**
 * The rule half of a policy in numbers, for hosts that implement rules themselves and must make the same choices, such as the packet path in C.
 *
 * <p>The key of a server is {@code (q biasScale + biasOffset) / w^exponent}, computed in this order, so that ties are the same ones. What a rule
 * does not have is as if it played no part: exponent 0 ignores weights.
 *
 * @param name the rule, as the registry knows it
 * @param biasScale denominator d of the bias a/d
 * @param biasOffset numerator a of the bias
 * @param exponent e, power of the weight
 * @param choices how many distinct servers are looked at; 0 for all
 * @param slots size of a lookup table; 0 without one
 * @param vppTies whether ties go as in MARLLB's VPP node
 */
public record RuleNumbers(
        String name, double biasScale, double biasOffset, double exponent, int choices, int slots, boolean vppTies) {

    static RuleNumbers of(Half<FlowRule> half, Map<String, String> given, int balancers) {
        Arguments arguments = new Arguments(half.parameters(), given, balancers);
        Parameter.Fraction bias =
                has(half, "bias") ? arguments.fraction("bias") : new Parameter.Fraction(0, 1); // key q
        return new RuleNumbers(
                half.name(),
                bias.denominator(),
                bias.numerator(),
                has(half, "exponent") ? arguments.number("exponent") : 0,
                has(half, "choices") ? arguments.count("choices") : 0,
                has(half, "slots") ? arguments.count("slots") : 0,
                has(half, "ties") && arguments.is("ties", "vpp"));
    }

    private static boolean has(Half<FlowRule> half, String parameter) {
        return half.parameters().stream().anyMatch(p -> p.name().equals(parameter));
    }
}
