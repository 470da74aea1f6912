package io.marllb.bench.replay;

import io.marllb.core.check.Checks;
import io.marllb.env.engine.RunOptions;
import io.marllb.env.engine.RunResult;
import io.marllb.env.engine.Simulation;
import io.marllb.env.scenario.Scenario;
import io.marllb.policies.PolicySpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;

/**
 * Runs every policy under every seed on the same traffic (common random numbers), several runs at a time.
 *
 * <p>Runs are independent, and results are put together in a fixed order, so they are the same for any number of threads. Seeds are worked off
 * one after the other for all policies, so that a cancelled experiment leaves pairs that can be compared.
 */
public final class ReplayExperiment {

    private final Scenario scenario;
    private final List<Contender> contenders;
    private final ReplayOptions options;

    private final List<PolicyAccumulator> accumulators = new ArrayList<>();
    private final RuntimeException[] failures; // [job]
    private final double[] shares; // [job], under the lock of progress
    private final Object progressLock = new Object();
    private final AtomicInteger nextJob = new AtomicInteger();
    private int done;
    private long wallNanos;
    private volatile boolean stopped;

    ReplayExperiment(Scenario scenario, List<Contender> contenders, ReplayOptions options) {
        this.scenario = Objects.requireNonNull(scenario, "scenario");
        this.contenders = List.copyOf(contenders);
        this.options = Objects.requireNonNull(options, "options");
        Set<String> names = new HashSet<>();
        Checks checks = new Checks("policies").that(!contenders.isEmpty(), "there must be at least one");
        for (Contender c : contenders) {
            checks.that(names.add(c.name()), "'" + c.name() + "' is there twice");
            accumulators.add(new PolicyAccumulator(c, options.seeds()));
        }
        checks.throwIfAny();
        long first = scenario.run().seed();
        if (first > Long.MAX_VALUE - (options.seeds() - 1)) {
            throw new IllegalArgumentException("run.seed " + first + " leaves no room for " + options.seeds()
                    + " seeds in a row; choose a smaller one");
        }
        failures = new RuntimeException[contenders.size() * options.seeds()];
        shares = new double[failures.length];
    }

    /**
     * An experiment on the simulator.
     *
     * @param scenario the cluster, its traffic and the first seed
     * @param policies which to compare, at least one, each once
     * @param options how it is run
     * @return the experiment, not yet run
     * @throws IllegalArgumentException if there is no policy, one is there twice, or the seeds overflow
     */
    public static ReplayExperiment of(Scenario scenario, List<PolicySpec> policies, ReplayOptions options) {
        return new ReplayExperiment(
                scenario, policies.stream().<Contender>map(SimulatedPolicy::new).toList(), options);
    }

    /** A policy in the simulator. */
    private record SimulatedPolicy(PolicySpec policy) implements Contender {
        @Override
        public String name() {
            return policy.name();
        }

        @Override
        public boolean oracle() {
            return policy.oracle();
        }

        @Override
        public RunResult run(Scenario scenario, long seed, RunOptions options) {
            return Simulation.run(scenario, policy, seed, options);
        }
    }

    /**
     * Runs everything, or until it is cancelled; once.
     *
     * @return what was measured; with the runs that had ended if it was cancelled
     * @throws IllegalArgumentException if the input is at fault, such as a trace that turns out to be torn
     * @throws RunFailedException if a run violates an invariant or a policy breaks
     */
    public ReplayResult run() {
        if (nextJob.get() != 0) {
            throw new IllegalStateException("an experiment runs once; make another one");
        }
        List<Thread> helpers = new ArrayList<>();
        for (int t = 1; t < Math.min(options.threads(), failures.length); t++) {
            Thread helper = new Thread(this::work, "replay-" + t);
            helper.setDaemon(true);
            helper.start();
            helpers.add(helper);
        }
        work();
        join(helpers);
        for (RuntimeException failure : failures) {
            if (failure != null) {
                throw failure;
            }
        }
        checkCommonTraffic();
        List<PolicyResult> policies = accumulators.stream()
                .map(PolicyAccumulator::result)
                .flatMap(Optional::stream)
                .toList();
        return new ReplayResult(scenario, seeds(), policies, wallNanos, done < failures.length);
    }

