package io.marllb.policies;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.Flow;
import io.marllb.core.GlobalView;
import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.Outcome;
import io.marllb.core.Policy;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reduction;
import io.marllb.core.Reports;
import io.marllb.core.Signal;
import io.marllb.core.Words;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * A host without queueing theory: balancers and servers whose flows end at random. It keeps the order of calls that {@code FlowRule}
 * promises, offers every need, changes weights, health and drain at random, and checks every choice and every weight.
 */
final class FakeCluster {

    private static final long INTERVAL = 250_000_000L;

    final int n;
    final Balancer[] balancers;
    final List<Integer> choices = new ArrayList<>();
    final List<Double> weightsSeen = new ArrayList<>();
    long now = 1_000;

    private final SplittableRandom random;
    private final boolean[] up;
    private final double[] ramp; // slow start: 0 to 1
    private final double[] staticWeight;
    private final List<OpenFlow> open = new ArrayList<>();
    private final ArrayDeque<int[]> probes = new ArrayDeque<>(); // {balancer, server}

    private record OpenFlow(int balancer, int server, long since) {}

    FakeCluster(PolicySpec spec, int n, int m, long seed) {
        this.n = n;
        random = new SplittableRandom(seed);
        up = new boolean[n];
        Arrays.fill(up, true);
        ramp = new double[n];
        Arrays.fill(ramp, 1);
        staticWeight = new double[n];
        for (int j = 0; j < n; j++) {
            staticWeight[j] = 1 + j % 3;
        }
        balancers = new Balancer[m];
        for (int b = 0; b < m; b++) {
            balancers[b] = new Balancer(spec, b, m, seed);
        }
    }

    /** One balancer: its policy and all that it may see. */
    final class Balancer implements GlobalView, Flow, Observation, Words, Reports {
        final int index;
        final Policy policy;
        final double[] weights;
        final int[] inFlight = new int[n];
        final long[] started = new long[n];
        final long[] completed = new long[n];
        final double[] meanFct = new double[n];
        final Signal[] reports = new Signal[n];
        long hash;
        private final SplittableRandom words;

        Balancer(PolicySpec spec, int index, int m, long seed) {
            this.index = index;
            words = new SplittableRandom(seed * 31 + index);
            Arrays.fill(meanFct, Double.NaN);
            policy = spec.build(new PolicySetup(n, m, index, INTERVAL, seed, s -> probes.add(new int[] {index, s})));
            weights = new double[n];
            policy.weights().start(this, weights);
            check(weights);
            policy.rule().poolChanged(this);
        }

        @Override
        public double bias() {
            return policy.weights().bias();
        }

        int choose() {
            hash = words.nextLong();
            return policy.rule().choose(this, this, this);
        }

        void start(int server) {
            inFlight[server]++;
            started[server]++;
            policy.rule().started(server, now);
        }

        void end(int server, long fct, Outcome outcome) {
            inFlight[server]--;
            if (outcome == Outcome.COMPLETED) {
                completed[server]++;
                double seconds = fct * 1e-9;
                meanFct[server] = Double.isNaN(meanFct[server]) ? seconds : 0.9 * meanFct[server] + 0.1 * seconds;
            }
            policy.rule().ended(server, fct, outcome, now);
        }

        void decide() {
            policy.weights().decide(this, this, weights);
            check(weights);
            for (double w : weights) {
                weightsSeen.add(w);
            }
            policy.rule().poolChanged(this);
        }

        private void check(double[] values) {
            double sum = 0;
            for (double w : values) {
                assertThat(w).isFinite().isNotNegative();
                sum += w;
            }
            assertThat(sum).isPositive();
        }

        @Override
        public int n() {
            return n;
        }

        @Override
        public boolean eligible(int server) {
            return up[server] && weight(server) > 0;
        }

        @Override
        public boolean active(int server) {
            return up[server];
        }

        @Override
        public int inFlight(int server) {
            return inFlight[server];
        }

        @Override
        public double weight(int server) {
            return weights[server] * ramp[server];
        }

        @Override
        public double staticWeight(int server) {
            return staticWeight[server];
        }

        @Override
        public int inSystem(int server) {
            return FakeCluster.this.inSystem(server);
        }

        @Override
        public double capacity(int server) {
            return up[server] ? staticWeight[server] : 0;
        }

        @Override
        public double remainingWork(int server) {
            return inSystem(server) * 1e7;
        }

        @Override
        public long hash() {
            return hash;
        }

        @Override
        public long now() {
            return now;
        }

        @Override
        public long next() {
            return words.nextLong();
        }

        @Override
        public long started(int server) {
            return started[server];
        }

