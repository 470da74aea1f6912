package io.marllb.bench.replay;

import io.marllb.env.scenario.Scenario;
import java.util.List;

/**
 * All policies over all seeds of one scenario. Everything but {@code wallNanos} and the timed choices follows from the scenario, the policies and
 * the seeds.
 *
 * @param scenario what was run
 * @param seeds the seeds that were asked for, ascending
 * @param policies results in the order in which the policies were given; a policy without one finished run is left out
 * @param wallNanos the runs' own times, summed over all runs, without start-up; nanoseconds
 * @param cancelled whether runs are missing because the experiment was cancelled
 */
public record ReplayResult(
        Scenario scenario, List<Long> seeds, List<PolicyResult> policies, long wallNanos, boolean cancelled) {

    /** Copies the lists. */
    public ReplayResult {
        seeds = List.copyOf(seeds);
        policies = List.copyOf(policies);
    }

    /**
     * Arrivals and departures of all runs.
     *
     * @return count
     */
    public long events() {
        return policies.stream().mapToLong(p -> p.total(SeedResult::events)).sum();
    }

    /**
     * All other events of all runs.
     *
     * @return count
     */
    public long otherEvents() {
        return policies.stream()
                .mapToLong(p -> p.total(SeedResult::otherEvents))
                .sum();
    }
}
