package io.marllb.dataplane.control;

import io.marllb.core.Outcome;
import io.marllb.core.WeightPolicy;
import io.marllb.core.rng.Streams;
import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.DataPlane.Contact;
import io.marllb.dataplane.LiveObservation;
import io.marllb.ipc.Event;
import io.marllb.ipc.EventKind;
import io.marllb.ipc.MsgOut;
import io.marllb.policies.PolicySpec;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;

/**
 * The control loop of one data plane: each interval read, observe, decide, check, publish.
 *
 * <p>{@link #tick} is one round and all there is to the logic; {@link #run} calls it in time. Every method may be called from any thread, {@link
 * #roundNanos} when no round runs. Nothing that goes wrong in a round leaves it: it is counted, said once per cause,
 * and the last good weights stay in force.
 */
public final class Controller implements AutoCloseable {

    /** The longest round that the histogram tells from longer ones, nanoseconds. */
    private static final long LONGEST_ROUND = 60_000_000_000L;

    /** Decisions in a row that fail after which the policy begins anew. */
    private static final int RENEW_AFTER = Ladder.LATE;

    /** A data plane that expects an interval T is patient for 5 T; a controller slower than 4 T would often be too late. */
    private static final int LONGEST_INTERVALS = 4;

    private static final int EVENTS_PER_ROUND = 4096;
    private static final long GRACE_MILLIS = 2_000;
    private static final long PATIENCE_NANOS = 1_000_000_000L;

    /** What became of a round. */
    private enum Round {
        /** A policy decided, and that was published. */
        DECIDED,
        /** There was no decision. */
        MISSED,
        /** Other rounds went by meanwhile. */
        SUPERSEDED
    }

    /** What is to be used from the next round on. */
    private record Change(PolicySpec policy, ControllerConfig config) {} // policy null: whoever serves

    private final DataPlane dataPlane;
    private final LongSupplier clock;
    private final HealthMonitor health;
    private final Turn turn;
    private final Incidents incidents = new Incidents();
    private final Ladder ladder = new Ladder(incidents);
    private final FlowTimes flowTimes = new FlowTimes();
    private final Event event = new Event();
    private final Histogram rounds = new Histogram(LONGEST_ROUND, 3);
    private final ControllerMetrics metrics = new ControllerMetrics();
    private final AtomicReference<Change> change = new AtomicReference<>();
    private final Object running = new Object(); // held by run

    private PolicySpec policy;
    private ControllerConfig config;
    private long intervalNanos;
    private OnlineTraining online; // null without
    private WeightPolicy asked; // who decided in this round
    private boolean altered; // whether guard-rails changed what it said
    private Steering steering; // null while the data plane that is there cannot be served
    private int failures; // decisions in a row that failed or were invalid
    private long replaced;
    private long published;
    private final Throughput throughput = new Throughput();
    private long roundNow; // time of the last round
    private volatile ControllerStatus status; // the last picture that somebody asked for
    private volatile boolean stopping;
    private volatile Thread runner; // makes the rounds
    private volatile Thread waiter; // stands in for it
    private volatile long roundAt; // when the runner ended its last round

    /**
     * A controller with checks over the network and the machine's clock.
     *
     * @param dataPlane what it steers, and closes when it is closed
     * @param policy who decides
     * @param config everything else
     * @throws IllegalArgumentException if the data plane cannot serve the policy, or the configuration does not fit it
     */
    public Controller(DataPlane dataPlane, PolicySpec policy, ControllerConfig config) {
        this(dataPlane, policy, config, System::nanoTime, new NetworkProber());
    }

    Controller(DataPlane dataPlane, PolicySpec policy, ControllerConfig config, LongSupplier clock, Prober prober) {
        this.dataPlane = dataPlane;
        this.clock = clock;
        turn = new Turn(clock);
        this.policy = policy;
        this.config = config;
        health = new HealthMonitor(prober);
        try {
            intervalNanos = interval(config, dataPlane);
            Policies.check(policy, dataPlane);
            begin(clock.getAsLong());
        } catch (IllegalArgumentException e) {
            health.close();
            throw e;
        }
        roundNow = clock.getAsLong();
        status = ControllerStatus.of(this, roundNow);
    }

