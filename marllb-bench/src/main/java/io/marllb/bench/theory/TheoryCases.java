package io.marllb.bench.theory;

import io.marllb.bench.theory.TheoryCase.Claim;
import io.marllb.core.Policy;
import io.marllb.core.PolicySetup;
import io.marllb.env.scenario.Discipline;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ServerSpec;
import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.Distribution;
import io.marllb.env.traffic.FlowClass;
import io.marllb.policies.PolicyRegistry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * The catalogue of the suite. The mean service time is 1 ms in every case; the numbers of flows were chosen from a pilot so that the standard
 * error is at most about 0.3 per cent (1 per cent at utilisation .95 and above).
 */
final class TheoryCases {

    /** Independent runs of a case. */
    private static final int REPLICATIONS = 32;

    private static final double ONE_PER_CENT = 0.01;
    private static final double THREE_PER_CENT = 0.03;
    private static final double UNIT = TheorySuite.UNIT_NANOS;
    private static final double UNITS_PER_SECOND = 1e9 / UNIT;
    private static final int UNLIMITED = ServerSpec.UNLIMITED;

    private TheoryCases() {}

    static List<TheoryCase> all() {
        List<TheoryCase> all = new ArrayList<>();
        singleServer(all);
        manyServers(all);
        finiteRoom(all);
        generalService(all);
        processorSharing(all);
        twoServers(all);
        splitting(all);
        choices(all);
        return all;
    }

    /** The kinds of {@link #all}, by the cases that are precise soonest. */
    static List<TheoryCase> quick() {
        List<String> names = List.of(
                "M/M/1 rho .5",
                "M/M/4/8 load .9",
                "M/lognormal/4/4 load .8",
                "M/M/2 with SMT, at most 4 workers, room for 8",
                "M/deterministic/1 rho .8",
                "M/uniform/1-PS rho .8",
                "sed on speeds 1, 4 rho .8",
                "rr on 8 servers rho .8",
                "lsq2 on 256 servers rho .7");
        List<TheoryCase> quick =
                all().stream().filter(c -> names.contains(c.name())).toList();
        if (quick.size() != names.size()) {
            throw new IllegalStateException("quick names cases that are not in the suite");
        }
        return quick;
    }

    private static void singleServer(List<TheoryCase> cases) {
        double[] utilisations = {0.5, 0.8, 0.9, 0.95};
        double[] tails = {0.99, 0.99, 0.9, 0.99}; // the last per cent at .9 would cost 140 million flows
        long[] flows = {250_000, 900_000, 1_400_000, 2_000_000};
        for (int i = 0; i < utilisations.length; i++) {
            double rho = utilisations[i];
            cases.add(new Builder("M/M/1 rho " + text(rho), "1/(1-rho); -ln(1-p)/(1-rho)")
                    .servers(1, fifo(1))
                    .rate(rho)
                    .flows(flows[i])
                    .tolerance(rho == 0.95 ? THREE_PER_CENT : ONE_PER_CENT)
                    .build(
                            new Claim.MeanResponse(Queueing.mm1MeanResponse(rho)),
                            new Claim.Quantile(0.5, Queueing.mm1ResponseQuantile(0.5, rho)),
                            new Claim.Quantile(tails[i], Queueing.mm1ResponseQuantile(tails[i], rho))));
        }
        cases.add(new Builder("M/M/1 rho .8 over a network", "1/(1-rho) + two ways")
                .servers(1, fifo(1))
                .rate(0.8)
                .flows(400_000)
                .network(new Scenario.Network((long) (0.7 * UNIT), (long) (0.3 * UNIT), 0))
                .build(new Claim.MeanResponse(Queueing.mm1MeanResponse(0.8) + 2)));
    }

    private static void manyServers(List<TheoryCase> cases) {
        manyServers(cases, 2, 0.9, 0.9, 1_400_000, ONE_PER_CENT);
        manyServers(cases, 10, 0.9, 0.9, 700_000, ONE_PER_CENT);
        manyServers(cases, 32, 0.95, 0.99, 600_000, THREE_PER_CENT);
    }

    private static void manyServers(
            List<TheoryCase> cases, int servers, double rho, double tail, long flows, double tolerance) {
        cases.add(new Builder("M/M/" + servers + " rho " + text(rho), "Erlang C")
                .servers(1, fifo(servers))
                .rate(servers * rho)
                .flows(flows)
                .tolerance(tolerance)
                .build(
                        new Claim.MeanResponse(Queueing.mmcMeanResponse(servers, rho)),
                        new Claim.Quantile(0.5, Queueing.mmcResponseQuantile(0.5, servers, rho)),
                        new Claim.Quantile(tail, Queueing.mmcResponseQuantile(tail, servers, rho))));
    }

