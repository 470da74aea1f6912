package io.marllb.bench.report;

import io.marllb.bench.replay.PolicyResult;
import io.marllb.bench.replay.ReplayResult;
import io.marllb.bench.replay.SeedResult;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import org.HdrHistogram.Histogram;

/** Results with numbers chosen by hand, for what can be worked out by hand. */
final class MadeUp {

    static final long FLOWS = 1_000;

    private MadeUp() {}

    /** A policy whose mean under each seed is given in milliseconds, one seed after another from 1 on. */
    static PolicyResult policy(String name, boolean oracle, double... meansMs) {
        return losing(name, oracle, 0, meansMs);
    }

    /** The same, and under each seed so many flows are rejected. */
    static PolicyResult losing(String name, boolean oracle, long rejectedPerSeed, double... meansMs) {
        List<SeedResult> seeds = new ArrayList<>();
        for (int i = 0; i < meansMs.length; i++) {
            seeds.add(seed(i + 1, rejectedPerSeed, meansMs[i] * 1e6, List.of()));
        }
        return policy(name, oracle, seeds);
    }

    static PolicyResult policy(String name, boolean oracle, List<SeedResult> seeds) {
        Histogram times = new Histogram(3);
        for (long ms = 1; ms <= 100; ms++) {
            times.recordValue(ms * 1_000_000);
        }
        Histogram choices = new Histogram(3);
        choices.recordValue(40);
        return new PolicyResult(name, oracle, List.of("all"), seeds, List.of(times), choices, null);
    }

    /** As seen by a client: nothing of the servers. */
    static SeedResult seenFromOutside(long seed, double meanNanos) {
        SeedResult s = seed(seed, 0, meanNanos, List.of());
        return new SeedResult(
                s.seed(),
                s.flows(),
                s.completed(),
                s.rejected(),
                s.aborted(),
                s.events(),
                s.otherEvents(),
                s.signalsSent(),
                s.signalsLost(),
                s.probesDropped(),
                s.invalidDecisions(),
                s.meanFctNanos(),
                s.p99FctNanos(),
                s.meanFctNanosByClass(),
                s.completedByClass(),
                s.batchMeansNanos(),
                Double.NaN,
                List.of(),
                List.of());
    }

    static SeedResult seed(long seed, long rejected, double meanNanos, List<Double> batchMeansNanos) {
        long completed = Double.isNaN(meanNanos) ? 0 : FLOWS - rejected;
        return new SeedResult(
                seed,
                FLOWS,
                completed,
                rejected,
                0,
                2 * FLOWS,
                300,
                7,
                1,
                0,
                0,
                meanNanos,
                Double.isNaN(meanNanos) ? Double.NaN : 99e6,
                List.of(meanNanos),
                List.of(completed),
                batchMeansNanos,
                0.9,
                List.of(0.5, 0.25),
                List.of(1.5, 0.75));
    }

    static ReplayResult result(PolicyResult... policies) {
        int seeds = policies.length == 0 ? 0 : policies[0].seeds().size();
        return new ReplayResult(
                scenario(),
                LongStream.rangeClosed(1, seeds).boxed().toList(),
                List.of(policies),
                2_000_000_000L,
                false);
    }

    static Scenario scenario() {
        return Scenarios.parse("""
                name: pair
                servers:
                  - {cores: 2}
                  - {cores: 1}
                traffic:
                  arrivals: {type: poisson, rate: 100}
                  classes:
                    - {name: all, share: 1, cpu: {type: exponential, mean: 10ms}}
                run: {flows: 1100, seed: 1}
                """, "pair.yaml", Path.of("."));
    }
}
