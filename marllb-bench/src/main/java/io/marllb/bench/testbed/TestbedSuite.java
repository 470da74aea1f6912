package io.marllb.bench.testbed;

import io.marllb.bench.process.ProgramException;
import io.marllb.bench.process.Programs;
import io.marllb.bench.replay.PolicyResult;
import io.marllb.bench.replay.ReplayExperiment;
import io.marllb.bench.replay.ReplayOptions;
import io.marllb.bench.replay.ReplayResult;
import io.marllb.bench.replay.SeedResult;
import io.marllb.core.Need;
import io.marllb.core.check.Checks;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.trace.TraceFormat;
import io.marllb.env.traffic.FlowClass;
import io.marllb.env.traffic.TraceGenerator;
import io.marllb.ipc.Rule;
import io.marllb.policies.PolicySpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
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
    private static final long LOOK_MILLIS = 100;
    private static final int INTERRUPTED = 130; // exit code of a load that Ctrl-C has reached first

    /**
     * What is measured.
     *
     * @param live on real sockets; a policy is called as in the simulator
     * @param simulated the same flows in the simulator
     * @param lateP99Nanos the worst run's 99th percentile of how late requests were sent
     * @param stolen by policy and seed, the share of processor time in [0, 1] that the host of a virtual machine gave to others during the run; links
     *     lose what they could have carried meanwhile
     */
    public record Result(
            ReplayResult live, ReplayResult simulated, long lateP99Nanos, Map<String, List<Double>> stolen) {}

    private final Scenario scenario;
    private final List<PolicySpec> policies;
    private final int seeds;
    private final DataPlaneKind kind;
    private final Tools tools;
    private final List<String> classNames;
    private final TestbedSpec spec;

    /**
     * A suite.
     *
     * @param scenario cluster and traffic, see {@link TestbedSpec#of}; its run must be given in flows
     * @param policies at least one, each once, all of which need nothing but their own flows
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
        classNames = scenario.traffic().classes().stream().map(FlowClass::name).toList();
        Checks checks = new Checks("bench testbed")
                .that(!policies.isEmpty(), "there must be at least one policy")
                .atLeast("seeds", seeds, 1)
                .that(
                        kind == DataPlaneKind.PROXY || tools.dpdk() != null,
                        "there is no DPDK program; install libdpdk-dev, build it (docs/dataplane/dpdk.md), and name it with --dpdk")
                .that(
                        kind != DataPlaneKind.NAT || scenario.balancers() == 1,
                        "nat needs a single balancer, since answers have one way only, but there are "
                                + scenario.balancers())
                .that(
                        scenario.run().flows().isPresent()
                                && scenario.run().flows().getAsLong() <= MOST_FLOWS,
                        "the scenario's run must be given in flows, at most " + MOST_FLOWS);
        policies.forEach(p -> check(checks, p));
        checks.throwIfAny();
        spec = TestbedSpec.of(scenario, TestbedSpec.BYTES_PER_SECOND);
        prediction(seeds); // refuses what the simulator would
    }

    /** Here, and not when its turn comes, minutes later. */
    private void check(Checks checks, PolicySpec p) {
        Set<Need> lacking = p.needs();
        lacking.removeAll(Need.PASSIVE);
        checks.that(
                        lacking.isEmpty(),
                        "policy '" + p.name() + "' needs " + lacking + ", which the testbed does not offer")
                .that(
                        p.serves(scenario.servers().size()),
                        "policy '" + p.name() + "' can't serve "
                                + scenario.servers().size() + " servers");
        if (kind != DataPlaneKind.PROXY) {
            String rule = p.rule(scenario.balancers()).name();
            checks.that(
                    Arrays.stream(Rule.values()).anyMatch(r -> text(r).equals(rule)),
                    "policy '" + p.name() + "' places flows by the rule " + rule
                            + ", which the DPDK program does not run; take --dataplane proxy");
        }
    }

    private static String text(Rule rule) {
        return rule.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private ReplayExperiment prediction(int ofSeeds) {
        return ReplayExperiment.of(scenario, policies, ReplayOptions.of(ofSeeds, 1));
    }

    /**
     * Runs all of it.
     *
     * @param folder for traces, configurations and logs, exists
     * @param progress told the share that is done
     * @param cancelled asked now and then whether to stop
     * @return what was measured; if it was cancelled, of the rounds that had ended, or of the runs of the first one
     * @throws ProgramException if the testbed can't be made or a balancer does not serve
     * @throws IOException if files can't be written
     */
    public Result run(Path folder, DoubleConsumer progress, BooleanSupplier cancelled) throws IOException {
        // When this JVM ends, loads and balancers are killed, maybe before anybody is told that it was cancelled.
        BooleanSupplier stop = () -> cancelled.getAsBoolean() || Programs.ending();
        List<List<LiveRun>> runs = new ArrayList<>();
        policies.forEach(p -> runs.add(new ArrayList<>()));
        int all = seeds * policies.size();
        int done = 0;
        try (Testbed testbed = Testbed.up(spec, folder)) {
            while (done < all) {
                int p = done % policies.size();
                long seed = scenario.run().seed() + done / policies.size();
                Path trace = p == 0 ? writeTrace(folder, seed) : trace(folder, seed);
                Optional<LiveRun> run =
                        play(testbed, policies.get(p), trace, home(folder, policies.get(p), seed), stop);
                if (run.isEmpty()) {
                    break;
                }
                runs.get(p).add(run.get());
                progress.accept(++done / (double) all);
            }
        }
        return result(runs, done < all);
    }

    /** Policies are compared by the seeds that all of them have met. */
    private Result result(List<List<LiveRun>> runs, boolean cancelled) {
        int rounds = Math.max(1, runs.get(policies.size() - 1).size());
        List<PolicyResult> live = new ArrayList<>();
        Map<String, List<Double>> stolen = new LinkedHashMap<>();
        long late = 0;
        for (int p = 0; p < policies.size(); p++) {
            List<Histogram> fctByClass =
                    classNames.stream().map(c -> new Histogram(3)).toList();
            List<SeedResult> bySeed = new ArrayList<>();
            for (LiveRun run :
                    runs.get(p).subList(0, Math.min(rounds, runs.get(p).size()))) {
                bySeed.add(run.result(scenario.run().seed() + bySeed.size(), classNames.size()));
                run.addTo(fctByClass);
                late = Math.max(late, run.lateP99Nanos());
                stolen.computeIfAbsent(policies.get(p).name(), name -> new ArrayList<>())
                        .add(run.stolen());
            }
            if (!bySeed.isEmpty()) {
                live.add(new PolicyResult(
                        policies.get(p).name(), false, classNames, bySeed, fctByClass, new Histogram(3), null));
            }
        }
        ReplayResult simulated = prediction(rounds).run();
        return new Result(new ReplayResult(scenario, simulated.seeds(), live, 0, cancelled), simulated, late, stolen);
    }

    private static Path trace(Path folder, long seed) {
        return folder.resolve("flows-" + seed + ".csv");
    }

    private Path writeTrace(Path folder, long seed) throws IOException {
        Path trace = trace(folder, seed);
        TraceGenerator.generate(
                scenario.traffic().arrivals(),
                scenario.traffic().classes(),
                seed,
                scenario.run().flows().getAsLong(),
                Long.MAX_VALUE,
                new TraceGenerator.Target(trace, TraceFormat.CSV, List.of()));
        return trace;
    }

    private static Path home(Path folder, PolicySpec policy, long seed) throws IOException {
        String safe = policy.name().replaceAll("[^a-zA-Z0-9.-]", "_");
        return Files.createDirectories(folder.resolve(safe + "-" + seed));
    }

    /** Empty if it was cancelled. */
    private Optional<LiveRun> play(Testbed testbed, PolicySpec policy, Path trace, Path home, BooleanSupplier cancelled)
            throws IOException {
        if (cancelled.getAsBoolean()) {
            return Optional.empty();
        }
        Path csv = home.resolve("requests.csv");
        Path log = home.resolve("load.log");
        List<String> load = new ArrayList<>(tools.marllb());
        load.addAll(List.of("load", "--target", "http://" + Testbed.VIP + ":" + Testbed.PORT + Testbed.RESOURCE));
        load.addAll(List.of("--trace", trace.toString(), "--csv", csv.toString(), "--bytes-per-second"));
        load.add(String.format(Locale.ROOT, "%.0f", spec.bytesPerSecond()));
        double stolen;
        try {
            Balancers balancers = Balancers.start(testbed, kind, policy.name(), tools, home);
            int exitCode;
            try {
                StolenTime sinceStart = StolenTime.begin();
                exitCode = await(testbed.startAtClient(log, load), cancelled);
                stolen = sinceStart.share();
            } finally {
                balancers.close();
            }
            if (cancelled.getAsBoolean() || exitCode == INTERRUPTED) {
                return Optional.empty();
            }
            if (exitCode > 1) { // 1: some requests failed, which the rows tell
                throw new ProgramException("the load on " + policy.name() + " ended with exit code " + exitCode + ": "
                        + Files.readString(log).strip());
            }
        } catch (ProgramException e) {
            if (cancelled.getAsBoolean()) { // Ctrl-C reaches the balancers too
                return Optional.empty();
            }
            throw e;
        }
        return Optional.of(LiveRun.read(csv, classNames, scenario.run().warmup(), stolen));
    }

    private static int await(Process load, BooleanSupplier cancelled) {
        try {
            while (!load.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                if (cancelled.getAsBoolean()) {
                    break;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProgramException("interrupted while the load ran", e);
        } finally {
            Programs.stop(load);
        }
        return load.isAlive() ? INTERRUPTED : load.exitValue();
    }
}
