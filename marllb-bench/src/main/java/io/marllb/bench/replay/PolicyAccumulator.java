package io.marllb.bench.replay;

import io.marllb.env.engine.RunResult;
import io.marllb.env.scenario.Scenario;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.HdrHistogram.Histogram;

/**
 * Takes in the runs of one policy as they end, in any order, and keeps only what is needed: histograms are added up (counts, so the order does
 * not matter), everything that is added as floating point waits in its seed's place. Thread-safe.
 */
final class PolicyAccumulator {

    private final Contender contender;
    private final SeedResult[] bySeed;
    private List<String> classNames = List.of();
    private List<Histogram> fctByClass = List.of();
    private final Histogram decisionNanos = new Histogram(3);
    private Trajectory trajectory;

    PolicyAccumulator(Contender contender, int seeds) {
        this.contender = contender;
        bySeed = new SeedResult[seeds];
    }

    synchronized void add(int seedIndex, RunResult run, Scenario scenario) {
        if (classNames.isEmpty()) {
            classNames = run.classNames();
            fctByClass = new ArrayList<>();
            for (int c = 0; c < classNames.size(); c++) {
                fctByClass.add(new Histogram(3));
            }
        }
        for (int c = 0; c < classNames.size(); c++) {
            fctByClass.get(c).add(run.fct(c));
        }
        if (run.decisionNanos() != null) {
            decisionNanos.add(run.decisionNanos());
        }
        if (run.series() != null && run.series().size() > 0) {
            trajectory = Trajectory.of(run.series(), scenario);
        }
        bySeed[seedIndex] = SeedResult.of(run);
    }

    synchronized Optional<SeedResult> seed(int seedIndex) {
        return Optional.ofNullable(bySeed[seedIndex]);
    }

    /** The pooled result; empty if no run has ended. */
    synchronized Optional<PolicyResult> result() {
        List<SeedResult> seeds = Arrays.stream(bySeed).filter(Objects::nonNull).toList();
        return seeds.isEmpty()
                ? Optional.empty()
                : Optional.of(new PolicyResult(
                        contender.name(),
                        contender.oracle(),
                        classNames,
                        seeds,
                        fctByClass,
                        decisionNanos,
                        trajectory));
    }
}
