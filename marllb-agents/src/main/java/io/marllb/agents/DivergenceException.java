package io.marllb.agents;

/** Learning went wrong: a loss or a parameter is no longer a number, or exploded. The last good checkpoint stays. */
public final class DivergenceException extends RuntimeException {

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
}