    private List<Long> seeds() {
        long first = scenario.run().seed();
        return LongStream.rangeClosed(first, first + options.seeds() - 1)
                .boxed()
                .toList();
    }

    private void join(List<Thread> helpers) {
        boolean interrupted = false;
        for (Thread helper : helpers) {
            while (helper.isAlive()) {
                try {
                    helper.join();
                } catch (InterruptedException e) {
                    interrupted = true; // the runs see it as a cancellation and end soon
                    stopped = true;
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private boolean cancelled() {
        return stopped || options.cancelled().getAsBoolean();
    }

    private void work() {
        int job = nextJob.getAndIncrement();
        while (job < failures.length && !cancelled()) {
            int seedIndex = job / contenders.size();
            int policy = job % contenders.size();
            try {
                runOne(job, seedIndex, policy);
            } catch (IllegalArgumentException e) {
                fail(job, e); // the input's fault: its message names file, line or policy
            } catch (RuntimeException
                    | Error e) { // an error too: a run that is missing must not look like one that was cancelled
                fail(job, new RunFailedException(contenders.get(policy).name(), seed(seedIndex), e));
            }
            job = nextJob.getAndIncrement();
        }
    }

    private void fail(int job, RuntimeException failure) {
        failures[job] = failure;
        stopped = true;
    }

    private long seed(int index) {
        return scenario.run().seed() + index;
    }

    private void runOne(int job, int seedIndex, int policy) {
        RunOptions watch = new RunOptions(
                false,
                options.trajectories() && seedIndex == 0,
                options.clock(),
                share -> progress(job, share, false),
                this::cancelled);
        long start = options.clock() == null ? 0 : options.clock().getAsLong();
        RunResult run = contenders.get(policy).run(scenario, seed(seedIndex), watch);
        long nanos = options.clock() == null ? 0 : options.clock().getAsLong() - start;
        if (run.cancelled()) {
            return;
        }
        checkConservation(run);
        accumulators.get(policy).add(seedIndex, run, scenario);
        synchronized (progressLock) {
            wallNanos += nanos;
        }
        progress(job, 1, true);
    }

    private void progress(int job, double share, boolean ended) {
        synchronized (progressLock) {
            shares[job] = Math.max(shares[job], Math.min(1, share));
            if (ended) {
                done++;
            }
            double sum = 0;
            for (double s : shares) {
                sum += s;
            }
            options.progress().update(done, shares.length, sum / shares.length);
        }
    }

    /** Every flow that arrived is completed, rejected or still there, and every completed one was timed and belongs to a server. */
    private static void checkConservation(RunResult run) {
        if (run.inFlightAtEnd() < 0) {
            throw new IllegalStateException("conservation is violated: " + run.flows() + " flows arrived, but "
                    + run.completed() + " completed and " + run.rejected() + " were rejected");
        }
        long timed = run.fct().getTotalCount();
        if (timed != run.completed()) {
            throw new IllegalStateException(
                    "conservation is violated: " + run.completed() + " flows completed, but " + timed + " were timed");
        }
        long served = 0;
        for (long n : run.serverCompleted()) {
            served += n;
        }
        if (served != run.completed()) {
            throw new IllegalStateException("conservation is violated: " + run.completed()
                    + " flows completed, but the servers completed " + served);
        }
    }

    /** A policy cannot change what arrives; if the counts differ, the comparison is not fair. */
    private void checkCommonTraffic() {
        for (int s = 0; s < options.seeds(); s++) {
            String firstName = null;
            long expected = 0;
            for (int p = 0; p < contenders.size(); p++) {
                Optional<SeedResult> result = accumulators.get(p).seed(s);
                if (result.isEmpty()) {
                    continue;
                }
                if (firstName == null) {
                    firstName = contenders.get(p).name();
                    expected = result.get().flows();
                } else if (result.get().flows() != expected) {
                    throw new RunFailedException(
                            contenders.get(p).name(),
                            seed(s),
                            new IllegalStateException("common random numbers are violated: "
                                    + result.get().flows() + " flows arrived, but " + expected + " under '" + firstName
                                    + "'"));
                }
            }
        }
    }
}
