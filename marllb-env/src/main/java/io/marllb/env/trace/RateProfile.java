package io.marllb.env.trace;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;

/** Arrival rates in steps of equal length, from a counts file. Immutable. */
public final class RateProfile {

    private static final int MAX_STEPS = 10_000_000; // four months of seconds; a profile is held in memory

    private final double stepNanos;
    private final double[] rates; // [steps], per second

    private RateProfile(double stepNanos, double[] rates) {
        this.stepNanos = stepNanos;
        this.rates = rates;
    }

    /**
     * Reads counts per second, minute, hour or bin, or rates; bins that are left out are empty.
     *
     * @param file the counts file, gzip or not
     * @return the profile, with its own step
     * @throws TraceFormatException if the file is malformed, or all its rates are 0
     */
    public static RateProfile read(Path file) {
        try (LineReader in = LineReader.open(file)) {
            Bins bins = new Bins(in, Optional.empty());
            double[] rates = new double[1024];
            int steps = 0;
            double sum = 0;
            while (bins.next()) {
                if (bins.offset() >= MAX_STEPS) {
                    throw in.errorSaying(in.start(), "at most " + MAX_STEPS + " steps", "more", "choose longer bins");
                }
                steps = (int) bins.offset() + 1;
                rates = steps > rates.length ? Arrays.copyOf(rates, Math.max(steps, 2 * rates.length)) : rates;
                rates[steps - 1] = bins.rates() ? bins.value() : bins.value() / (bins.stepNanos() * 1e-9);
                sum += rates[steps - 1];
            }
            if (!(sum > 0 && sum < Double.POSITIVE_INFINITY)) {
                String found =
                        steps == 0 ? "no line with data" : sum == 0 ? "zeros only" : "rates without a finite sum";
                throw in.errorSaying(in.start(), "at least one rate > 0", found, "");
            }
            return new RateProfile(bins.stepNanos(), Arrays.copyOf(rates, steps));
        }
    }

    /**
     * The profile at another speed and another height.
     *
     * @param meanRate mean rate to scale to, per second, {@code > 0}; empty leaves it
     * @param step length of a step, nanoseconds, {@code > 0}; empty leaves it
     * @return a new profile
     */
    public RateProfile scaled(OptionalDouble meanRate, Optional<Double> step) {
        double factor = meanRate.isPresent() ? meanRate.getAsDouble() / meanRate() : 1;
        double[] scaled = new double[rates.length];
        for (int i = 0; i < scaled.length; i++) {
            scaled[i] = rates[i] * factor;
        }
        return new RateProfile(step.orElse(stepNanos), scaled);
    }

    /**
     * Length of a step.
     *
     * @return nanoseconds
     */
    public double stepNanos() {
        return stepNanos;
    }

    /**
     * The rates.
     *
     * @return per second, {@code [steps]}, a copy
     */
    public double[] rates() {
        return rates.clone();
    }

    /**
     * The mean rate over all steps.
     *
     * @return per second
     */
    public double meanRate() {
        double sum = 0;
        for (double r : rates) {
            sum += r;
        }
        return sum / rates.length;
    }
}
