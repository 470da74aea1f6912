package io.marllb.policies;

import io.marllb.core.PolicySetup;
import io.marllb.core.View;

/**
 * Expected delay {@code (q + b) / w^e}, up to a constant factor.
 *
 * <p>Computed as {@code (q d + a) / w^e} for a bias {@code b = a/d}, with a division, so that servers tie exactly where integers say so:
 * {@code (1 + 1) / 2} with {@code (0 + 1) / 1}, and with {@code b = 1/3} still. The powers are computed once per change of the weights. A bias that
 * the weight policy sets ({@link View#bias}) replaces the rule's own. Not thread-safe.
 */
final class Delay {

    static final Parameter EXPONENT =
            Parameter.number("exponent", "1", 0, 4, "e: power of the weight; 0 ignores weights");
    static final Parameter BIAS = bias("1");

    private final double ownScale; // d
    private final double ownOffset; // a
    private double scale;
    private double offset;
    private final double exponent;
    private final double[] powers; // [n]

    Delay(Arguments arguments, PolicySetup setup) {
        Parameter.Fraction bias = arguments.fraction("bias");
        ownScale = bias.denominator();
        ownOffset = bias.numerator();
        exponent = arguments.number("exponent");
        powers = new double[setup.servers()];
    }

    static Parameter bias(String byDefault) {
        return Parameter.number(
                "bias",
                byDefault,
                0,
                1000,
                "b: added to the count; 1/m suits m balancers that share the servers, 0 is wlc");
    }

    void refresh(View view) {
        double bias = view.bias();
        boolean own = Double.isNaN(bias);
        scale = own ? ownScale : 1;
        offset = own ? ownOffset : bias;
        for (int j = 0; j < powers.length; j++) {
            double weight = view.weight(j);
            powers[j] = exponent == 1 ? weight : StrictMath.pow(weight, exponent);
        }
    }

    double of(int server, double count) {
        return (count * scale + offset) / powers[server];
    }
}
