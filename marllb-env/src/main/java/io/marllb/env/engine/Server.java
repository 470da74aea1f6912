package io.marllb.env.engine;

import io.marllb.env.scenario.Discipline;
import io.marllb.env.scenario.ServerSpec;
import java.util.Arrays;

/**
 * One server: running flows share its cores, others wait in line.
 *
 * <p>Both disciplines are one mechanism. Every running flow receives service at the same rate r(k), so a single counter V, the service that a
 * flow would have received had it run all the time, orders them: a flow that starts at V and needs work x ends when V reaches its start plus x,
 * whatever r does meanwhile. FIFO is r = speed with at most {@code cores} running; processor sharing is r(k) = total(k) / k. The running flows are a
 * heap by the V of their next milestone: an ACK on the way, or the end of their CPU work.
 */
final class Server {

    /**
     * Service rates at speed 1 by number of running flows, up to twice the cores; beyond, the total stays at its maximum. Servers of one kind
     * share it.
     */
    static final class Rates {

        final double[] perFlow;
        final double[] inversePerFlow;
        final double[] busyShare; // total rate over its maximum
        final double maxTotal;

        Rates(ServerSpec spec) {
            boolean sharing = spec.discipline() == Discipline.PS;
            double gain = sharing ? spec.smtGain() : 0;
            int cores = spec.cores();
            maxTotal = cores * (1 + gain);
            perFlow = new double[2 * cores + 1];
            inversePerFlow = new double[perFlow.length];
            busyShare = new double[perFlow.length];
            for (int k = 1; k < perFlow.length; k++) {
                double total = Math.min(k <= cores ? k : cores + gain * (k - cores), maxTotal);
                perFlow[k] = sharing ? total / k : 1;
                inversePerFlow[k] = 1 / perFlow[k];
                busyShare[k] = total / maxTotal;
            }
        }
    }

    private static final long WEYL = 0x9e3779b97f4a7c15L; // odd, 2^64 over the golden ratio
    private static final double FOREVER = 0x1.0p62; // nanoseconds, 146 years: beyond it a sum of times may overflow

    private final FlowTable flows;
    private final int acks;
    private final double inverseAcks;
    private final int cores;
    private final int maxRunning;
    private final int workers;
    private final long systemLimit;
    private final boolean sharing;

    private final Rates rates;
    private final double maxTotal;

    private double[] key = new double[4];
    private int[] heap = new int[4];
    private int running;
    private int active; // running or in I/O: workers in use
    private int inSystem;
    private int waitHead = FlowTable.NONE;
    private int waitTail = FlowTable.NONE;

    private double speed;
    private double inverseSpeed;
    private boolean up = true;
    private double attained; // V
    private double rate; // dV/dt, 0 while nothing runs
    private double inverseRate;
    private double busy; // share of the current capacity in use
    private long touchedAt;

    // Integrals since the start of the run.
    private long inSystemNanos;
    private double busyNanos; // share of the current capacity in use, over time

    Server(ServerSpec spec, Rates rates, FlowTable flows, int acks) {
        this.rates = rates;
        this.flows = flows;
        this.acks = acks;
        inverseAcks = 1.0 / acks;
        cores = spec.cores();
        sharing = spec.discipline() == Discipline.PS;
        workers = spec.workers();
        maxRunning = sharing ? Integer.MAX_VALUE : cores;
        boolean limitless = spec.backlog() == ServerSpec.UNLIMITED || (workers == ServerSpec.UNLIMITED && sharing);
        int inService = workers == ServerSpec.UNLIMITED
                ? cores
                : workers; // FIFO without a limit of workers: those that its cores serve
        systemLimit = limitless ? Long.MAX_VALUE : (long) inService + spec.backlog();
        speed = spec.speed();
        inverseSpeed = 1 / speed;
        maxTotal = rates.maxTotal;
    }

    boolean up() {
        return up;
    }

    int inSystem() {
        return inSystem;
    }

    /** Workers in use: flows that run or do I/O. */
    int active() {
        return active;
    }

    /** Cores times current speed; 0 while down. */
    double capacity() {
        return up ? cores * speed : 0;
    }

    long inSystemNanos() {
        return inSystemNanos;
    }

    double busyNanos() {
        return busyNanos;
    }

    /** CPU work that is left, at speed 1; O(flows). */
    double remainingWork(long now) {
        double v = attained + (now - touchedAt) * rate;
        double sum = 0;
        for (int i = 0; i < running; i++) {
            int f = heap[i];
            sum += Math.max(0, flows.startV[f] + flows.cpu[f] - v);
        }
        for (int f = waitHead; f != FlowTable.NONE; f = flows.next[f]) {
            sum += flows.cpu[f];
        }
        return sum;
    }

    /** Brings V and the integrals up to now; before every change. */
    void touch(long now) {
        long dt = now - touchedAt;
        if (dt > 0) {
            attained += dt * rate;
            inSystemNanos += inSystem * dt;
            busyNanos += dt * busy;
            touchedAt = now;
        }
    }