    private static long interval(ControllerConfig config, DataPlane dataPlane) {
        long expected = dataPlane.spec().intervalNanos();
        long own = config.interval().map(Duration::toNanos).orElse(expected);
        if (own > LONGEST_INTERVALS * expected) {
            throw new IllegalArgumentException("interval " + own / 1_000_000 + "ms is too long: the data plane expects "
                    + expected / 1_000_000 + "ms and falls back after five of them; use at most "
                    + LONGEST_INTERVALS * expected / 1_000_000 + "ms, or tell the data plane");
        }
        return own;
    }

    /** Everything that belongs to the present data plane. */
    private void begin(long now) {
        Pool pool = new Pool(dataPlane.spec().servers(), health, incidents);
        String violation = pool.violation(config.servers(), dataPlane.watchesItself());
        if (violation != null) {
            throw new IllegalArgumentException(violation);
        }
        if (config.balancer() >= dataPlane.spec().balancers()) {
            throw new IllegalArgumentException("balancer is " + config.balancer() + ", but the data plane has "
                    + dataPlane.spec().balancers() + " (counted from 0)");
        }
        health.watch(config.servers(), config.health());
        pool.configure(config, now);
        steering = new Steering(dataPlane, pool, policy, intervalNanos, config.balancer());
        learn();
    }

    /** Learning begins anew, with the agent that serves now. */
    private void learn() {
        if (online != null) {
            online.close();
            online = null;
        }
        if (config.online().isPresent()) {
            online = new OnlineTraining(
                    config.online().get(),
                    dataPlane,
                    steering.named(),
                    steering.policy(),
                    intervalNanos,
                    config.balancer(),
                    Streams.of(clock.getAsLong()).stream("trial"),
                    incidents);
        }
    }

    /**
     * One round. While its policy thinks another thread may make the next one, if that takes longer than the decision timeout; what the policy says then is
     * thrown away.
     *
     * @param now {@code System.nanoTime()}
     */
    public void tick(long now) {
        turn.take();
        try {
            timed(now);
        } finally {
            turn.giveBack();
        }
    }

    private void timed(long now) {
        if (!turn.abandonLate(now, config.guard().decisionTimeout().toNanos(), this::abandon)) {
            return; // a policy thinks, and has the time
        }
        roundNow = now;
        long from = clock.getAsLong();
        Round made = Round.MISSED;
        try {
            made = round(now);
            incidents.over("round-failed");
        } catch (RuntimeException e) {
            incidents.note("round-failed", e);
            ladder.missed("the round failed");
        }
        if (made == Round.SUPERSEDED) {
            return;
        }
        if (made == Round.DECIDED) {
            long took = clock.getAsLong() - from;
            rounds.recordValue(Math.max(0, Math.min(LONGEST_ROUND, took)));
            metrics.round(took);
        }
        try {
            afterwards(made == Round.DECIDED);
        } catch (RuntimeException e) {
            incidents.note("online-training-failed", e);
        }
    }

    private void abandon(WeightPolicy late, LiveObservation observation) {
        if (steering != null) {
            steering.abandon(observation);
            if (online != null && late != steering.policy()) {
                online.candidateFailed("it does not answer");
            }
        }
    }

