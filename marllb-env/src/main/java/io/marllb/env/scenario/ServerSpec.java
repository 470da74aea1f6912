package io.marllb.env.scenario;

import io.marllb.core.check.Checks;
import java.util.Objects;

/**
 * One server as configured.
 *
 * @param cores number of cores, in [1, {@link #MAX_CORES}]
 * @param speed work per time of one core, {@code > 0}
 * @param smtGain extra rate per flow beyond {@code cores} (processor sharing only), in [0, 1]: total rate with k running flows is
 *     {@code speed * min(k + ..., cores * (1 + smtGain))}
 * @param workers most flows that run or do I/O at once, {@code >= 1}, {@link #UNLIMITED} for no limit
 * @param backlog most flows that wait beyond that, {@code >= 0}, {@link #UNLIMITED} for no limit
 * @param discipline how the cores are shared
 */
public record ServerSpec(int cores, double speed, double smtGain, int workers, int backlog, Discipline discipline) {

    /** No limit of workers or backlog. */
    public static final int UNLIMITED = Integer.MAX_VALUE;

    /** Most cores of one server. */
    public static final int MAX_CORES = 1_024;

    /** Slowest speed: slower, and a run never ends. */
    public static final double MIN_SPEED = 1e-9;

    /** Fastest speed. */
    public static final double MAX_SPEED = 1e9;

    /** Checks the values. */
    public ServerSpec {
        Objects.requireNonNull(discipline, "discipline");
        new Checks("server")
                .inRange("cores", cores, 1, MAX_CORES)
                .inRange("speed", speed, MIN_SPEED, MAX_SPEED)
                .inRange("smtGain", smtGain, 0, 1)
                .atLeast("workers", workers, 1)
                .atLeast("backlog", backlog, 0)
                .that(
                        discipline == Discipline.PS || smtGain == 0,
                        "smtGain needs discipline PS, but was " + smtGain + " with " + discipline)
                .throwIfAny();
    }

    /**
     * The server that a scenario describes by saying nothing: one core of speed 1, processor sharing, no limits.
     *
     * @return the defaults of the scenario file
     */
    public static ServerSpec standard() {
        return new ServerSpec(1, 1, 0, UNLIMITED, UNLIMITED, Discipline.PS);
    }

    /**
     * The static weight where capacities are known.
     *
     * @return cores times speed
     */
    public double capacity() {
        return cores * speed;
    }

    /**
     * The most work that the server can do per time, with as many running flows as it takes: what utilisation is measured against. It is
     * more than {@link #capacity()} with SMT, and less where {@code workers} keep cores idle. I/O, which holds workers too, is not counted.
     *
     * @return seconds of work per second
     */
    public double fullRate() {
        int busy = Math.min(cores, workers);
        double extra = Math.min((double) (workers - busy), cores) * smtGain;
        return speed * (busy + extra);
    }
}
