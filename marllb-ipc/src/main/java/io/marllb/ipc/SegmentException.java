package io.marllb.ipc;

/** A segment could not be made or attached. The message names the file, says why, and what to do. */
public class SegmentException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** Why, for programs that treat the cases differently. */
    public enum Reason {
        /** There is no such file: its data plane has not started yet, or has ended. */
        MISSING,
        /** Not allowed to open or to make the file. */
        NO_PERMISSION,
        /** The file system is full. */
        NO_SPACE,
        /** The file is something else. */
        NOT_A_SEGMENT,
        /** A segment of another version of the layout, see {@link LayoutMismatchException}. */
        LAYOUT,
        /** A segment whose header contradicts itself or the file's length. */
        DAMAGED,
        /** Another live process holds this side of the segment. */
        OWNED,
        /** The operating system gave another error. */
        IO
    }

    private final Reason reason;

    SegmentException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    SegmentException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /**
     * Why.
     *
     * @return the reason
     */
    public Reason reason() {
        return reason;
    }
}
