package io.marllb.dataplane.haproxy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** HAProxy's runtime socket: one connection per line of commands, as HAProxy wants it, and never longer than a timeout. For one thread. */
final class RuntimeSocket {

    private static final int MOST_BYTES = 4 << 20; // far above the statistics of 256 servers
    private static final int CHUNK = 64 << 10;

    private final Path path;
    private final long timeoutNanos;

    RuntimeSocket(Path path, long timeoutNanos) {
        this.path = path;
        this.timeoutNanos = timeoutNanos;
    }

    /**
     * Sends a line and reads the answer to its end.
     *
     * @param commands separated by semicolons
     * @throws IOException if there is no HAProxy, or it does not answer in time
     */
    String ask(String commands) throws IOException {
        long deadline = System.nanoTime() + timeoutNanos;
        try (Selector selector = Selector.open();
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.configureBlocking(false);
            if (!channel.connect(
                    UnixDomainSocketAddress.of(path))) { // at once, or the queue of a HAProxy that hangs is full
                throw new IOException(path + " takes no more connections: HAProxy hangs, or is very busy");
            }
            SelectionKey key = channel.register(selector, SelectionKey.OP_WRITE);
            ByteBuffer out = ByteBuffer.wrap((commands + "\n").getBytes(StandardCharsets.US_ASCII));
            while (out.hasRemaining()) {
                await(selector, deadline);
                channel.write(out);
            }
            key.interestOps(SelectionKey.OP_READ);
            ByteBuffer in = ByteBuffer.allocate(CHUNK);
            while (true) {
                await(selector, deadline);
                int n = channel.read(in);
                if (n < 0) {
                    return new String(in.array(), 0, in.position(), StandardCharsets.UTF_8);
                }
                if (!in.hasRemaining()) {
                    if (in.capacity() >= MOST_BYTES) {
                        throw new IOException("the answer of " + path + " is longer than 4 MiB");
                    }
                    in = ByteBuffer.allocate(2 * in.capacity()).put(in.flip());
                }
            }
        }
    }

    private void await(Selector selector, long deadline) throws IOException {
        long left = (deadline - System.nanoTime()) / 1_000_000;
        if (left <= 0 || selector.select(left) == 0) {
            throw new IOException(path + " did not answer within " + timeoutNanos / 1_000_000 + " ms");
        }
        selector.selectedKeys().clear();
    }
}
