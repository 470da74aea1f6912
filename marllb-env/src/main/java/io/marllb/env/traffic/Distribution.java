package io.marllb.env.traffic;

import java.nio.file.Path;
import java.util.List;

/**
 * A law of service or I/O times. All times are nanoseconds at speed 1. Records check their values; a law whose mean does not exist is refused.
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

    /** Always the same. @param mean nanoseconds */
    record Deterministic(double mean) implements Distribution {
        @Override
        public double squaredCv() {
            return 0;
        }
    }

    /** Exponential. @param mean nanoseconds */
    record Exponential(double mean) implements Distribution {
        @Override
        public double squaredCv() {
            return 1;
        }
    }

    /** Sum of k exponentials. @param mean nanoseconds of the sum @param k stages, {@code >= 1} */
    record Erlang(double mean, int k) implements Distribution {
        @Override
        public double squaredCv() {
            return 1.0 / k;
        }
    }

    /** Two exponentials with balanced means. @param mean nanoseconds @param cv coefficient of variation, {@code >= 1} */
    record Hyperexponential(double mean, double cv) implements Distribution {
        @Override
        public double squaredCv() {
            return cv * cv;
        }
    }

    /** Lognormal. @param mean nanoseconds of the variable itself @param cv its coefficient of variation, {@code > 0} */
    record Lognormal(double mean, double cv) implements Distribution {
        @Override
        public double squaredCv() {
            return cv * cv;
        }
    }

    /** Pareto cut at both ends. @param alpha tail index, {@code > 0} @param min nanoseconds @param max nanoseconds, {@code > min} */
    record ParetoBounded(double alpha, double min, double max) implements Distribution {
        @Override
        public double mean() {
            return moment(1);
        }

        @Override
        public double squaredCv() {
            return moment(2) / (mean() * mean()) - 1;
        }

        /** E X^j of the density alpha min^alpha x^(-alpha-1) / (1 - (min/max)^alpha). */
        private double moment(int j) {
            double norm = alpha / (1 - StrictMath.pow(min / max, alpha));
            double integral = alpha == j
                    ? StrictMath.pow(min, alpha) * StrictMath.log(max / min)
                    : StrictMath.pow(min, alpha)
                            * (StrictMath.pow(max, j - alpha) - StrictMath.pow(min, j - alpha))
                            / (j - alpha);
            return norm * integral;
        }
    }

    /** Uniform. @param min nanoseconds @param max nanoseconds, {@code > min} */
    record Uniform(double min, double max) implements Distribution {
        @Override
        public double mean() {
            return (min + max) / 2;
        }

        @Override
        public double squaredCv() {
            double sd = (max - min) / StrictMath.sqrt(12);
            return sd * sd / (mean() * mean());
        }
    }

    /** Draws with replacement from measured values. @param file where they came from @param values nanoseconds, one per sample, not empty */
    record Empirical(Path file, List<Double> values) implements Distribution {
        @Override
        public double mean() {
            double sum = 0;
            for (double v : values) {
                sum += v;
            }
            return sum / values.size();
        }

        @Override
        public double squaredCv() {
            double mean = mean();
            double sum = 0;
            for (double v : values) {
                sum += (v - mean) * (v - mean);
            }
            return sum / values.size() / (mean * mean);
        }
    }
}
