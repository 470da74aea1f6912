package io.marllb.env.engine;

import io.marllb.core.Flow;
import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.Outbox;
import io.marllb.core.Outcome;
import io.marllb.core.Policy;
import io.marllb.core.PolicySetup;
import io.marllb.core.Signal;
import io.marllb.core.Words;
import io.marllb.core.rng.Streams;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ScenarioEvent;
import io.marllb.env.scenario.ServerSpec;
import io.marllb.env.traffic.FlowSource;
import io.marllb.env.traffic.FlowSources;
import io.marllb.env.traffic.RateChanges;
import io.marllb.policies.PolicySpec;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.HdrHistogram.Histogram;

/**
 * One run of one scenario under one policy: many balancers over many servers, event by event in virtual time.
 *
 * <p>A flow is sent by its client, reaches a random balancer, which picks a server by its rule, is served, and is answered directly to the client,
 * whose packets tell the balancer of ACKs and of the end. Server events, timers and the next arrival are three queues; the earliest goes first and
 * equal times go by sequence number. Objects share nothing, so many can run in parallel with the same bits as alone. Not thread-safe.
 *
 * <p>Either {@link #run} to the end, or step with {@link #advanceTo} and steer with {@link #setWeights} (as the environments do).
 */
public final class Simulation {

    private static final int TO_SERVER = 0;
    private static final int IO_DONE = 1;
    private static final int ACK_SEEN = 2;
    private static final int END_SEEN = 3;
    private static final int SIGNAL = 4;
    private static final int PROBE_AT_SERVER = 5;
    private static final int CONTROL = 6;
    private static final int REPORT = 7;
    private static final int SCENARIO = 8;
    private static final int HEALTH = 9;
    private static final int WARM_UP_ENDS = 10;
    private static final int WINDOW_ENDS = 11;

    private static final long NEVER = CompletionQueue.NEVER;
    private static final long DECISION_SAMPLE_MASK = 1023; // one choice in 1,024 is timed

    private final Scenario scenario;
    private final RunOptions options;
    private final FlowSource source;
    private final int m;
    private final int n;
    private final long toBalancer;
    private final long toServer;
    private final long toClient; // the direct way back
    private final long seenAfter; // from the server to the balancer, by way of the client

    private final FlowTable flows = new FlowTable();
    private final Server[] servers;
    private final CompletionQueue completions;
    private final TimerQueue timers = new TimerQueue();
    private final Pool pool;
    private final Balancer[] balancers;
    private final CurrentFlow current = new CurrentFlow();

    private final boolean sampleAges;
    private final boolean idleSignals;
    private final boolean reportSignals;
    private final boolean peerSignals;
    private final boolean probeSignals;

    private final long hashSeed;
    private final Words idleWords;
    private final Signals signals;
    private long nextReport;

    private final int[] probes = new int[Outbox.MAX_PROBES_PER_FLOW];
    private int probeCount;

    private long now;
    private long seq;
    private long arrivalAt;
    private long arrivalSeq;
    private int slotsUsed;

    // Measurement.
    private final RunResult result;
    private final Books books;
    private final long flowLimit;
    private final long durationLimit;
    private final long warmupFlows;
    private final long warmupNanos;

    /** What a rule sees of a flow. */
    private static final class CurrentFlow implements Flow {
        private long hash;
        private long now;

        @Override
        public long hash() {
            return hash;
        }

        @Override
        public long now() {
            return now;
        }
    }