    private static void finiteRoom(List<TheoryCase> cases) {
        finiteRoom(cases, 1, 5, 0.8, 150_000, ONE_PER_CENT);
        finiteRoom(cases, 4, 8, 0.9, 200_000, ONE_PER_CENT);
        finiteRoom(cases, 4, 8, 1.5, 100_000, ONE_PER_CENT);
        finiteRoom(cases, 32, 160, 1.0, 4_000_000, THREE_PER_CENT); // its utilisation is .993
        Map<String, Distribution> laws = laws();
        for (String law : List.of("deterministic", "lognormal")) {
            cases.add(new Builder("M/" + law + "/4/4 load .8", "Erlang B, any service law")
                    .servers(1, new ServerSpec(4, 1, 0, 4, 0, Discipline.PS))
                    .rate(4 * 0.8)
                    .work(laws.get(law))
                    .flows(100_000)
                    .build(new Claim.Blocking(Queueing.erlangB(4, 4 * 0.8)), new Claim.MeanResponse(1)));
        }
        Queueing.Equilibrium threads = Queueing.stateDependent(0.9, new double[] {1}, 12);
        cases.add(new Builder("M/M/1 of 4 sharing workers, room for 12", "birth and death")
                .servers(1, new ServerSpec(1, 1, 0, 4, 8, Discipline.PS))
                .rate(0.9)
                .flows(600_000)
                .build(new Claim.Blocking(threads.blocking()), new Claim.MeanResponse(threads.meanResponse())));
        Queueing.Equilibrium smt = Queueing.stateDependent(2, new double[] {1, 2, 2.2, 2.4}, 8);
        cases.add(new Builder("M/M/2 with SMT, at most 4 workers, room for 8", "birth and death")
                .servers(1, new ServerSpec(2, 1, 0.2, 4, 4, Discipline.PS))
                .rate(2)
                .flows(400_000)
                .build(new Claim.Blocking(smt.blocking()), new Claim.MeanResponse(smt.meanResponse())));
    }

    private static void finiteRoom(
            List<TheoryCase> cases, int servers, int capacity, double load, long flows, double tolerance) {
        Queueing.Equilibrium want = Queueing.mmck(servers, capacity, servers * load);
        cases.add(new Builder("M/M/" + servers + "/" + capacity + " load " + text(load), "birth and death")
                .servers(1, new ServerSpec(servers, 1, 0, servers, capacity - servers, Discipline.FIFO))
                .rate(servers * load)
                .flows(flows)
                .tolerance(tolerance)
                .build(new Claim.Blocking(want.blocking()), new Claim.MeanResponse(want.meanResponse())));
    }

    private static void generalService(List<TheoryCase> cases) {
        laws().forEach((law, distribution) -> cases.add(new Builder("M/" + law + "/1 rho .8", "Pollaczek-Khinchine")
                .servers(1, fifo(1))
                .rate(0.8)
                .work(distribution)
                .flows(distribution.squaredCv() > 2 ? 1_500_000 : (distribution.squaredCv() == 0 ? 200_000 : 400_000))
                .build(new Claim.MeanResponse(Queueing.mg1MeanResponse(0.8, distribution.squaredCv())))));
    }

    private static void processorSharing(List<TheoryCase> cases) {
        laws().forEach((law, distribution) -> cases.add(new Builder("M/" + law + "/1-PS rho .8", "1/(1-rho), any law")
                .servers(1, ps(1))
                .rate(0.8)
                .work(distribution)
                .flows(distribution.squaredCv() > 2 ? 1_000_000 : 300_000)
                .build(new Claim.MeanResponse(Queueing.psMeanResponse(0.8)))));
        double[] sizes = {0.25, 1, 4};
        double[] shares = {0.5, 0.375, 0.125}; // mean 1
        List<FlowClass> classes = new ArrayList<>();
        List<Claim> claims = new ArrayList<>();
        for (int i = 0; i < sizes.length; i++) {
            classes.add(new FlowClass(
                    "size" + i, shares[i], new Distribution.Deterministic(sizes[i] * UNIT), Optional.empty()));
            claims.add(new Claim.ClassMean(i, Queueing.psConditionalResponse(0.8, sizes[i])));
        }
        cases.add(new Builder("M/three sizes/1-PS rho .8", "x/(1-rho)")
                .servers(1, ps(1))
                .rate(0.8)
                .classes(classes)
                .flows(600_000)
                .build(claims.toArray(Claim[]::new)));
        cases.add(new Builder("M/lognormal/10-PS rho .9", "Erlang C, any law")
                .servers(1, ps(10))
                .rate(9)
                .work(laws().get("lognormal"))
                .flows(900_000)
                .build(new Claim.MeanResponse(Queueing.mmcMeanResponse(10, 0.9))));
        double[] rates = {1, 2, 2.2, 2.4};
        cases.add(new Builder("M/lognormal/2-PS with SMT load 1", "symmetric queue, any law")
                .servers(1, new ServerSpec(2, 1, 0.2, UNLIMITED, UNLIMITED, Discipline.PS))
                .rate(2)
                .work(laws().get("lognormal"))
                .flows(500_000)
                .build(new Claim.MeanResponse(
                        Queueing.stateDependent(2, rates, Queueing.UNLIMITED).meanResponse())));
        cases.add(new Builder("M/lognormal/1-PS rho .8 then I/O", "1/(1-rho) + I/O")
                .servers(1, ps(1))
                .rate(0.8)
                .classes(List.of(new FlowClass(
                        "all", 1, laws().get("lognormal"), Optional.of(new Distribution.Exponential(3 * UNIT)))))
                .flows(300_000)
                .build(new Claim.MeanResponse(Queueing.psMeanResponse(0.8) + 3)));
    }

