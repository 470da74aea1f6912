package io.marllb.env.scenario;

/**
 * One server as configured.
 *
 * @param cores number of cores, {@code >= 1}
 * @param speed work per time of one core, {@code > 0}
 * @param smtGain extra rate per flow beyond {@code cores} (processor sharing only), in [0, 1]: total rate with k running flows is
 *     {@code speed * min(k + ..., cores * (1 + smtGain))}
 * @param workers most flows that run or do I/O at once, {@link #UNLIMITED} for no limit
 * @param backlog most flows that wait beyond that, {@link #UNLIMITED} for no limit
 * @param discipline how the cores are shared
 */
public record ServerSpec(int cores, double speed, double smtGain, int workers, int backlog, Discipline discipline) {

    /** No limit of workers or backlog. */
    public static final int UNLIMITED = Integer.MAX_VALUE;

    /**
     * The static weight where capacities are known.
     *
     * @return cores times speed
     */
    public double capacity() {
        return cores * speed;
    }
}
