package io.marllb.ipc;

/**
 * Takes commands in their order, each once. Goes on where the last reader of the segment stopped.
 *
 * <p><b>Assumptions.</b> One reader of a segment at a time, in one thread. <b>Guarantees.</b> The kind is valid; slot, generation and address are as the controller wrote them, for the data plane to judge and answer. No allocation, no waiting. <b>Memory order.</b>
 * {@link #take} acquires what the writer stored before, and releases the room to it.
 */
public final class CommandReader {

    private final EntryReader reader;

    CommandReader(EntryRing ring, int servers) {
        reader = new EntryReader(ring, servers, Command::check);
    }

    /**
     * Takes the next command.
     *
     * @param into is filled if the answer is {@link Reading#FRESH}, else left as it is
     * @return {@link Reading#FRESH}, {@link Reading#NOTHING_NEW}, or why one was refused; that one is skipped
     */
    public Reading take(Command into) {
        Reading reading = reader.take();
        if (reading == Reading.FRESH) {
            into.decode(reader.entry());
        }
        return reading;
    }

    /**
     * What was refused so far.
     *
     * @return entries and contradictions of the cursors
     */
    public long refusals() {
        return reader.refusals();
    }
}