    private void setRate() {
        if (running == 0) {
            attained = 0; // nobody refers to V any more, so it need not grow without end
            rate = 0;
            busy = 0;
        } else if (running < rates.perFlow.length) {
            rate = speed * rates.perFlow[running];
            inverseRate = rates.inversePerFlow[running] * inverseSpeed;
            busy = rates.busyShare[running];
        } else {
            rate = speed * maxTotal / running;
            inverseRate = running * inverseSpeed / maxTotal;
            busy = 1;
        }
    }

    /** When the next milestone is due, given the state at {@code now}. */
    long nextEvent(long now) {
        if (running == 0) {
            return CompletionQueue.NEVER;
        }
        double wait = (key[0] - attained) * inverseRate;
        if (wait <= 0) {
            return now;
        }
        return wait < FOREVER ? now + (long) Math.ceil(wait) : CompletionQueue.NEVER;
    }

    /** Whether a flow that arrives now is taken. */
    boolean accepts() {
        return up && inSystem < systemLimit;
    }

    /** An accepted flow arrives; tells whether the next event may be another one now. */
    boolean enter(int f, long now) {
        touch(now);
        inSystem++;
        flows.enteredAt[f] = now;
        if (running < maxRunning && active < workers) {
            start(f);
            setRate();
            return true;
        } else {
            flows.state[f] = FlowTable.WAITING;
            flows.next[f] = FlowTable.NONE;
            if (waitHead == FlowTable.NONE) {
                waitHead = f;
            } else {
                flows.next[waitTail] = f;
            }
            waitTail = f;
            return false;
        }
    }

    private void start(int f) {
        active++;
        flows.state[f] = FlowTable.RUNNING;
        flows.startV[f] = attained;
        flows.acksSeen[f] = 0;
        push(f, milestone(f));
        running++;
    }

    /**
     * V of a flow's next milestone. ACK i of A comes when a share of the work uniform in [i/A, (i+1)/A) is done: clients acknowledge what
     * servers send, and servers send as they progress.
     */
    private double milestone(int f) {
        int seen = flows.acksSeen[f];
        if (seen >= acks) {
            return flows.startV[f] + flows.cpu[f];
        }
        double u = ((flows.hash[f] * (WEYL + 2L * seen)) >>> 11)
                * 0x1.0p-53; // the hash is well mixed: odd factors give it more words
        return flows.startV[f] + flows.cpu[f] * ((seen + u) * inverseAcks);
    }

    /** The flow whose milestone is due. */
    int due() {
        return heap[0];
    }

    /** The due milestone happens: true if it is the end of the flow's CPU work, false if it is an ACK. */
    boolean reachMilestone(long now) {
        touch(now);
        int f = heap[0];
        if (attained < key[0]) { // times are whole nanoseconds, V is not
            attained = key[0];
        }
        if (flows.acksSeen[f] < acks) {
            flows.acksSeen[f]++;
            siftDown(f, milestone(f), running);
            return false;
        }
        running--;
        if (running > 0) {
            siftDown(heap[running], key[running], running);
        }
        setRate();
        return true;
    }

    /** A flow that has ended its CPU work frees its core only. */
    void toIo(int f) {
        flows.state[f] = FlowTable.IN_IO;
        admit();
    }

    /** A flow leaves the server and frees its worker. */
    void leave(long now) {
        touch(now);
        active--;
        inSystem--;
        admit();
    }

    private void admit() {
        boolean changed = false;
        while (waitHead != FlowTable.NONE && running < maxRunning && active < workers) {
            int f = waitHead;
            waitHead = flows.next[f];
            if (waitHead == FlowTable.NONE) {
                waitTail = FlowTable.NONE;
            }
            start(f);
            changed = true;
        }
        if (changed) {
            setRate();
        }
    }

    void setSpeed(double newSpeed, long now) {
        touch(now);
        speed = newSpeed;
        inverseSpeed = 1 / newSpeed;
        setRate();
    }

    /** The server dies and forgets its flows; the caller has collected them. */
    void die(long now) {
        touch(now);
        up = false;
        running = 0;
        active = 0;
        inSystem = 0;
        waitHead = FlowTable.NONE;
        waitTail = FlowTable.NONE;
        setRate();
    }

    void recover(long now) {
        touch(now);
        up = true;
    }

    private void push(int f, double k) {
        if (running == heap.length) {
            heap = Arrays.copyOf(heap, running * 2);
            key = Arrays.copyOf(key, running * 2);
        }
        int i = running;
        while (i > 0) {
            int parent = (i - 1) >> 1;
            if (key[parent] <= k) {
                break;
            }
            key[i] = key[parent];
            heap[i] = heap[parent];
            i = parent;
        }
        key[i] = k;
        heap[i] = f;
    }

    private void siftDown(int f, double k, int size) {
        int i = 0;
        while (true) {
            int child = 2 * i + 1;
            if (child >= size) {
                break;
            }
            if (child + 1 < size && key[child + 1] < key[child]) {
                child++;
            }
            if (k <= key[child]) {
                break;
            }
            key[i] = key[child];
            heap[i] = heap[child];
            i = child;
        }
        key[i] = k;
        heap[i] = f;
    }
}
