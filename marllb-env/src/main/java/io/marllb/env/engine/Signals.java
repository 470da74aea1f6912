package io.marllb.env.engine;

import io.marllb.core.Signal;
import io.marllb.core.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Messages between servers and balancers: what servers tell of themselves, which messages the network loses, and those under way. With no delay a
 * message arrives at once; else the carrier brings it back later by its number. Messages are reused, so that none is allocated per flow.
 */
final class Signals {

    /** Brings a message to its balancer after the network's delay, by {@link #arrive}. */
    @FunctionalInterface
    interface Carrier {
        void carry(int message, int balancer);
    }

    private static final double EWMA_NEW = 0.1; // weight of the newest completion in what servers report

    private final Server[] servers;
    private final Balancer[] balancers;
    private final RunResult result;
    private final boolean immediate;
    private final double loss;
    private final Words lossWords;
    private final Carrier carrier;

    // What servers tell: decayed means, the latency by count, and where utilisation was last reported.
    private final double[] latency;
    private final double[] service;
    private final ProbeLatency[] probeLatency; // empty unless probed
    private final double[] reportedBusy;
    private final long[] reportedAt;

    private final List<Signal> messages = new ArrayList<>();
    private int[] free = new int[64];
    private int freeCount;

    Signals(
            Server[] servers,
            Balancer[] balancers,
            RunResult result,
            boolean probed,
            boolean immediate,
            double loss,
            Words lossWords,
            Carrier carrier) {
        this.servers = servers;
        this.balancers = balancers;
        this.result = result;
        this.immediate = immediate;
        this.loss = loss;
        this.lossWords = lossWords;
        this.carrier = carrier;
        int n = servers.length;
        latency = new double[n];
        service = new double[n];
        Arrays.fill(latency, Double.NaN);
        Arrays.fill(service, Double.NaN);
        probeLatency = new ProbeLatency[probed ? n : 0];
        Arrays.setAll(probeLatency, j -> new ProbeLatency());
        reportedBusy = new double[n];
        reportedAt = new long[n];
    }

    /** A server has answered a flow: response time and work in nanoseconds, and how many flows it had found there. */
    void completed(int server, long response, double work, int foundOnArrival) {
        latency[server] = average(latency[server], (double) response);
        service[server] = average(service[server], work);
        if (probeLatency.length > 0) {
            probeLatency[server].completed(foundOnArrival, (double) response);
        }
    }

    private static double average(double old, double x) {
        return old >= 0 ? old + EWMA_NEW * (x - old) : x;
    }

    /** Every server that is there tells every balancer how it is. */
    void report(Pool pool, long now) {
        for (int j = 0; j < servers.length; j++) {
            if (pool.joined[j] && servers[j].up()) {
                servers[j].touch(now);
                double busy = servers[j].busyNanos();
                double utilisation = (busy - reportedBusy[j]) / (now - reportedAt[j]); // NaN if it came this moment
                startReporting(j, now);
                for (int b = 0; b < balancers.length; b++) {
                    send(Signal.Kind.REPORT, j, -1, b, servers[j].inSystem(), utilisation, now);
                }
            }
        }
    }

    /** From now on counts towards a server's next report. */
    void startReporting(int server, long now) {
        reportedBusy[server] = servers[server].busyNanos();
        reportedAt[server] = now;
    }

    void send(Signal.Kind kind, int server, int from, int to, int inFlight, long now) {
        send(kind, server, from, to, inFlight, Double.NaN, now);
    }

    private void send(Signal.Kind kind, int server, int from, int to, int inFlight, double utilisation, long now) {
        if (!sent()) {
            return;
        }
        int i = freeCount > 0 ? free[--freeCount] : messages.size();
        if (i == messages.size()) {
            messages.add(new Signal());
        }
        Signal signal = messages.get(i);
        signal.kind = kind;
        signal.server = server;
        signal.balancer = from;
        signal.sentAt = now;
        signal.inFlight = inFlight;
        signal.latency = switch (kind) {
            case REPORT -> latency[server];
            case PROBE -> probeLatency[server].at(inFlight);
            default -> Double.NaN;
        };
        boolean fromServer = kind == Signal.Kind.PROBE || kind == Signal.Kind.REPORT;
        signal.service = fromServer ? service[server] : Double.NaN;
        signal.utilisation = utilisation;
        if (immediate) {
            arrive(i, to, now);
        } else {
            carrier.carry(i, to);
        }
    }

    /** A message is there. */
    void arrive(int message, int balancer, long now) {
        balancers[balancer].receive(messages.get(message), now);
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, freeCount * 2);
        }
        free[freeCount++] = message;
    }

    /** Counts a message; false if the network loses it. */
    boolean sent() {
        result.signalsSent++;
        if (loss > 0 && Words.unit(lossWords.next()) < loss) {
            result.signalsLost++;
            return false;
        }
        return true;
    }
}