    private Simulation(
            Scenario scenario,
            String policyName,
            Function<PolicySetup, Policy> policies,
            FlowSource source,
            long seed,
            RunOptions options) {
        this.scenario = scenario;
        this.options = options;
        this.source = source;
        Streams streams = Streams.of(seed);
        m = scenario.balancers();
        n = scenario.slots();
        toBalancer = scenario.network().clientToBalancer();
        toServer = scenario.network().balancerToServer();
        toClient = toBalancer + toServer;
        seenAfter = toClient + toBalancer;

        List<Policy> built = new ArrayList<>(m);
        EnumSet<Need> needs = EnumSet.noneOf(Need.class);
        for (int b = 0; b < m; b++) {
            Policy policy = policies.apply(
                    new PolicySetup(n, m, b, scenario.control().interval(), streams.seed("policy", b), this::probe));
            built.add(policy);
            needs.addAll(policy.needs());
        }
        boolean observed = options.observe() || needs.contains(Need.RESERVOIRS);
        sampleAges = (observed || needs.contains(Need.FLOW_AGE))
                && scenario.traffic().acks() > 0;
        idleSignals = needs.contains(Need.IDLE);
        reportSignals = needs.contains(Need.REPORT);
        peerSignals = needs.contains(Need.PEERS) && m > 1;
        probeSignals = needs.contains(Need.PROBE);

        pool = new Pool(n, scenario.control().slowStart());
        servers = new Server[n];
        completions = new CompletionQueue(n);
        int acks = sampleAges ? scenario.traffic().acks() : 0;
        Map<ServerSpec, Server.Rates> rates = new HashMap<>();
        for (ServerSpec spec : scenario.servers()) {
            place(spec, rates, acks);
        }
        for (ScenarioEvent event : scenario.events()) {
            if (event instanceof ScenarioEvent.Add add) {
                place(add.server(), rates, acks);
            }
        }
        slotsUsed = scenario.servers().size();
        for (int j = 0; j < slotsUsed; j++) {
            pool.joined[j] = true;
        }

        hashSeed = streams.seed("flow-hash", 0);
        idleWords = streams.stream("idle")::nextLong;

        flowLimit = scenario.run().flows().orElse(Long.MAX_VALUE);
        durationLimit = scenario.run().duration().orElse(Long.MAX_VALUE);
        boolean byTime = scenario.run().duration().isPresent();
        warmupFlows = byTime ? 0 : (long) (scenario.run().warmup() * flowLimit);
        warmupNanos = byTime ? (long) (scenario.run().warmup() * durationLimit) : 0;

        result = new RunResult(policyName, seed, source.classNames());
        int classes = source.classNames().size();
        result.fctByClass = new Histogram[classes];
        for (int c = 0; c < classes; c++) {
            result.fctByClass[c] = new Histogram(3);
        }
        result.fctSumByClass = new double[classes];
        result.completedByClass = new long[classes];
        result.serverCompleted = new long[n];
        result.decisionNanos = new Histogram(3);
        result.series = options.timeSeries() ? new TimeSeries(n, m) : null;

        books = new Books(result, servers, flows);

        balancers = new Balancer[m];
        for (int b = 0; b < m; b++) {
            balancers[b] = new Balancer(
                    built.get(b),
                    pool,
                    servers,
                    streams.stream("rule", b),
                    streams.stream("reservoir", b),
                    observed,
                    peerSignals ? m : 0);
        }
        signals = new Signals(
                servers,
                balancers,
                result,
                probeSignals,
                toServer == 0,
                scenario.network().signalLoss(),
                streams.stream("signal-loss")::nextLong,
                (message, balancer) -> schedule(now + toServer, SIGNAL, message, balancer));
        for (int i = 0; i < scenario.events().size(); i++) {
            if (!(scenario.events().get(i) instanceof ScenarioEvent.SetRate)) { // the source knows the rates
                schedule(scenario.events().get(i).at(), SCENARIO, i, 0);
            }
        }
        if (byTime) {
            schedule(warmupNanos, WARM_UP_ENDS, 0, 0);
            schedule(durationLimit, WINDOW_ENDS, 0, 0);
        }
        schedule(scenario.control().interval(), CONTROL, 0, 0);
        if (reportSignals) {
            scheduleReport();
        }
        for (Balancer balancer : balancers) {
            balancer.start(0);
        }
        if (!byTime && warmupFlows == 0) {
            books.open(0);
        }
        nextArrival();
    }

