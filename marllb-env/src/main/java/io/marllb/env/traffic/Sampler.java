package io.marllb.env.traffic;

import io.marllb.core.Words;
import io.marllb.core.rng.Exponential;
import io.marllb.core.rng.Normal;
import java.util.random.RandomGenerator;

/** Draws from a {@link Distribution}. Immutable, allocates nothing per draw. */
interface Sampler {

    /** Draws nanoseconds, finite, {@code >= 0}. */
    double sample(RandomGenerator random);

    /** The sampler of a law. */
    static Sampler of(Distribution law) {
        if (law instanceof Distribution.Deterministic d) {
            return new Constant(d.mean());
        } else if (law instanceof Distribution.Exponential d) {
            return new Exponentials(d.mean());
        } else if (law instanceof Distribution.Erlang d) {
            return new Stages(d.mean() / d.k(), d.k());
        } else if (law instanceof Distribution.Hyperexponential d) {
            return TwoBranches.of(d);
        } else if (law instanceof Distribution.Lognormal d) {
            return Lognormals.of(d);
        } else if (law instanceof Distribution.ParetoBounded d) {
            return Paretos.of(d);
        } else if (law instanceof Distribution.Uniform d) {
            return new Uniforms(d.min(), d.max() - d.min());
        } else if (law instanceof Distribution.Empirical d) {
            return new Measured(d.values().stream().mapToDouble(v -> v).toArray());
        }
        throw new IllegalArgumentException("no sampler for " + law);
    }

    /** Always the same. */
    record Constant(double value) implements Sampler {
        @Override
        public double sample(RandomGenerator random) {
            return value;
        }
    }

    /** Exponential. */
    record Exponentials(double mean) implements Sampler {
        @Override
        public double sample(RandomGenerator random) {
            return mean * Exponential.sample(random);
        }
    }

    /** Erlang, as the sum of its stages. */
    record Stages(double stageMean, int k) implements Sampler {
        @Override
        public double sample(RandomGenerator random) {
            double sum = 0;
            for (int i = 0; i < k; i++) {
                sum += Exponential.sample(random);
            }
            return stageMean * sum;
        }
    }

    /** Hyperexponential: the rare branch has probability {@code rare} and the larger mean. */
    record TwoBranches(double rare, double rareMean, double commonMean) implements Sampler {

        /** Balanced means: both branches bring half of the mean. The rare probability is written so that a large cv loses no digits. */
        static TwoBranches of(Distribution.Hyperexponential law) {
            double c2 = law.squaredCv();
            double s = StrictMath.sqrt((c2 - 1) / (c2 + 1));
            double rare = 1 / ((c2 + 1) * (1 + s));
            return new TwoBranches(rare, law.mean() / (2 * rare), law.mean() / (2 * (1 - rare)));
        }

        @Override
        public double sample(RandomGenerator random) {
            double mean = Words.unit(random.nextLong()) < rare ? rareMean : commonMean;
            return mean * Exponential.sample(random);
        }
    }

    /** Lognormal: {@code exp(mu + sigma z)}. */
    record Lognormals(double mu, double sigma) implements Sampler {

        static Lognormals of(Distribution.Lognormal law) {
            double variance = StrictMath.log1p(law.squaredCv());
            return new Lognormals(StrictMath.log(law.mean()) - variance / 2, StrictMath.sqrt(variance));
        }

        @Override
        public double sample(RandomGenerator random) {
            return StrictMath.exp(mu + sigma * Normal.sample(random));
        }
    }

    /** Bounded Pareto, by inversion. */
    record Paretos(double min, double max, double mass, double exponent) implements Sampler {

        static Paretos of(Distribution.ParetoBounded law) {
            double mass = -StrictMath.expm1(-law.alpha() * StrictMath.log(law.max() / law.min()));
            return new Paretos(law.min(), law.max(), mass, -1 / law.alpha());
        }

        @Override
        public double sample(RandomGenerator random) {
            return Math.min(max, min * StrictMath.pow(1 - Words.unit(random.nextLong()) * mass, exponent));
        }
    }

    /** Uniform. */
    record Uniforms(double min, double width) implements Sampler {
        @Override
        public double sample(RandomGenerator random) {
            return min + width * Words.unit(random.nextLong());
        }
    }

    /** Empirical; a class of its own since it holds an array. */
    final class Measured implements Sampler {

        private final double[] values;

        Measured(double[] values) {
            this.values = values;
        }

        @Override
        public double sample(RandomGenerator random) {
            return values[Words.below(random.nextLong(), values.length)];
        }
    }
}
