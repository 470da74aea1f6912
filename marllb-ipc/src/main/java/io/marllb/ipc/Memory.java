package io.marllb.ipc;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Ordered access to the words of a segment; the offsets are multiples of the word's size, the buffer is direct and little-endian. */
final class Memory {

    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private Memory() {}

    static long acquire(ByteBuffer memory, int offset) {
        return (long) LONG.getAcquire(memory, offset);
    }

    static long opaque(ByteBuffer memory, int offset) {
        return (long) LONG.getOpaque(memory, offset);
    }

    static void release(ByteBuffer memory, int offset, long value) {
        LONG.setRelease(memory, offset, value);
    }

    static int acquireInt(ByteBuffer memory, int offset) {
        return (int) INT.getAcquire(memory, offset);
    }

    static void releaseInt(ByteBuffer memory, int offset, int value) {
        INT.setRelease(memory, offset, value);
    }

    /** A private copy of a record is assembled and taken apart here. */
    static ByteBuffer scratch(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
}
