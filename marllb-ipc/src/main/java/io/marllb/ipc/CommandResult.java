package io.marllb.ipc;

/** What the data plane answers to a command, in the detail of its {@link EventKind#COMMAND_DONE}. The order is the layout's. */
public enum CommandResult {
    /** Done. */
    OK,
    /** No such slot. */
    BAD_SLOT,
    /** Not in the slot's present state. */
    BAD_STATE,
    /** Not an address that the data plane can reach. */
    BAD_ADDRESS,
    /** This data plane has no such command. */
    UNSUPPORTED;

    private static final CommandResult[] VALUES = values();

    /**
     * The result of a code.
     *
     * @param code from {@link Event#detail}
     * @return the result
     * @throws IndexOutOfBoundsException if there is none of that code
     */
    public static CommandResult of(int code) {
        return VALUES[code];
    }
}
