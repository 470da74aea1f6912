package io.marllb.policies;

import io.marllb.core.View;

/** The weights raised to a fixed power, computed once per change of the weights. Not thread-safe. */
final class Powers {

    private final double exponent;
    private final double[] powers; // [n]

    Powers(double exponent, int n) {
        this.exponent = exponent;
        powers = new double[n];
    }

    void refresh(View view) {
        for (int j = 0; j < powers.length; j++) {
            double weight = view.weight(j);
            powers[j] = exponent == 1 ? weight : StrictMath.pow(weight, exponent);
        }
    }

    double of(int server) {
        return powers[server];
    }
}