    private Round round(long now) {
        change(now);
        health.tick(now);
        flowTimes.tick(now);
        Contact contact = look(now);
        events(now);
        if (steering == null || steering.record() == null || contact == Contact.GONE) {
            ladder.missed(dataPlane.trouble());
            return Round.MISSED;
        }
        boolean fresh = contact == Contact.FRESH;
        steering.pool.update(dataPlane, steering.record(), fresh, now);
        steering.pool.reconcile(dataPlane, steering.record(), now);
        Round made = Round.MISSED;
        if (fresh) {
            throughput.add(steering.record());
            if (online != null) {
                online.interval(throughput.flowSeconds(), throughput.intervalCompleted());
            }
            made = decide();
        } else {
            ladder.missed(dataPlane.trouble());
        }
        if (made == Round.SUPERSEDED) {
            return made;
        }
        boolean decided = made == Round.DECIDED;
        dataPlane.publish(steering.compose(decided ? 0 : ladder.stage(), now));
        published++;
        if (decided) { // only now: what cannot be published steers nothing
            ladder.decided();
        }
        return made;
    }

    /** Everything that may wait until weights are published. */
    private void afterwards(boolean decided) {
        if (online == null || steering == null) {
            return;
        }
        if (!decided || steering.pool.panic()) {
            online.disturbed();
            return;
        }
        online.after(
                        turn,
                        steering.newest(),
                        steering.policy(),
                        asked,
                        steering.weights(),
                        altered,
                        config.guard().decisionTimeout().toNanos())
                .ifPresent(winner -> {
                    policy = winner;
                    steering.adopt(winner, online.winner());
                });
    }

    private Contact look(long now) {
        Contact contact =
                dataPlane.read(steering == null ? new MsgOut(dataPlane.spec().servers()) : steering.next());
        if (contact == Contact.REPLACED) {
            replaced++;
            Incidents.info("data-plane-replaced", "attached to " + dataPlane.describe());
            steering = null;
        }
        if (steering == null && contact != Contact.GONE) {
            contact = meet(now);
        }
        if (contact == Contact.FRESH) {
            steering.arrived();
            incidents.over("data-plane-gone");
            incidents.over("record-refused");
        } else if (contact == Contact.GONE) {
            incidents.note("data-plane-gone", dataPlane.trouble());
        } else if (contact == Contact.REFUSED) {
            incidents.note("record-refused", dataPlane.trouble());
        }
        return contact;
    }

    /** Another data plane is there, or one that could not be served when we last looked. */
    private Contact meet(long now) {
        throughput.anotherDataPlane();
        try {
            Policies.check(policy, dataPlane);
            intervalNanos = interval(config, dataPlane);
            begin(now);
        } catch (IllegalArgumentException e) {
            incidents.note("data-plane-unfit", e.getMessage());
            return Contact.GONE;
        }
        incidents.over("data-plane-unfit");
        Contact first = dataPlane.read(steering.next());
        if (first == Contact.REPLACED) { // again: the next round meets that one
            steering = null;
            return Contact.GONE;
        }
        return first;
    }

    private void events(long now) {
        for (int i = 0; i < EVENTS_PER_ROUND && dataPlane.event(event); i++) {
            if (event.kind == EventKind.FLOW_END) {
                if (event.detail == Outcome.COMPLETED.ordinal()) { // how soon a server refuses is no completion time
                    flowTimes.add(event.value);
                }
            } else if (event.kind == EventKind.COMMAND_DONE && steering != null) {
                steering.pool.answered(event, now);
            }
        }
    }

    /** Asks the policy. */
    private Round decide() {
        asked = online == null ? steering.policy() : online.serving(steering.policy());
        if (turn.thinking(asked)) {
            late();
            return Round.MISSED;
        }
        long from = clock.getAsLong();
        LiveObservation observation = steering.observation();
        double[] weights = steering.question();
        Turn.Answer answer = turn.ask(
                asked, observation, weights, config.guard().decisionTimeout().toNanos());
        if (answer != Turn.Answer.ABANDONED) {
            metrics.inference(clock.getAsLong() - from);
        }
        switch (answer) {
            case DECIDED -> {
                incidents.over("policy-failed");
                incidents.over("policy-late");
                inForce(weights);
                return Round.DECIDED;
            }
            case FAILED -> {
                incidents.note("policy-failed", turn.failure());
                ladder.missed("the policy failed");
                failed("it failed: " + turn.failure());
                return Round.MISSED;
            }
            case LATE -> {
                late();
                candidateFailed("it was late");
                return Round.MISSED;
            }
            default -> {
                return Round.SUPERSEDED;
            }
        }
    }

