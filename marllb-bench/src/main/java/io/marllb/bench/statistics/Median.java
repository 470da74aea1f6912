package io.marllb.bench.statistics;

import java.util.List;

/** The middle of some numbers. */
public final class Median {

    private Median() {}

    /**
     * The middle one; of an even number the mean of both.
     *
     * @param numbers at least one, in any order
     * @return their median
     */
    public static double of(List<Double> numbers) {
        List<Double> sorted = numbers.stream().sorted().toList();
        int n = sorted.size();
        return (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
    }
}
