package io.marllb.policies;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reports;
import io.marllb.core.Signal;
import io.marllb.core.View;
import io.marllb.core.WeightPolicy;
import java.util.EnumSet;

/**
 * Weights that follow reported utilisation.
 *
 * <p>{@code form=pull}, our reading of Cheetah's AWRR: every period {@code w <- w (1 + gain (mean U - U) / mean U)}, kept within a tenth and
 * ten times the configured weight, then scaled to the configured sum. {@code form=grpc}, client-side WRR of gRPC: {@code w = qps / (U + penalty eps / qps)} with
 * this balancer's own completions per second for qps and its own failures per second for eps; the first 10 s after a first report, and when
 * a report is older than 3 min, a server has the mean weight of the others.
 */
final class AwrrWeights implements WeightPolicy {

    static final Half<WeightPolicy> HALF = new Half<>(
            "awrr",
            "pulled toward servers whose reported utilisation is below the mean",
            "Barbette et al., Cheetah, NSDI 2020 (our reading); gRPC proposal A58",
            AwrrWeights::new,
            Parameter.choice("form", "pull toward the mean utilisation, or gRPC's quotient", "pull", "grpc"),
            Parameter.number("gain", "0.5", 0, 1, "step of form=pull"),
            Parameter.duration("every", "1s", "how often weights are refreshed, at most once per control interval"),
            Parameter.number("penalty", "1", 0, 100, "how much failures count in form=grpc"));

    private static final double SPAN = 10; // form=pull keeps weights within 1/10 and 10 times the configured ones
    private static final double BLACKOUT_NANOS = 10e9; // gRPC A58
    private static final double EXPIRE_NANOS = 180e9; // gRPC A58
    private static final long NEVER = Long.MIN_VALUE;
    private static final double LEAST_UTILISATION = 1e-3; // below this a report carries no more information

    private final boolean grpc;
    private final double gain;
    private final long every;
    private final double penalty;
    private long refreshedAt = NEVER;
    private final long[] firstReport; // [n], when the first report was seen; NEVER before
    private final long[] started; // [n], cumulative counts at the last refresh
    private final long[] completed;
    private final int[] inFlight;

    AwrrWeights(Arguments arguments, PolicySetup setup) {
        grpc = arguments.is("form", "grpc");
        gain = arguments.number("gain");
        every = arguments.nanos("every");
        penalty = arguments.number("penalty");
        firstReport = new long[setup.servers()];
        java.util.Arrays.fill(firstReport, NEVER);
        started = new long[setup.servers()];
        completed = new long[setup.servers()];
        inFlight = new int[setup.servers()];
    }

    @Override
    public void start(View view, double[] weights) {
        for (int j = 0; j < weights.length; j++) {
            weights[j] = view.staticWeight(j);
        }
    }

    @Override
    public void decide(Observation observation, Reports reports, double[] weights) {
        if (refreshedAt != NEVER && observation.now() - refreshedAt < every) {
            return;
        }
        if (grpc) {
            quotient(observation, reports, weights);
        } else {
            pull(observation, reports, weights);
        }
        refreshedAt = observation.now();
    }

    private void pull(Observation observation, Reports reports, double[] weights) {
        double sum = 0;
        int known = 0;
        for (int j = 0; j < weights.length; j++) {
            double utilisation = utilisation(reports, j);
            if (observation.active(j) && !Double.isNaN(utilisation)) {
                sum += utilisation;
                known++;
            }
        }
        if (!(sum > 0)) {
            return;
        }
        double mean = sum / known;
        double weightSum = 0;
        double configuredSum = 0;
        for (int j = 0; j < weights.length; j++) {
            double utilisation = utilisation(reports, j);
            double configured = observation.staticWeight(j);
            if (observation.active(j) && !Double.isNaN(utilisation)) {
                double moved = weights[j] * (1 + gain * (mean - utilisation) / mean);
                weights[j] = Math.max(configured / SPAN, Math.min(configured * SPAN, moved));
            }
            weightSum += weights[j];
            configuredSum += configured;
        }
        for (int j = 0; j < weights.length; j++) {
            weights[j] *= configuredSum / weightSum;
        }
    }

    private void quotient(Observation observation, Reports reports, double[] weights) {
        double seconds = refreshedAt == NEVER ? 0 : (observation.now() - refreshedAt) * 1e-9;
        double sum = 0;
        int known = 0;
        for (int j = 0; j < weights.length; j++) {
            double weight = seconds > 0 ? quotient(observation, reports, j, seconds) : Double.NaN;
            weights[j] = weight > 0 ? weight : 0;
            sum += weights[j];
            known += weight > 0 ? 1 : 0;
            started[j] = observation.started(j);
            completed[j] = observation.completed(j);
            inFlight[j] = observation.inFlight(j);
        }
        for (int j = 0; j < weights.length; j++) {
            weights[j] = known == 0 ? 1 : weights[j] > 0 ? weights[j] : sum / known;
        }
    }

    /** NaN or 0 where unknown. */
    private double quotient(Observation observation, Reports reports, int server, double seconds) {
        double utilisation = utilisation(reports, server);
        if (Double.isNaN(utilisation)) {
            return Double.NaN;
        }
        long now = observation.now();
        if (firstReport[server] == NEVER) {
            firstReport[server] = now;
        }
        if (now - reports.latest(server).sentAt > EXPIRE_NANOS) {
            firstReport[server] = NEVER;
            return Double.NaN;
        }
        if (now - firstReport[server] < BLACKOUT_NANOS) {
            return Double.NaN;
        }
        double done = observation.completed(server) - completed[server];
        double gone = observation.started(server) - started[server] - (observation.inFlight(server) - inFlight[server]);
        double qps = done / seconds;
        double eps = Math.max(0, gone - done) / seconds;
        return qps / (Math.max(utilisation, LEAST_UTILISATION) + (qps > 0 ? penalty * eps / qps : 0));
    }

    private static double utilisation(Reports reports, int server) {
        Signal report = reports.latest(server);
        return report == null ? Double.NaN : report.utilisation;
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.REPORT, Need.FLOW_END);
    }
}