    private void inForce(double[] weights) {
        long bounded = steering.limited();
        boolean valid = steering.take(weights, asked.bias(), config.guard());
        altered = !valid || steering.limited() > bounded;
        if (valid) {
            incidents.over("decision-invalid");
            failures = 0;
        } else {
            incidents.note("decision-invalid", "the policy's weights are not valid; equal weights hold until they are");
            failed("its weights are not valid");
        }
    }

    private boolean candidateFailed(String why) {
        boolean candidate = asked != steering.policy();
        if (candidate) {
            online.candidateFailed(why);
        }
        return candidate;
    }

    private void late() {
        incidents.note(
                "policy-late",
                "no decision within " + config.guard().decisionTimeout().toMillis() + " ms");
        ladder.missed("the policy is late");
    }

    /** What a candidate does wrong ends its trial; the served policy begins anew after some. */
    private void failed(String why) {
        if (candidateFailed(why)) {
            return;
        }
        if (++failures % RENEW_AFTER == 0) {
            Incidents.info("policy-renewed", failures + " bad decisions in a row; the policy begins anew");
            steering.renew();
        }
    }

    /**
     * Checks that the data plane that is there can serve a policy, and that a configuration can replace the present one. Waits while a round is made.
     *
     * @param newPolicy the policy; null for whoever serves
     * @param newConfig everything else
     * @throws IllegalArgumentException if not; the message says why, and for a policy which one comes nearest
     */
    public void requireFit(PolicySpec newPolicy, ControllerConfig newConfig) {
        turn.take();
        try {
            checkFit(newPolicy, newConfig);
        } finally {
            turn.giveBack();
        }
    }

    private void checkFit(PolicySpec newPolicy, ControllerConfig newConfig) {
        if (newConfig.balancer() != config.balancer()) {
            throw new IllegalArgumentException("balancer is " + config.balancer() + " and cannot become "
                    + newConfig.balancer() + " while the controller runs; restart it for that");
        }
        if (steering == null) {
            return; // there is nothing to fit; what comes next is looked at when it is met
        }
        String violation = steering.pool.violation(newConfig.servers(), dataPlane.watchesItself());
        if (violation != null) {
            throw new IllegalArgumentException(violation);
        }
        if (newPolicy != null) {
            Policies.check(newPolicy, dataPlane);
        }
    }

    /**
     * Another policy, another configuration, or both, from the next round on. What does not fit the data plane is refused there and then: that is
     * counted and said, and nothing changes.
     *
     * @param newPolicy who decides from then on; the same object for no change
     * @param newConfig everything else; the interval stays as it is, and the balancer must
     */
    public void reconfigure(PolicySpec newPolicy, ControllerConfig newConfig) {
        change.set(new Change(newPolicy, newConfig));
    }

    /**
     * Another configuration, from the next round on, as {@link #reconfigure(PolicySpec, ControllerConfig)}; whoever serves goes on.
     *
     * @param newConfig everything but the policy
     */
    public void reconfigure(ControllerConfig newConfig) {
        change.set(new Change(null, newConfig));
    }

    private void change(long now) {
        Change next = change.getAndSet(null);
        if (next == null) {
            return;
        }
        try {
            checkFit(next.policy, next.config);
        } catch (IllegalArgumentException e) {
            incidents.note("change-refused", e.getMessage() + "; everything stays as it was");
            return;
        }
        incidents.over("change-refused");
        boolean otherPolicy = next.policy != null && next.policy != policy;
        ControllerConfig last = config;
        policy = otherPolicy ? next.policy : policy;
        config = next.config;
        health.watch(config.servers(), config.health());
        if (steering != null) {
            steering.pool.configure(config, now);
            if (otherPolicy) {
                steering.use(dataPlane, policy);
            }
            if (otherPolicy || !config.online().equals(last.online())) {
                try {
                    learn();
                } catch (IllegalArgumentException e) {
                    incidents.note("online-training-failed", e.getMessage());
                }
            }
        }
        Incidents.info("configured", config.servers().size() + " servers listed, policy " + policy.name());
    }