    private static void twoServers(List<TheoryCase> cases) {
        TwoServerChain equal = TwoServerChain.of(1, 1, 0.9);
        twoServers(cases, equal, 0.9, "lsq", DispatchRule.jsq(), Discipline.FIFO, 1_600_000);
        TwoServerChain unequal = TwoServerChain.of(1, 4, 0.8);
        twoServers(cases, unequal, 0.8, "lsq", DispatchRule.jsq(), Discipline.FIFO, 400_000);
        twoServers(cases, unequal, 0.8, "sed", DispatchRule.sed(1, 4), Discipline.FIFO, 400_000);
        twoServers(cases, unequal, 0.8, "sed", DispatchRule.sed(1, 4), Discipline.PS, 400_000);
        twoServers(cases, unequal, 0.8, "wlc", DispatchRule.wlc(1, 4), Discipline.FIFO, 400_000);
        String middle = "sed:exponent=0.8:bias=0.5";
        twoServers(cases, unequal, 0.8, middle, DispatchRule.biased(0.5, 0.8, 1, 4), Discipline.FIFO, 400_000);
        OptimalDispatch optimum = unequal.optimal();
        cases.add(new Builder("optimum on speeds 1, 4 rho .8", "relative value iteration")
                .servers(1, fifo(1), new ServerSpec(1, 4, 0, UNLIMITED, UNLIMITED, Discipline.FIFO))
                .rate(unequal.arrivalRate())
                .policy(
                        "optimum",
                        setup -> new Policy(
                                "optimum",
                                new TwoServerRule(optimum),
                                PolicyRegistry.parse("sed").build(setup).weights()))
                .flows(500_000)
                .build(new Claim.MeanResponse(optimum.meanResponse())));
    }

    private static void twoServers(
            List<TheoryCase> cases,
            TwoServerChain chain,
            double rho,
            String policy,
            DispatchRule rule,
            Discipline discipline,
            long flows) {
        String name = policy + " on speeds " + (int) chain.firstSpeed() + ", " + (int) chain.secondSpeed()
                + (discipline == Discipline.PS ? " PS" : "") + " rho " + text(rho);
        cases.add(new Builder(name, "solved chain")
                .servers(
                        1,
                        new ServerSpec(1, chain.firstSpeed(), 0, UNLIMITED, UNLIMITED, discipline),
                        new ServerSpec(1, chain.secondSpeed(), 0, UNLIMITED, UNLIMITED, discipline))
                .rate(chain.arrivalRate())
                .policy(policy)
                .flows(flows)
                .build(new Claim.MeanResponse(chain.solve(rule).meanResponse())));
    }

    private static void splitting(List<TheoryCase> cases) {
        cases.add(new Builder("ecmp of 3 balancers on 8 servers rho .8", "8 x M/M/1")
                .servers(8, fifo(1))
                .balancers(3)
                .rate(8 * 0.8)
                .policy("ecmp")
                .flows(400_000)
                .build(new Claim.MeanResponse(Queueing.mm1MeanResponse(0.8))));
        cases.add(new Builder("wcmp on speeds 1, 4 rho .8", "M/M/1 each")
                .servers(1, fifo(1), new ServerSpec(1, 4, 0, UNLIMITED, UNLIMITED, Discipline.FIFO))
                .rate(4)
                .policy("wcmp")
                .flows(500_000)
                .build(new Claim.MeanResponse(2)));
        for (int servers : new int[] {2, 8}) {
            cases.add(new Builder("rr on " + servers + " servers rho .8", "E_n/M/1")
                    .servers(servers, fifo(1))
                    .rate(servers * 0.8)
                    .policy("rr")
                    .flows(400_000)
                    .build(new Claim.MeanResponse(Queueing.erlangArrivalsMeanResponse(servers, 0.8))));
        }
    }