        @Override
        public long completed(int server) {
            return completed[server];
        }

        @Override
        public long busyNanos(int server) {
            return started[server] > 0 ? now : 0;
        }

        @Override
        public double inFlightNanos(int server) {
            return started[server] * 1e7;
        }

        @Override
        public double flowCompletionTime(int server, Reduction reduction) {
            return meanFct[server];
        }

        @Override
        public double flowDuration(int server, Reduction reduction) {
            return meanFct[server];
        }

        @Override
        public Signal latest(int server) {
            return reports[server];
        }
    }

    int inSystem(int server) {
        int total = 0;
        for (Balancer b : balancers) {
            total += b.inFlight[server];
        }
        return total;
    }

    /** Sets which servers are up, and tells every balancer. */
    void setUp(boolean... isUp) {
        System.arraycopy(isUp, 0, up, 0, n);
        for (Balancer b : balancers) {
            b.policy.rule().poolChanged(b);
        }
    }

    /** Brings every server up, at full weight. */
    void recover() {
        Arrays.fill(ramp, 1);
        boolean[] isUp = new boolean[n];
        Arrays.fill(isUp, true);
        setUp(isUp);
    }

    /** Random life: arrivals, ends, ages, signals, weights, outages. */
    void live(int steps) {
        for (int i = 0; i < steps; i++) {
            now += 1 + random.nextLong(4_000_000);
            double u = random.nextDouble();
            if (u < 0.5) {
                arrive(balancers[random.nextInt(balancers.length)]);
            } else if (u < 0.97) {
                end();
            } else if (u < 0.99) {
                tick();
            } else {
                outage();
            }
            answerProbes();
        }
    }

    private void arrive(Balancer b) {
        int server = b.choose();
        choices.add(server);
        boolean any = false;
        for (int j = 0; j < n; j++) {
            any |= b.eligible(j);
        }
        if (!any) {
            assertThat(server).isEqualTo(-1);
            return;
        }
        assertThat(server).isBetween(0, n - 1);
        assertThat(b.eligible(server)).as("server %d is eligible", server).isTrue();
        b.start(server);
        open.add(new OpenFlow(b.index, server, now));
    }

    private void end() {
        if (open.isEmpty()) {
            return;
        }
        OpenFlow flow = open.remove(random.nextInt(open.size()));
        Balancer b = balancers[flow.balancer];
        b.policy.rule().sampled(flow.server, now - flow.since, now);
        double u = random.nextDouble();
        b.end(
                flow.server,
                now - flow.since,
                u < 0.9 ? Outcome.COMPLETED : u < 0.95 ? Outcome.REJECTED : Outcome.ABORTED);
        if (inSystem(flow.server) == 0) {
            Balancer told = balancers[random.nextInt(balancers.length)];
            send(told, Need.IDLE, signal(Signal.Kind.IDLE, flow.server));
        }
    }

    private void tick() {
        for (Balancer b : balancers) {
            for (int j = 0; j < n; j++) {
                b.reports[j] = signal(Signal.Kind.REPORT, j);
                send(b, Need.REPORT, b.reports[j]);
                for (Balancer other : balancers) {
                    if (other != b) {
                        Signal peers = signal(Signal.Kind.PEERS, j);
                        peers.balancer = other.index;
                        peers.inFlight = other.inFlight[j];
                        send(b, Need.PEERS, peers);
                    }
                }
            }
            b.decide();
        }
    }

    private void outage() {
        int server = random.nextInt(n);
        boolean[] isUp = up.clone();
        isUp[server] = !isUp[server];
        ramp[server] = random.nextInt(4) / 3.0;
        if (random.nextInt(20) == 0) {
            Arrays.fill(isUp, false);
        }
        setUp(isUp);
    }

    private void answerProbes() {
        while (!probes.isEmpty() && random.nextInt(4) > 0) {
            int[] probe = probes.remove();
            send(balancers[probe[0]], Need.PROBE, signal(Signal.Kind.PROBE, probe[1]));
        }
    }

    private void send(Balancer b, Need need, Signal signal) {
        if (b.policy.needs().contains(need)) {
            b.policy.rule().signal(signal, now);
        }
    }

    private Signal signal(Signal.Kind kind, int server) {
        Signal signal = new Signal();
        signal.kind = kind;
        signal.server = server;
        signal.sentAt = now;
        signal.inFlight = inSystem(server);
        if (random.nextInt(3) > 0) {
            signal.latency = 1e6 * (1 + random.nextInt(50));
            signal.service = 1e6 * (1 + random.nextInt(10));
            signal.utilisation = random.nextDouble();
        }
        return signal;
    }
}
