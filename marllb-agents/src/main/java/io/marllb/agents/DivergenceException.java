package io.marllb.agents;

/** Learning went wrong: a loss or a parameter is no longer a number, or exploded. The last good checkpoint stays. */
public final class DivergenceException extends RuntimeException {

    /**
     * What a loss, a norm or a parameter is larger than when it exploded. Well below float32's largest, 3e38, so that it is noticed before numbers
     * turn infinite; well above what learns: a loss of 1e12 is a value that is wrong by a million, and the environments here pay thousands at most.
     */
    public static final double LARGEST = 1e12;

    private static final long serialVersionUID = 1L;

    /**
     * What was seen.
     *
     * @param tensor what is wrong, such as {@code "critic 0, gradient norm"}
     * @param value its value
     * @param update number of the update
     * @param seed the run's seed
     */
    public DivergenceException(String tensor, double value, long update, long seed) {
        super("learning diverged: " + tensor + " was " + value + " at update " + update + ", seed " + seed
                + "; lower the learning rate or the clip norm (--set), or try another seed");
    }

    /**
     * Checks a number.
     *
     * @param tensor what it is, such as {@code "train/critic_loss"}
     * @param value its value
     * @param update number of the update
     * @param seed the run's seed
     * @throws DivergenceException unless its size is at most {@link #LARGEST}
     */
    public static void check(String tensor, double value, long update, long seed) {
        if (!(Math.abs(value) <= LARGEST)) {
            throw new DivergenceException(tensor, value, update, seed);
        }
    }
}
