package io.marllb.env.traffic;

import io.marllb.core.check.Checks;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/**
 * A law of service or I/O times. All times are nanoseconds at speed 1. Records refuse bad values, NaN among them; a law whose mean or
 * squared coefficient of variation does not exist, or is not a finite number, is refused too.
 */
public sealed interface Distribution {

    /**
     * The mean.
     *
     * @return nanoseconds, finite, {@code > 0}
     */
    double mean();

    /**
     * The squared coefficient of variation: variance over squared mean.
     *
     * @return finite, {@code >= 0}
     */
    double squaredCv();

    /**
     * Always the same.
     *
     * @param mean nanoseconds, {@code > 0}
     */
    record Deterministic(double mean) implements Distribution {
        /** Checks the value. */
        public Deterministic {
            new Checks("deterministic").positive("mean", mean).throwIfAny();
        }

        @Override
        public double squaredCv() {
            return 0;
        }
    }

    /**
     * Exponential.
     *
     * @param mean nanoseconds, {@code > 0}
     */
    record Exponential(double mean) implements Distribution {
        /** Checks the mean. */
        public Exponential {
            new Checks("exponential").positive("mean", mean).throwIfAny();
        }

        @Override
        public double squaredCv() {
            return 1;
        }
    }

    /**
     * Sum of k exponentials.
     *
     * @param mean nanoseconds of the sum, {@code > 0}
     * @param k stages, in 1..1000; a draw costs k exponentials
     */
    record Erlang(double mean, int k) implements Distribution {
        /** Checks both. */
        public Erlang {
            new Checks("erlang").positive("mean", mean).inRange("k", k, 1, 1000).throwIfAny();
        }

        @Override
        public double squaredCv() {
            return 1.0 / k;
        }
    }

    /**
     * Two exponentials with balanced means: each branch brings half of the work.
     *
     * @param mean nanoseconds, {@code > 0}
     * @param cv coefficient of variation, {@code >= 1}
     */
    record Hyperexponential(double mean, double cv) implements Distribution {
        /** Checks both. */
        public Hyperexponential {
            new Checks("hyperexponential")
                    .positive("mean", mean)
                    .that(
                            cv >= 1 && cv * cv < Double.POSITIVE_INFINITY,
                            "cv must be finite and >= 1, but was " + cv
                                    + "; for less variation use erlang or lognormal")
                    .throwIfAny();
        }

        @Override
        public double squaredCv() {
            return cv * cv;
        }
    }

    /**
     * Lognormal.
     *
     * @param mean nanoseconds, of the variable itself and not of its logarithm, {@code > 0}
     * @param cv its coefficient of variation, {@code > 0}
     */
    record Lognormal(double mean, double cv) implements Distribution {
        /** Checks both. */
        public Lognormal {
            new Checks("lognormal")
                    .positive("mean", mean)
                    .that(
                            cv > 0 && cv * cv < Double.POSITIVE_INFINITY,
                            "cv must be finite and > 0, but was " + cv + "; for no variation use deterministic")
                    .throwIfAny();
        }

        @Override
        public double squaredCv() {
            return cv * cv;
        }
    }

    /**
     * Pareto cut at both ends: density proportional to {@code x^(-alpha-1)} between min and max.
     *
     * @param alpha tail index, {@code > 0}
     * @param min nanoseconds, {@code > 0}
     * @param max nanoseconds, {@code > min}; it must be finite, since without it a small alpha leaves no mean
     */
    record ParetoBounded(double alpha, double min, double max) implements Distribution {
        /** Checks the three and that their moments are finite. */
        public ParetoBounded {
            Checks checks = new Checks("pareto-bounded")
                    .positive("alpha", alpha)
                    .positive("min", min)
                    .positive("max", max)
                    .that(max > min, "max must be > min " + min + ", but was " + max);
            if (checks.violations().isEmpty()) {
                requireMoments(checks, moment(alpha, min, max, 1), squaredCv(alpha, min, max));
            }
            checks.throwIfAny();
        }

        @Override
        public double mean() {
            return moment(alpha, min, max, 1);
        }

        @Override
        public double squaredCv() {
            return squaredCv(alpha, min, max);
        }

        private static double squaredCv(double alpha, double min, double max) {
            double mean = moment(alpha, min, max, 1) / min;
            return Math.max(0, moment(alpha, 1, max / min, 2) / (mean * mean) - 1);
        }

        /** E X^j of the density alpha min^alpha x^(-alpha-1) / (1 - (min/max)^alpha), in units of min so that nothing overflows early. */
        private static double moment(double alpha, double min, double max, int j) {
            double span = StrictMath.log(max / min);
            double norm = alpha / -StrictMath.expm1(-alpha * span);
            double integral = alpha == j ? span : StrictMath.expm1((j - alpha) * span) / (j - alpha);
            return norm * integral * StrictMath.pow(min, j);
        }
    }

    /**
     * Uniform.
     *
     * @param min nanoseconds, {@code >= 0}
     * @param max nanoseconds, {@code > min}
     */
    record Uniform(double min, double max) implements Distribution {
        /** Checks both. */
        public Uniform {
            new Checks("uniform")
                    .notNegative("min", min)
                    .positive("max", max)
                    .that(max > min, "max must be > min " + min + ", but was " + max)
                    .throwIfAny();
        }

        @Override
        public double mean() {
            return min + (max - min) / 2;
        }

        @Override
        public double squaredCv() {
            double relative = (max - min) / mean();
            return relative * relative / 12;
        }
    }

    /**
     * Draws with replacement from measured values.
     *
     * @param file where they came from, for messages
     * @param values nanoseconds, one per sample, each {@code >= 0}, not all 0
     */
    record Empirical(Path file, List<Double> values) implements Distribution {
        /** Checks and copies the values. */
        public Empirical {
            Objects.requireNonNull(file, "file");
            values = List.copyOf(values);
            Checks checks = new Checks("empirical " + file).that(!values.isEmpty(), "there must be at least one value");
            int bad = 0;
            while (bad < values.size() && values.get(bad) >= 0 && values.get(bad) < Double.POSITIVE_INFINITY) {
                bad++;
            }
            if (bad < values.size()) {
                checks.notNegative("values[" + bad + "]", values.get(bad));
            }
            if (checks.violations().isEmpty()) {
                requireMoments(checks, mean(values), squaredCv(values));
            }
            checks.throwIfAny();
        }

        @Override
        public double mean() {
            return mean(values);
        }

        @Override
        public double squaredCv() {
            return squaredCv(values);
        }

        private static double mean(List<Double> values) {
            double sum = 0;
            for (double v : values) {
                sum += v;
            }
            return sum / values.size();
        }

        private static double squaredCv(List<Double> values) {
            double mean = mean(values);
            double sum = 0;
            for (double v : values) {
                double relative = v / mean - 1;
                sum += relative * relative;
            }
            return sum / values.size();
        }
    }

    private static void requireMoments(Checks checks, double mean, double squaredCv) {
        checks.positive("the mean that follows", mean)
                .notNegative("the squared coefficient of variation that follows", squaredCv);
    }
}
