package io.marllb.env.traffic;

/**
 * What traffic asks for on average, without rate changes.
 *
 * @param rate flows per second
 * @param meanCpuNanos mean CPU work of a flow, nanoseconds at speed 1
 */
public record OfferedLoad(double rate, double meanCpuNanos) {

    /**
     * The cores of speed 1 that are busy on average when nothing is lost.
     *
     * @return rate times mean work
     */
    public double cores() {
        return rate * meanCpuNanos * 1e-9;
    }
}
