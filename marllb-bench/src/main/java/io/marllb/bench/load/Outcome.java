package io.marllb.bench.load;

/** How a request ended. */
public enum Outcome {
    /** A whole answer with a status below 400. */
    OK,
    /** The connection was refused, or could not be made. */
    NOT_CONNECTED,
    /** The connection was reset. */
    RESET,
    /** The answer ended before it was whole, or was none that HTTP knows. */
    TORN,
    /** A whole answer with a status of 400 or more. */
    BAD_STATUS,
    /** No whole answer in time. */
    TIMEOUT,
    /** Never sent, since too many were open. */
    NOT_SENT
}