    /**
     * Lets the JVM compile a round before the first real one, in at most a second. Optional, before {@link #run}; touches neither this controller nor its
     * data plane.
     */
    public void rehearse() {
        Rehearsal.play(policy, dataPlane.spec(), config.balancer());
    }

    /**
     * Rounds at their times until {@link #stop} or {@link #close}. They are made by a thread of their own; the calling one waits, and goes on with them
     * while a policy hangs. A round that took too long makes no later one come sooner.
     */
    public void run() {
        synchronized (running) {
            roundAt = clock.getAsLong();
            Thread loop = new Thread(this::loop, "marllb-control");
            loop.setDaemon(true); // one that hangs must not keep the process
            runner = loop;
            waiter = Thread.currentThread();
            loop.start();
            while (!stopping) {
                LockSupport.parkNanos(intervalNanos);
                long now = clock.getAsLong();
                boolean hangs = now - roundAt
                        > intervalNanos + config.guard().decisionTimeout().toNanos();
                if (!stopping && hangs && turn.tryTake()) {
                    try {
                        timed(now);
                    } finally {
                        turn.giveBack();
                    }
                }
            }
            try {
                loop.join(GRACE_MILLIS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private void loop() {
        long next = clock.getAsLong();
        while (!stopping) {
            long now = clock.getAsLong();
            if (now - next < 0) {
                LockSupport.parkNanos(next - now);
            } else {
                tick(now);
                roundAt = clock.getAsLong();
                next = Math.max(next + intervalNanos, roundAt);
            }
        }
        LockSupport.unpark(waiter);
    }

    /** Lets {@link #run} return soon. */
    public void stop() {
        stopping = true;
        LockSupport.unpark(runner);
        LockSupport.unpark(waiter);
    }

    /**
     * How things are, as of the last round. Waits while a round is made, a second at most; then the last picture has to do.
     *
     * @return a picture that does not change
     */
    public ControllerStatus status() {
        if (turn.takeWithin(PATIENCE_NANOS)) {
            try {
                status = ControllerStatus.of(this, roundNow);
            } finally {
                turn.giveBack();
            }
        }
        return status;
    }

    /**
     * The metrics, for a {@link MetricsServer}.
     *
     * @return the metrics of this controller
     */
    ControllerMetrics metrics() {
        return metrics;
    }

    /**
     * How long rounds took in which a decision was made and published: from the look at the data plane to the end, nanoseconds. To be read when no
     * round runs.
     *
     * @return a copy
     */
    public Histogram roundNanos() {
        return rounds.copy();
    }

    /**
     * Ends everything that was started, after {@link #run} has returned; weights stay in force in the data plane, which falls back by itself later. Closing
     * twice is nothing.
     */
    @Override
    public void close() {
        stop();
        synchronized (running) {
            turn.take();
            try {
                turn.abandonAll((policy, observation) -> {});
                health.close();
                if (online != null) {
                    online.close();
                }
                dataPlane.close();
            } finally {
                turn.giveBack();
            }
        }
    }

    // What ControllerStatus makes its picture of.

    DataPlane dataPlane() {
        return dataPlane;
    }

    Steering steering() {
        return steering;
    }

    HealthMonitor health() {
        return health;
    }

    Ladder ladder() {
        return ladder;
    }

    Incidents incidents() {
        return incidents;
    }

    Throughput throughput() {
        return throughput;
    }

    OnlineTraining online() {
        return online;
    }

    double[] latencies() {
        return flowTimes.milliseconds();
    }

    PolicySpec policy() {
        return policy;
    }

    long intervalNanos() {
        return intervalNanos;
    }

    long replaced() {
        return replaced;
    }

    long published() {
        return published;
    }
}