    private void place(ServerSpec spec, Map<ServerSpec, Server.Rates> rates, int acks) {
        int j = slotsUsed++;
        servers[j] = new Server(spec, rates.computeIfAbsent(spec, Server.Rates::new), flows, acks);
        pool.staticWeight[j] = scenario.weightsKnown() ? spec.capacity() : 1;
    }

    /**
     * A run of a registered policy on the scenario's own traffic.
     *
     * @param scenario what to run
     * @param policy under which policy
     * @param seed root of all random streams
     * @param options how to watch it
     * @return a run at time 0
     */
    public static Simulation of(Scenario scenario, PolicySpec policy, long seed, RunOptions options) {
        return of(scenario, policy.name(), policy::build, seed, options);
    }

    /**
     * A run of any policies on the scenario's own traffic.
     *
     * @param scenario what to run
     * @param name what results call the policy
     * @param policies builds each balancer's policy, in the order of the balancers
     * @param seed root of all random streams
     * @param options how to watch it
     * @return a run at time 0
     */
    public static Simulation of(
            Scenario scenario, String name, Function<PolicySetup, Policy> policies, long seed, RunOptions options) {
        Scenario.Traffic traffic = scenario.traffic();
        FlowSource source =
                FlowSources.of(traffic.arrivals(), traffic.classes(), rateChanges(scenario.events()), Streams.of(seed));
        return of(scenario, name, policies, source, seed, options);
    }

    /** A run on traffic from elsewhere; the scenario's own is ignored. */
    static Simulation of(
            Scenario scenario,
            String name,
            Function<PolicySetup, Policy> policies,
            FlowSource source,
            long seed,
            RunOptions options) {
        return new Simulation(scenario, name, policies, source, seed, options);
    }

    private static RateChanges rateChanges(List<ScenarioEvent> events) {
        List<ScenarioEvent.SetRate> changes = events.stream()
                .filter(ScenarioEvent.SetRate.class::isInstance)
                .map(ScenarioEvent.SetRate.class::cast)
                .toList();
        return RateChanges.of(
                changes.stream().mapToLong(ScenarioEvent.SetRate::at).toArray(),
                changes.stream().mapToDouble(ScenarioEvent.SetRate::factor).toArray());
    }

    /**
     * Runs a scenario from start to end.
     *
     * @param scenario what to run
     * @param policy under which policy
     * @param seed root of all random streams
     * @param options how to watch it
     * @return what was measured
     */
    public static RunResult run(Scenario scenario, PolicySpec policy, long seed, RunOptions options) {
        return of(scenario, policy, seed, options).run();
    }

    /**
     * Runs to the end: until no more flows arrive and none is open, or until cancelled.
     *
     * @return what was measured
     * @throws IllegalStateException if an invariant of the simulation does not hold
     */
    public RunResult run() {
        while (!result.cancelled && step(NEVER - 1)) {
            // every step is one event
        }
        return finish();
    }

    /**
     * Processes everything up to a moment.
     *
     * @param time nanoseconds from the start, inclusive
     */
    public void advanceTo(long time) {
        while (step(time)) {
            // every step is one event
        }
        now = Math.max(now, time);
    }

    /**
     * Processes everything before the next arrival, which is then the next event, and moves to its time.
     *
     * @return false if there is no further arrival
     */
    public boolean advanceToArrival() {
        while (arrivalAt != NEVER && !arrivalIsNext(nextTime())) {
            step(arrivalAt);
        }
        if (arrivalAt == NEVER) {
            return false;
        }
        now = arrivalAt;
        return true;
    }

    /** Processes the next event, if there is one. */
    public void step() {
        step(NEVER - 1);
    }

    private long nextTime() {
        return Math.min(arrivalAt, Math.min(completions.time(), timers.time()));
    }

