package io.marllb.dataplane.proxy;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/**
 * Buffers outside of the heap, of one size, for one loop: used again and never given back to the system, so that memory stays flat. A connection holds
 * one only while a peer does not take what was sent to it.
 */
final class BufferPool {

    private final int bytes;
    private final int most;
    private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();
    private int made;

    BufferPool(int bytes, int most) {
        this.bytes = bytes;
        this.most = most;
    }

    /** An empty buffer; null if all that there may be are in use. */
    ByteBuffer take() {
        ByteBuffer buffer = free.pollLast(); // the one used last is in the cache
        if (buffer == null && made < most) {
            buffer = ByteBuffer.allocateDirect(bytes);
            made++;
        }
        return buffer;
    }

    void give(ByteBuffer buffer) {
        free.addLast(buffer.clear());
    }

    /** Buffers in use. */
    int inUse() {
        return made - free.size();
    }

    /** Buffers that exist. */
    int made() {
        return made;
    }
}
