package io.marllb.bench.replay;

/** A run ended with an error that is not the input's fault: an invariant was violated, or a policy broke. The cause tells which. */
public final class RunFailedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    RunFailedException(String policy, long seed, Throwable cause) {
        super("policy '" + policy + "', seed " + seed + ": " + cause.getMessage(), cause);
    }
}
