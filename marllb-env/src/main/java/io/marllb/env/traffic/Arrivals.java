package io.marllb.env.traffic;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** When flows arrive: the description, not the generator. Rates are flows per second. */
public sealed interface Arrivals {

    /** Poisson. @param rate flows per second, {@code > 0} */
    record Poisson(double rate) implements Arrivals {}

    /**
     * Markov-modulated Poisson: the states are visited in turn, each for an exponential time.
     *
     * @param rates flows per second in each state, {@code >= 0}, at least one {@code > 0}
     * @param dwellNanos mean stay in each state, nanoseconds, {@code > 0}
     */
    record Mmpp(List<Double> rates, List<Double> dwellNanos) implements Arrivals {}

    /**
     * Poisson with a rate that follows a profile, step by step; after its end it starts again.
     *
     * @param profile counts per second or per minute, or rates (any format that the counts reader knows)
     * @param rate mean rate to scale the profile to, flows per second; empty leaves it as it is
     * @param stepNanos length of one step; empty takes the file's own
     */
    record Nhpp(Path profile, OptionalDouble rate, Optional<Double> stepNanos) implements Arrivals {}

    /**
     * Arrival times, and work where the file carries it, from a recorded trace.
     *
     * @param file the trace; gzip is recognised
     * @param format a format's name, or {@code auto}
     * @param scale load factor: 2 halves every gap
     * @param options options of the format, such as how tokens become service time, as {@code key=value}
     */
    record Trace(Path file, String format, double scale, List<String> options) implements Arrivals {}
}
