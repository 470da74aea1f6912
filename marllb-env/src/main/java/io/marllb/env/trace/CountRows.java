package io.marllb.env.trace;

import io.marllb.core.Words;
import java.util.List;
import java.util.random.RandomGenerator;

/**
 * Requests per interval, spread within it: {@code uniform} draws the times independently (given its count, a Poisson process looks like
 * that), {@code even} leaves equal gaps. The order statistics are drawn one after the other, so that a bin needs no memory.
 */
final class CountRows extends Rows {

    static final List<String> SPREADS = List.of("uniform", "even");

    private final Bins bins;
    private final boolean even;
    private final RandomGenerator random;
    private long remaining; // requests still to come in this bin
    private long count; // of this bin
    private double position; // in the bin, 0 to 1

    CountRows(LineReader in, TraceOptions options, RandomGenerator random) {
        super(in);
        bins = new Bins(in, options.duration("step"));
        even = options.text("spread", "uniform", SPREADS).equals("even");
        this.random = random;
        if (bins.rates()) {
            throw in.errorSaying(
                    in.find(in.start(), ',') + 1,
                    "a column 'requests'",
                    "'rate'",
                    "rates have no arrivals to replay; use them as the profile of nhpp arrivals");
        }
    }

    @Override
    boolean next() {
        while (remaining == 0) {
            if (!bins.next()) {
                return false;
            }
            count = (long) bins.value();
            remaining = count;
            position = 0;
        }
        if (even) {
            position = (count - remaining + 0.5) / count;
        } else {
            // The smallest of k uniform numbers on (position, 1) leaves a share u^(1/k) of the way to the end.
            double left = StrictMath.pow(1 - Words.unit(random.nextLong()), 1.0 / remaining);
            position = 1 - (1 - position) * left;
        }
        remaining--;
        at = bins.offset() * bins.stepNanos() + Math.min(bins.stepNanos() - 1, (long) (position * bins.stepNanos()));
        return true;
    }

    @Override
    long origin() {
        return 0;
    }

    @Override
    List<String> labels() {
        return List.of();
    }

    @Override
    boolean sized() {
        return false;
    }

    @Override
    List<String> notes() {
        return List.of("arrivals are spread " + (even ? "evenly" : "at random") + " within each interval of "
                + bins.stepNanos() / 1e9 + " s; the file has counts only");
    }
}
