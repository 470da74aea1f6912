package io.marllb.dataplane.proxy;

import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/** One end of a connection, towards its client or its server: the socket, and what came from it and waits for the other end. */
final class End {

    final Connection connection;
    End other;
    SocketChannel channel;

    /** Read here, not yet taken by the other end; null for nothing. */
    ByteBuffer waiting;

    /** Nothing more will come from here, and everything was passed on: while something waits, nothing is read. */
    boolean finished;

    private SelectionKey key;
    private int interest;

    End(Connection connection) {
        this.connection = connection;
    }

    boolean isClient() {
        return this == connection.client;
    }

    /** Another socket takes the place of the one that was refused. */
    void use(SocketChannel next) {
        channel = next;
        key = null;
        interest = 0;
    }

    /** From now on the selector watches the socket for what is wanted. */
    void watch(Selector selector) throws ClosedChannelException {
        if (key == null) {
            key = channel.register(selector, interest, this);
        }
    }

    /** What is wanted changes; it costs a system call, but only when it does. */
    void want(int ops) {
        if (interest != ops) {
            interest = ops;
            if (key != null) {
                key.interestOps(ops);
            }
        }
    }

    int wanted() {
        return interest;
    }
}
