package io.marllb.bench.testbed;

/** The testbed can't be made or used: what failed, what it said, and what to do. */
public final class TestbedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    TestbedException(String message) {
        super(message);
    }

    TestbedException(String message, Throwable cause) {
        super(message, cause);
    }
}