    private static void choices(List<TheoryCase> cases) {
        choices(cases, "lsq2", 2, 256, 0.7, 200_000, ONE_PER_CENT);
        choices(cases, "lsq2", 2, 64, 0.9, 300_000, ONE_PER_CENT);
        choices(cases, "lsq2", 2, 256, 0.9, 400_000, ONE_PER_CENT);
        choices(cases, "lsq2", 2, 1024, 0.9, 1_000_000, ONE_PER_CENT);
        choices(cases, "lsq2", 2, 1024, 0.95, 1_000_000, THREE_PER_CENT);
        choices(cases, "lsq2:choices=3", 3, 256, 0.9, 400_000, ONE_PER_CENT);
    }

    private static void choices(
            List<TheoryCase> cases, String policy, int d, int servers, double rho, long flows, double tolerance) {
        cases.add(new Builder(policy + " on " + servers + " servers rho " + text(rho), "supermarket model + O(1/n)")
                .servers(servers, fifo(1))
                .rate(servers * rho)
                .policy(policy)
                .flows(flows)
                .tolerance(tolerance)
                .build(new Claim.MeanResponse(Queueing.supermarketMeanResponse(rho, d, servers))));
    }

    /** Laws of mean 1, by name. */
    private static Map<String, Distribution> laws() {
        Map<String, Distribution> laws = new LinkedHashMap<>();
        laws.put("deterministic", new Distribution.Deterministic(UNIT));
        laws.put("erlang", new Distribution.Erlang(UNIT, 4));
        laws.put("uniform", new Distribution.Uniform(0.2 * UNIT, 1.8 * UNIT));
        laws.put("lognormal", new Distribution.Lognormal(UNIT, 1.5));
        laws.put("hyperexponential", new Distribution.Hyperexponential(UNIT, 2));
        return laws;
    }

    private static ServerSpec fifo(int cores) {
        return new ServerSpec(cores, 1, 0, UNLIMITED, UNLIMITED, Discipline.FIFO);
    }

    private static ServerSpec ps(int cores) {
        return new ServerSpec(cores, 1, 0, UNLIMITED, UNLIMITED, Discipline.PS);
    }

    private static String text(double x) {
        String text = Double.toString(x);
        if (text.endsWith(".0")) {
            return text.substring(0, text.length() - 2);
        }
        return text.startsWith("0.") ? text.substring(1) : text;
    }

    /** A case from what differs; one balancer under {@code ecmp}, exponential work, one per cent otherwise. */
    private static final class Builder {
        private final String name;
        private final String source;
        private List<ServerSpec> servers = List.of();
        private int balancers = 1;
        private double rate;
        private List<FlowClass> classes = classes(new Distribution.Exponential(UNIT));
        private Scenario.Network network = Scenario.Network.none();
        private String policyName = "ecmp";
        private Function<PolicySetup, Policy> policies = PolicyRegistry.parse("ecmp")::build;
        private long flows;
        private double tolerance = ONE_PER_CENT;

        Builder(String name, String source) {
            this.name = name;
            this.source = source;
        }

        private static List<FlowClass> classes(Distribution work) {
            return List.of(new FlowClass("all", 1, work, Optional.empty()));
        }

        Builder servers(int copies, ServerSpec... specs) {
            List<ServerSpec> all = new ArrayList<>();
            for (ServerSpec spec : specs) {
                all.addAll(Collections.nCopies(copies, spec));
            }
            servers = all;
            return this;
        }

        Builder balancers(int count) {
            balancers = count;
            return this;
        }

        /** Arrivals per mean service time. */
        Builder rate(double arrivals) {
            rate = arrivals;
            return this;
        }

        Builder work(Distribution law) {
            classes = classes(law);
            return this;
        }

        Builder classes(List<FlowClass> mix) {
            classes = mix;
            return this;
        }

        Builder network(Scenario.Network delays) {
            network = delays;
            return this;
        }

        Builder policy(String text) {
            return policy(text, PolicyRegistry.parse(text)::build);
        }

        Builder policy(String text, Function<PolicySetup, Policy> build) {
            policyName = text;
            policies = build;
            return this;
        }

        /** Flows of one replication. */
        Builder flows(long count) {
            flows = count;
            return this;
        }

        Builder tolerance(double relative) {
            tolerance = relative;
            return this;
        }

        TheoryCase build(Claim... claims) {
            Scenario scenario = new Scenario(
                    name,
                    balancers,
                    servers,
                    true,
                    new Scenario.Traffic(new Arrivals.Poisson(rate * UNITS_PER_SECOND), classes, 0),
                    network,
                    List.of(),
                    Scenario.Control.defaults(),
                    new Scenario.Run(OptionalLong.of(flows), OptionalLong.empty(), Scenario.Run.DEFAULT_WARMUP, 1));
            return new TheoryCase(
                    name, source, scenario, policyName, policies, REPLICATIONS, tolerance, Arrays.asList(claims));
        }
    }
}
