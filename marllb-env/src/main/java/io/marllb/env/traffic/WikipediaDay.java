package io.marllb.env.traffic;

import io.marllb.core.check.Checks;
import java.util.List;

/**
 * The hours of a Wikipedia-like day: the rates and page shares that were published of the Wikipedia replay of September 2007. It is not that
 * trace: arrivals within an hour are Poisson, and there are no titles.
 *
 * @param firstHour hour at which it starts, in 0..23
 * @param hours number of hours, {@code >= 1}; after 23 comes 0
 * @param nanosPerHour how long an hour is played, nanoseconds, {@code > 0}; the published files are samples of 600 s
 * @param rateFactor times the published rates, {@code > 0}
 */
public record WikipediaDay(int firstHour, int hours, long nanosPerHour, double rateFactor) {

    /** What was published, what was filled in, and what it is not. */
    static final List<String> HEADER = List.of(
            "Wikipedia-like, generated, not the Wikipedia trace",
            "published: mean rate of hours 0 to 21, page share of hours 0, 2, 4, 6, 8; interpolated: the other hours' rate and share",
            "Poisson arrivals within an hour; URLs are stand-ins");

    private static final int HOURS_PER_DAY = 24;
    private static final double[] RATES = {
        796.308, 761.340, 687.440, 683.293, 690.855, 712.993, 696.502, 617.438, 518.793, 423.540, 376.670, 359.210,
        369.805, 390.742, 402.472, 435.248, 520.987, 642.720, 731.530, 767.995, 758.782, 759.283
    };
    private static final double[] EVEN_HOUR_SHARES = {.439, .450, .459, .457, .466}; // hours 0, 2, 4, 6, 8

    /** Checks the values. */
    public WikipediaDay {
        new Checks("wikipedia day")
                .inRange("firstHour", firstHour, 0, HOURS_PER_DAY - 1)
                .atLeast("hours", hours, 1)
                .atLeast("nanosPerHour", nanosPerHour, 1)
                .positive("rateFactor", rateFactor)
                .that(
                        (double) hours * nanosPerHour < TimeWarp.HORIZON,
                        "hours times nanosPerHour must be below 146 years")
                .throwIfAny();
    }

    /**
     * The mean rate of an hour; hours 22 and 23 were not published and lie on the line from hour 21 to hour 0.
     *
     * @param hour in 0..23
     * @return flows per second
     */
    public static double rate(int hour) {
        if (hour < RATES.length) {
            return RATES[hour];
        }
        int last = RATES.length - 1;
        return between(RATES[last], RATES[0], (double) (hour - last) / (HOURS_PER_DAY - last));
    }

    /**
     * The share of pages in an hour; published for hours 0, 2, 4, 6 and 8, and on the lines between, the last from hour 8 to hour 0.
     *
     * @param hour in 0..23
     * @return in (0, 1)
     */
    public static double pageShare(int hour) {
        int last = EVEN_HOUR_SHARES.length - 1;
        if (hour >= 2 * last) {
            double way = (double) (hour - 2 * last) / (HOURS_PER_DAY - 2 * last);
            return between(EVEN_HOUR_SHARES[last], EVEN_HOUR_SHARES[0], way);
        }
        return between(EVEN_HOUR_SHARES[hour / 2], EVEN_HOUR_SHARES[hour / 2 + 1], hour % 2 / 2.0);
    }

    private static double between(double from, double to, double way) {
        return from + (to - from) * way;
    }

    /** Hour of the day of the i-th hour that is played. */
    int hour(int i) {
        return (firstHour + i) % HOURS_PER_DAY;
    }
}
