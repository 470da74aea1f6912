package io.marllb.dataplane.proxy;

/** A client, its server, and what is known of the two. Belongs to one loop. */
final class Connection extends Placement {

    enum State {
        /** A server is being sought; nothing was read from the client. */
        CONNECTING,
        OPEN,
        CLOSED
    }

    final End client = new End(this);
    final End server = new End(this);

    /** When it was accepted. */
    final long since;

    /** When something last moved, or the connect under way began. */
    long movedAt;

    State state = State.CONNECTING;
    boolean serverSpokeLast;

    // Its neighbours in the list that it is in.
    Connection before;
    Connection after;

    Connection(long now) {
        since = now;
        movedAt = now;
        client.other = server;
        server.other = client;
    }
}
