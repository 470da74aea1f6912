package io.marllb.bench.testbed;

import io.marllb.bench.replay.PolicyResult;
import io.marllb.bench.replay.ReplayExperiment;
import io.marllb.bench.replay.ReplayOptions;
import io.marllb.bench.replay.ReplayResult;
import io.marllb.bench.replay.SeedResult;
import io.marllb.core.check.Checks;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.trace.TraceFormat;
import io.marllb.env.traffic.FlowClass;
import io.marllb.env.traffic.TraceGenerator;
import io.marllb.policies.PolicySpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleConsumer;
import org.HdrHistogram.Histogram;

/**
 * Policies on real sockets beside the simulator: each policy meets the same flows, under the same seeds, once on a {@link Testbed} and once simulated.
 * Their difference is what the simulator leaves out: TCP, kernels, and a machine that is shared.
 *
 * <p>Policies take turns within each seed, so that a machine that slows down slows all of them.
 */
public final class TestbedSuite {

    private static final long MOST_FLOWS = 1_000_000;

    /**
     * What is measured.
     *
     * @param live on real sockets; a policy is called as in the simulator
     * @param simulated the same flows in the simulator
     * @param lateP99Nanos the worst run's 99th percentile of how late requests were sent
     */
    public record Result(ReplayResult live, ReplayResult simulated, long lateP99Nanos) {}

    private final Scenario scenario;
    private final List<PolicySpec> policies;
    private final int seeds;
    private final DataPlaneKind kind;
    private final Tools tools;

    /**
     * A suite.
     *
     * @param scenario cluster and traffic, see {@link TestbedSpec#of}; its run must be given in flows
     * @param policies at least one, none all-seeing
     * @param seeds runs of each, {@code >= 1}
     * @param kind what carries the flows
     * @param tools the programs for it
     * @throws IllegalArgumentException with every reason why it can't be run
     */
    public TestbedSuite(Scenario scenario, List<PolicySpec> policies, int seeds, DataPlaneKind kind, Tools tools) {
        this.scenario = scenario;
        this.policies = List.copyOf(policies);
        this.seeds = seeds;
        this.kind = kind;
        this.tools = tools;
        Checks checks = new Checks("bench testbed")
                .that(!policies.isEmpty(), "there must be at least one policy")
                .atLeast("seeds", seeds, 1)
                .that(
                        kind == DataPlaneKind.PROXY || tools.dpdk() != null,
                        "there is no DPDK program; install libdpdk-dev and build it")
                .that(
                        scenario.run().flows().isPresent()
                                && scenario.run().flows().getAsLong() <= MOST_FLOWS,
                        "the scenario's run must be given in flows, at most " + MOST_FLOWS);
        for (PolicySpec p : policies) {
            checks.that(!p.oracle(), "policy '" + p.name() + "' is all-seeing, which only the simulator offers");
        }
        checks.throwIfAny();
    }

    /**
     * Runs all of it.
     *
     * @param folder for traces, configurations and logs, exists
     * @param progress told the share that is done
     * @param cancelled asked between runs whether to stop
     * @return what was measured; of runs that had ended, if it was cancelled
     * @throws TestbedException if the testbed can't be made or a balancer does not serve
     * @throws IOException if files can't be written
     */
    public Result run(Path folder, DoubleConsumer progress, BooleanSupplier cancelled) throws IOException {
        List<String> classNames =
                scenario.traffic().classes().stream().map(FlowClass::name).toList();
        List<List<SeedResult>> bySeed = new ArrayList<>();
        List<List<Histogram>> histograms = new ArrayList<>();
        for (int p = 0; p < policies.size(); p++) {
            bySeed.add(new ArrayList<>());
            histograms.add(classNames.stream().map(c -> new Histogram(3)).toList());
        }
        long late = 0;
        int done = 0;
        try (Testbed testbed = Testbed.up(TestbedSpec.of(scenario, TestbedSpec.BYTES_PER_SECOND), folder)) {
            for (int s = 0; s < seeds && !cancelled.getAsBoolean(); s++) {
                long seed = scenario.run().seed() + s;
                Path trace = folder.resolve("flows-" + seed + ".csv");
                TraceGenerator.generate(
                        scenario.traffic().arrivals(),
                        scenario.traffic().classes(),
                        seed,
                        scenario.run().flows().getAsLong(),
                        Long.MAX_VALUE,
                        new TraceGenerator.Target(trace, TraceFormat.CSV, List.of()));
                for (int p = 0; p < policies.size() && !cancelled.getAsBoolean(); p++) {
                    LiveRun run = play(testbed, policies.get(p), seed, trace, classNames, folder);
                    bySeed.get(p).add(run.result(seed, classNames.size()));
                    run.addTo(histograms.get(p));
                    late = Math.max(late, run.lateP99Nanos());
                    progress.accept(++done / (double) (seeds * policies.size()));
                }
            }
        }
        List<PolicyResult> live = new ArrayList<>();
        for (int p = 0; p < policies.size(); p++) {
            if (!bySeed.get(p).isEmpty()) {
                live.add(new PolicyResult(
                        policies.get(p).name(),
                        false,
                        classNames,
                        bySeed.get(p),
                        histograms.get(p),
                        new Histogram(3),
                        null));
            }
        }
        ReplayResult simulated = ReplayExperiment.of(scenario, policies, ReplayOptions.of(seeds, 1))
                .run();
        boolean whole = done == seeds * policies.size();
        return new Result(new ReplayResult(scenario, simulated.seeds(), live, 0, !whole), simulated, late);
    }

    private LiveRun play(
            Testbed testbed, PolicySpec policy, long seed, Path trace, List<String> classNames, Path folder)
            throws IOException {
        String safe = policy.name().replaceAll("[^a-zA-Z0-9.-]", "_");
        Path home = Files.createDirectories(folder.resolve(safe + "-" + seed));
        Path csv = home.resolve("requests.csv");
        Balancers balancers = Balancers.start(testbed, kind, policy.name(), tools, home);
        try {
            List<String> load = new ArrayList<>(tools.marllb());
            load.addAll(List.of(
                    "load",
                    "--target",
                    "http://" + Testbed.VIP + ":" + Testbed.PORT + Testbed.RESOURCE,
                    "--trace",
                    trace.toString(),
                    "--bytes-per-second",
                    String.format(Locale.ROOT, "%.0f", testbed.spec().bytesPerSecond()),
                    "--csv",
                    csv.toString()));
            Process client = testbed.startAtClient(home.resolve("load.log"), load);
            int exitCode = client.waitFor();
            if (exitCode > 1) { // 1: some requests failed, which the rows tell
                throw new TestbedException("the load on " + policy.name() + " ended with exit code " + exitCode + ": "
                        + Files.readString(home.resolve("load.log")).strip());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TestbedException("interrupted while " + policy.name() + " ran", e);
        } finally {
            balancers.close();
        }
        return LiveRun.read(csv, classNames, scenario.run().warmup());
    }
}
