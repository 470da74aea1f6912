package io.marllb.bench.chart;

import java.util.List;

/** The picture of a trace: its arrival rate over time. */
public final class RateChart {

    private static final int MAX_STEPS = 1_000;

    private RateChart() {}

    /**
     * The figure, for {@link ChartFiles#write} or {@link InlineSvg#draw}.
     *
     * @param name what the trace is called
     * @param stepSeconds length of one step, {@code > 0}
     * @param flowsPerStep arrivals in each step, {@code >= 0}, at least one step
     * @return one chart: the rate, and a band from the lowest to the highest step where several steps share a point
     */
    public static Figure of(String name, double stepSeconds, double[] flowsPerStep) {
        if (!(stepSeconds > 0 && stepSeconds < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("stepSeconds must be finite and > 0, but was " + stepSeconds);
        }
        int steps = flowsPerStep.length;
        if (steps == 0) {
            throw new IllegalArgumentException("flowsPerStep is empty; a trace needs at least one step to be drawn");
        }
        int points = Math.min(steps, MAX_STEPS);
        double[] x = new double[points];
        double[] mean = new double[points];
        double[] low = new double[points];
        double[] high = new double[points];
        double unit = steps * stepSeconds >= 3 * 86_400 ? 86_400 : steps * stepSeconds >= 3 * 3_600 ? 3_600 : 1;
        double total = 0;
        for (int p = 0; p < points; p++) {
            int from = (int) ((long) p * steps / points);
            int to = (int) ((long) (p + 1) * steps / points);
            double sum = 0;
            low[p] = Double.POSITIVE_INFINITY;
            high[p] = Double.NEGATIVE_INFINITY;
            for (int i = from; i < to; i++) {
                double rate = flowsPerStep[i] / stepSeconds;
                if (!(rate >= 0)) {
                    throw new IllegalArgumentException(
                            "flowsPerStep[" + i + "] must be >= 0, but was " + flowsPerStep[i]);
                }
                sum += rate;
                low[p] = Math.min(low[p], rate);
                high[p] = Math.max(high[p], rate);
            }
            total += sum;
            mean[p] = sum / (to - from);
            x[p] = (from + to) / 2.0 * stepSeconds / unit;
        }
        Line line = Line.of("arrivals", Style.COLOUR_1, x, mean);
        String time = unit == 1 ? "time (s)" : unit == 3_600 ? "time (h)" : "time (days)";
        String caption = String.format(
                java.util.Locale.ROOT,
                "Mean %.4g flows/s, highest %.4g in one step of %s s.",
                total / steps,
                java.util.Arrays.stream(high).max().orElseThrow(),
                java.math.BigDecimal.valueOf(stepSeconds).stripTrailingZeros().toPlainString());
        return new Figure(
                "rate",
                "Arrival rate of " + name,
                points < steps
                        ? caption + " The band spans the lowest and the highest step that share a point."
                        : caption,
                List.of(),
                List.of(new Chart.Lines(
                        "",
                        Axis.linear(time).from(0),
                        Axis.linear("arrival rate (flows/s)").from(0),
                        List.of(points < steps ? line.withBand(low, high) : line),
                        List.of(),
                        Double.NaN)));
    }
}