    private boolean arrivalIsNext(long next) {
        return arrivalAt == next
                && (completions.time() != next || arrivalSeq < completions.sequence())
                && (timers.time() != next || arrivalSeq < timers.sequence());
    }

    /** Processes one event that is due by the limit; false if there is none, or if the run is over. */
    private boolean step(long limit) {
        long next = nextTime();
        if (next > limit || (arrivalAt == NEVER && books.closed() && flows.open() == 0)) {
            return false;
        }
        now = next;
        if (completions.time() == next
                && (arrivalAt != next || completions.sequence() < arrivalSeq)
                && (timers.time() != next || completions.sequence() < timers.sequence())) {
            serverEvent();
        } else if (arrivalIsNext(next)) {
            arrive();
        } else {
            timer();
        }
        return true;
    }

    private void schedule(long at, int kind, int a, int b) {
        timers.add(at, seq++, kind, a, b);
    }

    private void nextArrival() {
        boolean another = books.arrived() < flowLimit && source.advance();
        if (another && source.at() < durationLimit) {
            arrivalAt = source.at() + toBalancer;
            arrivalSeq = seq++;
        } else {
            if (!another && books.arrived() > 0 && result.flows == 0) {
                throw new IllegalArgumentException("the traffic ends after " + books.arrived()
                        + (books.arrived() == 1 ? " flow" : " flows")
                        + ", within the warm-up, so that nothing is measured; "
                        + "give run as many flows (or as much duration) as the traffic has, or warmup: 0%");
            }
            arrivalAt = NEVER;
            if (durationLimit == Long.MAX_VALUE) {
                books.close(now);
            }
        }
    }

    private void arrive() {
        long sent = source.at();
        boolean measured = books.arrived() >= warmupFlows && sent >= warmupNanos;
        long index = books.arrive(measured, now);
        long hash = Streams.mix(hashSeed + index * 0x9e3779b97f4a7c15L);
        int b = m == 1 ? 0 : Words.below(Streams.mix(hash), m); // ECMP upstream: another hash of the same flow
        Balancer balancer = balancers[b];
        current.hash = hash;
        current.now = now;
        probeCount = 0;
        int server;
        if (options.decisionClock() != null && (index & DECISION_SAMPLE_MASK) == DECISION_SAMPLE_MASK) {
            long before = options.decisionClock().getAsLong();
            server = balancer.choose(current);
            result.decisionNanos.recordValue(Math.max(0, options.decisionClock().getAsLong() - before));
        } else {
            server = balancer.choose(current);
        }
        if (server < 0) {
            books.reject(measured, Outcome.REJECTED);
        } else {
            if (!balancer.eligible(server)) {
                throw new IllegalStateException(result.policy + " chose server " + server + ", which is not eligible");
            }
            int f = flows.allocate();
            flows.state[f] = FlowTable.TO_SERVER;
            flows.measured[f] = measured;
            flows.balancer[f] = b;
            flows.server[f] = server;
            flows.flowClass[f] = source.flowClass();
            flows.hash[f] = hash;
            flows.sentAt[f] = sent;
            flows.cpu[f] = source.cpuNanos();
            flows.io[f] = source.ioNanos();
            balancer.opened(server, now);
            if (toServer == 0) {
                enterServer(f);
            } else {
                schedule(now + toServer, TO_SERVER, f, 0);
            }
        }
        for (int i = 0; i < probeCount; i++) {
            if (signals.sent()) {
                schedule(now + toServer, PROBE_AT_SERVER, probes[i], b);
            }
        }
        nextArrival();
    }

    private void probe(int server) {
        Objects.checkIndex(server, n);
        if (probeCount < probes.length) {
            probes[probeCount++] = server;
        } else {
            result.probesDropped++;
        }
    }

    private void enterServer(int f) {
        int j = flows.server[f];
        if (!servers[j].accepts()) {
            leave(f, Outcome.REJECTED);
        } else {
            flows.foundOnArrival[f] = servers[j].inSystem();
            if (servers[j].enter(f, now)) {
                reschedule(j);
            }
        }
    }

