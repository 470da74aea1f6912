package io.marllb.cli;

/** The input was good, but the job did not succeed; its message is for the user. */
final class JobFailedException extends RuntimeException {

    JobFailedException(String message) {
        super(message);
    }
}
