package io.marllb.env.traffic;

import io.marllb.core.check.Checks;
import io.marllb.env.trace.TraceFormat;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;

/** When flows arrive: the description, not the generator. Rates are flows per second. Records refuse bad values; NaN is one. */
public sealed interface Arrivals {

    /**
     * Poisson.
     *
     * @param rate flows per second, {@code > 0}
     */
    record Poisson(double rate) implements Arrivals {
        /** Checks the rate. */
        public Poisson {
            new Checks("poisson").positive("rate", rate).throwIfAny();
        }
    }

    /**
     * Markov-modulated Poisson: the states are visited in turn, each for an exponential time. It starts in a state drawn by the share of time
     * that is spent in each, so that the process is stationary from the first moment.
     *
     * @param rates flows per second in each state, {@code >= 0}, at least one {@code > 0}
     * @param dwellNanos mean stay in each state, nanoseconds, {@code > 0}
     */
    record Mmpp(List<Double> rates, List<Double> dwellNanos) implements Arrivals {

        /** Most changes of state per flow, on average; beyond it a run would do nothing but change states. */
        private static final double MAX_CHANGES_PER_FLOW = 1e6;

        /** Checks the states and copies the lists. */
        public Mmpp {
            rates = List.copyOf(rates);
            dwellNanos = List.copyOf(dwellNanos);
            Checks checks = new Checks("mmpp")
                    .that(!rates.isEmpty(), "rates must have at least one entry")
                    .that(
                            rates.size() == dwellNanos.size(),
                            "rates has " + rates.size() + " entries and dwell has " + dwellNanos.size()
                                    + "; give one stay for each rate");
            for (int i = 0; i < rates.size(); i++) {
                checks.notNegative("rates[" + i + "]", rates.get(i));
            }
            for (int i = 0; i < dwellNanos.size(); i++) {
                checks.positive("dwell[" + i + "]", dwellNanos.get(i));
            }
            if (checks.violations().isEmpty()) {
                double flows = flowsPerCycle(rates, dwellNanos);
                checks.that(
                        flows > 0 && rates.size() / flows <= MAX_CHANGES_PER_FLOW,
                        flows > 0
                                ? "the states change more than 1e6 times per flow; make a rate or a stay longer"
                                : "at least one rate must be > 0");
            }
            checks.throwIfAny();
        }

        /**
         * The mean rate.
         *
         * @return flows per second, over a long time
         */
        public double meanRate() {
            double time = 0;
            for (double d : dwellNanos) {
                time += d;
            }
            return flowsPerCycle(rates, dwellNanos) / (time * 1e-9);
        }

        private static double flowsPerCycle(List<Double> rates, List<Double> dwellNanos) {
            double flows = 0;
            for (int i = 0; i < rates.size(); i++) {
                flows += rates.get(i) * dwellNanos.get(i) * 1e-9;
            }
            return flows;
        }
    }

    /**
     * Poisson with a rate that follows a profile, step by step; after its end it starts again.
     *
     * @param profile counts per second or per minute, or rates (any format that the counts reader knows)
     * @param rate mean rate to scale the profile to, flows per second; empty leaves it as it is
     * @param stepNanos length of one step; empty takes the file's own
     */
    record Nhpp(Path profile, OptionalDouble rate, Optional<Double> stepNanos) implements Arrivals {
        /** Checks the numbers; the file is read when a run starts. */
        public Nhpp {
            Objects.requireNonNull(profile, "profile");
            Checks checks = new Checks("nhpp");
            rate.ifPresent(r -> checks.positive("rate", r));
            stepNanos.ifPresent(s -> checks.positive("step", s));
            checks.throwIfAny();
        }
    }

    /**
     * Arrival times, and work where the file carries it, from a recorded trace.
     *
     * @param file the trace; gzip is recognised
     * @param format a format's name, or {@code auto}
     * @param scale load factor: 2 halves every gap
     * @param options options of the format, such as how tokens become service time, as {@code key=value}
     */
    record Trace(Path file, String format, double scale, List<String> options) implements Arrivals {
        /** Checks the scale and copies the options; the file is read when a run starts. */
        public Trace {
            Objects.requireNonNull(file, "file");
            Objects.requireNonNull(format, "format");
            options = List.copyOf(options);
            new Checks("trace").positive("scale", scale).throwIfAny();
            if (!format.equals(TraceFormat.AUTO)) {
                TraceFormat.of(format); // an unknown name is refused, with the nearest
            }
        }
    }
}
