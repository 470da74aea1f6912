package io.marllb.core;

/** How a flow ended, as its balancer learns of it. */
public enum Outcome {
    /** The client got its answer and closed. */
    COMPLETED,
    /** The server refused the flow: workers and backlog were full, or it was down. */
    REJECTED,
    /** The server died, or the connection was reset, after the flow had been accepted. */
    ABORTED
}