    private void reschedule(int j) {
        completions.set(j, servers[j].nextEvent(now), seq++);
    }

    private void serverEvent() {
        int j = completions.server();
        Server server = servers[j];
        int f = server.due();
        if (!server.reachMilestone(now)) {
            result.otherEvents++;
            if (seenAfter == 0) {
                ackSeen(f);
            } else {
                schedule(now + seenAfter, ACK_SEEN, f, flows.generation[f]);
            }
        } else if (flows.io[f] > 0) {
            server.toIo(f);
            schedule(now + flows.io[f], IO_DONE, f, flows.generation[f]);
        } else {
            depart(f);
        }
        reschedule(j);
    }

    /** A flow has been served. */
    private void depart(int f) {
        int j = flows.server[f];
        servers[j].leave(now);
        books.complete(f, now + toClient - flows.sentAt[f], now);
        if (reportSignals || probeSignals) {
            signals.completed(
                    j, now - flows.enteredAt[f], flows.cpu[f] + (double) flows.io[f], flows.foundOnArrival[f]);
        }
        if (idleSignals && servers[j].inSystem() == 0) {
            int b = m == 1 ? 0 : Words.below(idleWords.next(), m);
            signals.send(Signal.Kind.IDLE, j, -1, b, 0, now);
        }
        leave(f, Outcome.COMPLETED);
    }

    /** A flow is no longer at its server; its balancer learns of it. */
    private void leave(int f, Outcome outcome) {
        flows.state[f] = FlowTable.LEAVING;
        flows.outcome[f] = outcome;
        if (outcome != Outcome.COMPLETED) {
            books.reject(flows.measured[f], outcome);
        }
        if (seenAfter == 0) {
            endSeen(f);
        } else {
            schedule(now + seenAfter, END_SEEN, f, flows.generation[f]);
        }
    }

    private void endSeen(int f) {
        long age = now - flows.sentAt[f] - toBalancer;
        balancers[flows.balancer[f]].closed(flows.server[f], age, flows.outcome[f], now);
        flows.release(f);
    }

    private void ackSeen(int f) {
        balancers[flows.balancer[f]].sampled(flows.server[f], now - flows.sentAt[f] - toBalancer, now);
    }

    private void timer() {
        int kind = timers.kind();
        int a = timers.a();
        int b = timers.b();
        timers.remove();
        result.otherEvents++;
        switch (kind) {
            case TO_SERVER -> enterServer(a);
            case IO_DONE -> {
                if (flows.generation[a] == b && flows.state[a] == FlowTable.IN_IO) {
                    int j = flows.server[a];
                    depart(a);
                    reschedule(j);
                }
            }
            case ACK_SEEN -> {
                if (flows.generation[a] == b) {
                    ackSeen(a);
                }
            }
            case END_SEEN -> endSeen(a);
            case SIGNAL -> signals.arrive(a, b, now);
            case PROBE_AT_SERVER -> {
                if (servers[a].up()) {
                    signals.send(Signal.Kind.PROBE, a, -1, b, servers[a].inSystem(), now);
                }
            }
            case CONTROL -> control();
            case REPORT -> reportIfDue();
            case SCENARIO -> happen(scenario.events().get(a));
            case HEALTH -> health(a);
            case WARM_UP_ENDS -> books.open(now);
            case WINDOW_ENDS -> books.close(now);
            default -> throw new IllegalStateException("unknown timer " + kind);
        }
    }

    private void health(int j) {
        boolean dead = !servers[j].up();
        if (dead != pool.dead[j]) {
            pool.dead[j] = dead;
            if (!dead) {
                pool.startRamp(j, now);
            }
            poolChanged();
        }
    }

    private void poolChanged() {
        for (Balancer balancer : balancers) {
            balancer.poolChanged(now);
        }
    }

