package io.marllb.env.traffic;

import io.marllb.core.Words;
import io.marllb.core.rng.Exponential;
import java.util.random.RandomGenerator;

/**
 * Poisson with a rate that is constant within a phase: each flow costs one unit-exponential amount of accumulated rate, and phases are
 * walked through until it is used up. Exact, with no thinning: one draw per flow.
 */
final class ModulatedPoisson implements ArrivalProcess {

    /** The phases, one after the other. */
    interface Phases {
        /** Moves to the next phase; called before the first one too. */
        void next();

        /** Flows per nanosecond in this phase. */
        double rate();

        /** Nanoseconds that this phase lasts. */
        double length();
    }

    private final RandomGenerator random;
    private final Phases phases;
    private double now;
    private double end;
    private double rate;

    ModulatedPoisson(RandomGenerator random, Phases phases) {
        this.random = random;
        this.phases = phases;
    }

    @Override
    public double next() {
        double cost = Exponential.sample(random);
        double room = rate * (end - now);
        while (cost >= room) {
            if (!(end < TimeWarp.HORIZON)) {
                return Double.POSITIVE_INFINITY;
            }
            cost -= room;
            now = end;
            phases.next();
            rate = phases.rate();
            end = now + phases.length();
            room = rate * (end - now);
        }
        now = Math.min(now + cost / rate, end);
        return now;
    }

    /** The states of a Markov-modulated process, in turn; the first is drawn by the share of time spent in it. */
    static final class States implements Phases {

        private final RandomGenerator random;
        private final double[] ratesPerNano; // [states]
        private final double[] dwellNanos; // [states]
        private int state;
        private double length;

        States(RandomGenerator random, Arrivals.Mmpp mmpp) {
            this.random = random;
            ratesPerNano = mmpp.rates().stream().mapToDouble(r -> r * 1e-9).toArray();
            dwellNanos = mmpp.dwellNanos().stream().mapToDouble(d -> d).toArray();
            state = (first() + dwellNanos.length - 1) % dwellNanos.length;
        }

        private int first() {
            double total = 0;
            for (double d : dwellNanos) {
                total += d;
            }
            double u = Words.unit(random.nextLong()) * total;
            int first = 0;
            while (first < dwellNanos.length - 1 && u >= dwellNanos[first]) {
                u -= dwellNanos[first];
                first++;
            }
            return first;
        }

        @Override
        public void next() {
            state = state + 1 == dwellNanos.length ? 0 : state + 1;
            length = dwellNanos[state] * Exponential.sample(random);
        }

        @Override
        public double rate() {
            return ratesPerNano[state];
        }

        @Override
        public double length() {
            return length;
        }
    }

    /** Steps of equal length that start again after the last. */
    static final class Steps implements Phases {

        private final double[] ratesPerNano; // [steps]
        private final double stepNanos;
        private int step = -1;

        Steps(double[] ratesPerSecond, double stepNanos) {
            ratesPerNano = new double[ratesPerSecond.length];
            for (int i = 0; i < ratesPerNano.length; i++) {
                ratesPerNano[i] = ratesPerSecond[i] * 1e-9;
            }
            this.stepNanos = stepNanos;
        }

        @Override
        public void next() {
            step = step + 1 == ratesPerNano.length ? 0 : step + 1;
        }

        @Override
        public double rate() {
            return ratesPerNano[step];
        }

        @Override
        public double length() {
            return stepNanos;
        }
    }
}
