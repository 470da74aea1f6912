package io.marllb.policies;

import io.marllb.core.FlowRule;
import io.marllb.core.PolicySetup;
import io.marllb.core.View;

/**
 * Shortest expected delay: {@code argmin (q + b) / w^e}.
 *
 * <p>Computed as {@code (q d + a) / w^e} for a bias {@code b = a/d}, with a division, so that servers tie exactly where integers say so:
 * {@code (1 + 1) / 2} with {@code (0 + 1) / 1}, and with {@code b = 1/3} still. With {@code b = 0} every idle server has key 0 and all of
 * them tie.
 */
final class SedRule extends ArgminRule {

    static final Parameter EXPONENT =
            Parameter.number("exponent", "1", 0, 4, "e: power of the weight; 0 ignores weights");
    static final Parameter BIAS = Parameter.number(
            "bias", "1", 0, 1000, "b: added to the count; 1/m is better where m balancers share the servers, 0 is wlc");

    static final Half<FlowRule> HALF = new Half<>(
            "sed",
            "argmin (q + bias) / w^exponent over all servers",
            "IPVS sed; MARLLB (CIKM 2022) 4.2",
            SedRule::new,
            EXPONENT,
            BIAS,
            TIES);

    private final Powers powers;
    private final double scale; // d
    private final double offset; // a

    SedRule(Arguments arguments, PolicySetup setup) {
        super(arguments.is("ties", "vpp"), setup);
        powers = new Powers(arguments.number("exponent"), setup.servers());
        Parameter.Fraction bias = arguments.fraction("bias");
        scale = bias.denominator();
        offset = bias.numerator();
    }

    @Override
    void refresh(View view) {
        powers.refresh(view);
    }

    @Override
    double key(int server, int inFlight) {
        return (inFlight * scale + offset) / powers.of(server);
    }
}