    private void happen(ScenarioEvent event) {
        if (event instanceof ScenarioEvent.SetSpeed e) {
            for (int j : e.servers()) {
                servers[j].setSpeed(e.speed(), now);
                reschedule(j);
            }
        } else if (event instanceof ScenarioEvent.SetDown e) {
            for (int j : e.servers()) {
                if (e.down() && servers[j].up()) {
                    abortFlowsOf(j);
                } else if (!e.down() && !servers[j].up()) {
                    servers[j].recover(now);
                    signals.startReporting(j, now);
                }
                schedule(now + scenario.control().detection(), HEALTH, j, 0);
            }
        } else if (event instanceof ScenarioEvent.SetDrain e) {
            for (int j : e.servers()) {
                if (pool.drained[j] && !e.drain()) {
                    pool.startRamp(j, now);
                }
                pool.drained[j] = e.drain();
            }
            poolChanged();
        } else if (event instanceof ScenarioEvent.Remove e) {
            for (int j : e.servers()) {
                pool.removed[j] = true;
            }
            poolChanged();
        } else if (event instanceof ScenarioEvent.Add) {
            int j = slotsUsed++;
            pool.joined[j] = true;
            pool.startRamp(j, now);
            signals.startReporting(j, now);
            poolChanged();
        }
    }

    private void abortFlowsOf(int j) {
        servers[j].die(now);
        completions.set(j, NEVER, seq++);
        for (int f = 0; f < flows.used(); f++) {
            if (flows.server[f] == j && flows.atServer(f)) {
                books.leaveUnserved(f, now);
                leave(f, Outcome.ABORTED);
            }
        }
    }

    private void control() {
        if (reportSignals) {
            reportIfDue(); // a decision sees the reports of its moment, whichever timer was set first
        }
        if (peerSignals) {
            for (int from = 0; from < m; from++) {
                for (int j = 0; j < n; j++) {
                    int count = balancers[from].inFlight(j);
                    for (int to = 0; to < m; to++) {
                        if (to != from) {
                            signals.send(Signal.Kind.PEERS, j, from, to, count, now);
                        }
                    }
                }
            }
        }
        if (pool.ramping(now)) {
            poolChanged();
        }
        for (Balancer balancer : balancers) {
            balancer.decide(now);
        }
        double jain = jain();
        books.sampleJain(jain);
        if (result.series != null && !books.closed() && result.series.due()) {
            sample(jain);
        }
        watch();
        schedule(now + scenario.control().interval(), CONTROL, 0, 0);
    }

    private void watch() {
        if (options.progress() != null) {
            double done = durationLimit != Long.MAX_VALUE
                    ? now / (double) durationLimit
                    : books.arrived() / (double) flowLimit;
            options.progress().accept(Math.min(1, done));
        }
        if (options.cancelled() != null && options.cancelled().getAsBoolean()) {
            result.cancelled = true;
        }
    }

    /** Jain index of flows in the system over current capacity, over the servers that take part; 1 when they are empty. */
    private double jain() {
        double sum = 0;
        double squares = 0;
        int count = 0;
        for (int j = 0; j < n; j++) {
            double capacity = servers[j].capacity();
            if (pool.active(j) && capacity > 0) {
                double x = servers[j].inSystem() / capacity;
                sum += x;
                squares += x * x;
                count++;
            }
        }
        return squares == 0 ? 1 : sum * sum / (count * squares);
    }

    private void sample(double jain) {
        int[] inSystem = new int[n];
        int[] busy = new int[n];
        float[][] weights = new float[m][n];
        for (int j = 0; j < n; j++) {
            inSystem[j] = servers[j].inSystem();
            busy[j] = servers[j].active();
            for (int b = 0; b < m; b++) {
                weights[b][j] = balancers[b].eligible(j) ? (float) balancers[b].weight(j) : 0;
            }
        }
        result.series.add(now, inSystem, busy, weights, jain, books.arrived(), books.completed(), books.fctSum());
    }

