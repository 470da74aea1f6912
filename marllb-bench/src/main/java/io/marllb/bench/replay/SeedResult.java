package io.marllb.bench.replay;

import io.marllb.env.engine.RunResult;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One run, reduced to the numbers that comparisons over seeds need; the histograms are pooled in {@link PolicyResult}. Times are nanoseconds.
 *
 * @param seed the run's seed
 * @param flows flows that arrived after warm-up
 * @param completed of these, the completed ones
 * @param rejected of these, the refused and aborted ones
 * @param aborted of the rejected, the ones that died with their server
 * @param events arrivals and departures, warm-up included
 * @param otherEvents all other events
 * @param signalsSent signals that were sent
 * @param signalsLost signals that the network lost
 * @param probesDropped probes beyond the most that one flow may send
 * @param invalidDecisions decisions of the weight policy that were refused
 * @param meanFctNanos exact mean flow completion time; NaN if nothing completed
 * @param p99FctNanos 99th percentile of flow completion times; NaN if nothing completed
 * @param meanFctNanosByClass exact means by class; NaN where nothing completed
 * @param completedByClass completed flows by class
 * @param batchMeansNanos means of equally many flows each, in the order of completion
 * @param jain time average of the Jain index; NaN if it was never sampled
 * @param serverUtilisation by server, in [0, 1]
 * @param serverMeanInFlight by server
 */
public record SeedResult(
        long seed,
        long flows,
        long completed,
        long rejected,
        long aborted,
        long events,
        long otherEvents,
        long signalsSent,
        long signalsLost,
        long probesDropped,
        long invalidDecisions,
        double meanFctNanos,
        double p99FctNanos,
        List<Double> meanFctNanosByClass,
        List<Long> completedByClass,
        List<Double> batchMeansNanos,
        double jain,
        List<Double> serverUtilisation,
        List<Double> serverMeanInFlight) {

    /** Copies the lists. */
    public SeedResult {
        meanFctNanosByClass = List.copyOf(meanFctNanosByClass);
        completedByClass = List.copyOf(completedByClass);
        batchMeansNanos = List.copyOf(batchMeansNanos);
        serverUtilisation = List.copyOf(serverUtilisation);
        serverMeanInFlight = List.copyOf(serverMeanInFlight);
    }

    /**
     * Flows that were still open when the run stopped.
     *
     * @return count
     */
    public long inFlightAtEnd() {
        return flows - completed - rejected;
    }

    static SeedResult of(RunResult run) {
        List<Double> means = new ArrayList<>();
        List<Long> counts = new ArrayList<>();
        for (int c = 0; c < run.classNames().size(); c++) {
            means.add(run.meanFctNanos(c));
            counts.add(run.completed(c));
        }
        return new SeedResult(
                run.seed(),
                run.flows(),
                run.completed(),
                run.rejected(),
                run.aborted(),
                run.events(),
                run.otherEvents(),
                run.signalsSent(),
                run.signalsLost(),
                run.probesDropped(),
                run.invalidDecisions(),
                run.meanFctNanos(),
                run.completed() == 0 ? Double.NaN : run.fct().getValueAtPercentile(99),
                means,
                counts,
                boxed(run.batchMeans()),
                run.jainMean(),
                boxed(run.serverUtilisation()),
                boxed(run.serverMeanInFlight()));
    }

    private static List<Double> boxed(double[] values) {
        return Arrays.stream(values).boxed().toList();
    }
}
