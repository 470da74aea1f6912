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
    /** An answer of another length than was asked for: the server knows no ranges, or has less. */
    OTHER_LENGTH,
    /** A whole answer with a status of 400 or more. */
    BAD_STATUS,
    /** No whole answer in time. */
    TIMEOUT,
    /** Never sent: as many connections were open as the options or the limit of open files allow. */
    NOT_SENT
}