    private void scheduleReport() {
        nextReport = now + scenario.control().reportInterval();
        schedule(nextReport, REPORT, 0, 0);
    }

    private void reportIfDue() {
        if (now == nextReport) {
            signals.report(pool, now);
            scheduleReport();
        }
    }

    /**
     * Ends the run here and checks its books: every flow that arrived has completed, was rejected or is open, and the time that flows spent at
     * servers is the time integral of the flows there (Little's law, exact in whole nanoseconds).
     *
     * @return what was measured
     * @throws IllegalStateException if the books do not balance
     */
    public RunResult finish() {
        source.close();
        books.balance(balancers, now);
        return result;
    }

    /**
     * Current time.
     *
     * @return nanoseconds from the start of the run
     */
    public long now() {
        return now;
    }

    /**
     * Number of balancers.
     *
     * @return m
     */
    public int balancers() {
        return m;
    }

    /**
     * Number of server slots.
     *
     * @return n
     */
    public int servers() {
        return n;
    }

    /**
     * Whether a server takes part now, as the balancers know it.
     *
     * @param server index in {@code [0, n)}
     * @return true if new flows may go there
     */
    public boolean active(int server) {
        return pool.active(server);
    }

    /**
     * What a balancer knows now. Borrowed: valid until the simulation moves on.
     *
     * @param balancer index in {@code [0, m)}
     * @return its observation; reservoir statistics only with {@link RunOptions#observe}
     */
    public Observation observation(int balancer) {
        return balancers[balancer].observe(now);
    }

    /**
     * Puts a balancer's weights in force. Invalid ones are counted and replaced by equal weights.
     *
     * @param balancer index in {@code [0, m)}
     * @param weights {@code [n]}, copied
     */
    public void setWeights(int balancer, double[] weights) {
        setWeights(balancer, weights, Double.NaN);
    }

    /**
     * Puts a balancer's weights and its bias in force. What is invalid is counted; invalid weights are replaced by equal ones, an invalid bias by
     * the rule's own.
     *
     * @param balancer index in {@code [0, m)}
     * @param weights {@code [n]}, copied
     * @param bias the b of {@code argmin (q + b) / w}, finite and {@code >= 0}; NaN leaves the rule's own
     */
    public void setWeights(int balancer, double[] weights, double bias) {
        if (weights.length != n) {
            throw new IllegalArgumentException("weights has " + weights.length + " entries, but there are " + n
                    + " servers; pass one weight per server");
        }
        balancers[balancer].setWeights(weights, bias, now);
    }

    /**
     * True number of flows at a server, for {@code state()} and pictures; no policy may see it.
     *
     * @param server index in {@code [0, n)}
     * @return flows running, in I/O and waiting
     */
    public int inSystem(int server) {
        return servers[server].inSystem();
    }

    /**
     * True workers in use at a server.
     *
     * @param server index in {@code [0, n)}
     * @return flows running or in I/O
     */
    public int busyWorkers(int server) {
        return servers[server].active();
    }

    /**
     * True current capacity of a server.
     *
     * @param server index in {@code [0, n)}
     * @return cores times current speed, 0 while down
     */
    public double capacity(int server) {
        return servers[server].capacity();
    }

    /**
     * True CPU work that is left at a server.
     *
     * @param server index in {@code [0, n)}
     * @return nanoseconds at speed 1
     */
    public double remainingWork(int server) {
        return servers[server].remainingWork(now);
    }

    /**
     * Flows that completed so far, warm-up included.
     *
     * @return count
     */
    public long completed() {
        return books.completed();
    }

    /**
     * Sum of the flow completion times of the flows that completed so far, warm-up included.
     *
     * @return nanoseconds
     */
    public double completionTimeSum() {
        return books.fctSum();
    }

    /**
     * Flows that arrived so far, warm-up included.
     *
     * @return count
     */
    public long arrived() {
        return books.arrived();
    }
}
