package io.marllb.policies;

import io.marllb.core.Observation;
import io.marllb.core.Reduction;

/** Reads the flow durations of a whole pool. */
final class FlowDurations {

    /** Weights stay above this: 0 would take a server out of service for good, since it would never be measured again. */
    static final double LEAST_WEIGHT = 1e-9;

    private FlowDurations() {}

    /** Fills in every server's statistic, the mean over the known for the unknown; returns that mean over active servers, NaN if none is known. */
    static double read(Observation observation, Reduction reduction, double[] durations) {
        double sum = 0;
        int known = 0;
        for (int j = 0; j < durations.length; j++) {
            durations[j] = observation.active(j) ? observation.flowDuration(j, reduction) : Double.NaN;
            if (!Double.isNaN(durations[j])) {
                sum += durations[j];
                known++;
            }
        }
        double mean = known == 0 ? Double.NaN : sum / known;
        for (int j = 0; j < durations.length; j++) {
            durations[j] = Double.isNaN(durations[j]) ? mean : durations[j];
        }
        return mean;
    }
}
