package io.marllb.bench.load;

import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;

/** One request under way: its connection, what is still to be sent, and how far the answer has come. */
final class Exchange {

    private static final int LONGEST_HEAD = 16 * 1024;
    private static final byte[] HEAD_END = {'\r', '\n', '\r', '\n'};
    private static final byte[] LAST_CHUNK = {'0', '\r', '\n', '\r', '\n'};
    private static final long UNTIL_CLOSE = -1;
    private static final int FIRST_FINAL_STATUS = 200;
    private static final int NO_CONTENT = 204;
    private static final int NOT_MODIFIED = 304;
    private static final int FIRST_ERROR = 400;

    final SocketChannel channel;
    final long dueNanos;
    final int flowClass;
    final long bytes;
    final ByteBuffer request;
    long lateNanos;
    boolean counted; // its outcome is known; it only waits for the other side to close
    long countedNanos;
    boolean closed; // by us; a connection that could not be made closes itself

    private byte[] head = new byte[512];
    private int headLength;
    private boolean headDone;
    private int status;
    private long left; // bytes of the body, or UNTIL_CLOSE
    private boolean chunked; // then its end tells whether it is whole
    private final byte[] tail = new byte[LAST_CHUNK.length];

    Exchange(SocketChannel channel, long dueNanos, int flowClass, long bytes, byte[] request) {
        this.channel = channel;
        this.dueNanos = dueNanos;
        this.flowClass = flowClass;
        this.bytes = bytes;
        this.request = ByteBuffer.wrap(request);
    }

    /** Takes in some of the answer; null while it is not whole. */
    Outcome received(ByteBuffer some) {
        while (some.hasRemaining() && !headDone) {
            if (headLength == LONGEST_HEAD) {
                return Outcome.TORN;
            }
            if (headLength == head.length) {
                head = Arrays.copyOf(head, Math.min(LONGEST_HEAD, 2 * head.length));
            }
            head[headLength++] = some.get();
            if (endsHead()) {
                Outcome refused = readHead();
                if (refused != null) {
                    return refused;
                }
            }
        }
        if (!headDone) {
            return null;
        }
        if (left == UNTIL_CLOSE) {
            some.position(Math.max(some.position(), some.limit() - tail.length));
            while (some.hasRemaining()) {
                System.arraycopy(tail, 1, tail, 0, tail.length - 1);
                tail[tail.length - 1] = some.get();
            }
            return null;
        }
        left -= some.remaining();
        some.position(some.limit());
        return left > 0 ? null : left == 0 ? verdict() : Outcome.TORN;
    }

    /** The other side has closed. */
    Outcome closed() {
        boolean whole = headDone && left == UNTIL_CLOSE && (!chunked || Arrays.equals(tail, LAST_CHUNK));
        return whole ? verdict() : Outcome.TORN;
    }

    private Outcome verdict() {
        return status >= FIRST_ERROR ? Outcome.BAD_STATUS : Outcome.OK;
    }

    private boolean endsHead() {
        int from = headLength - HEAD_END.length;
        return from >= 0 && Arrays.equals(head, from, headLength, HEAD_END, 0, HEAD_END.length);
    }

    /** Reads status and length; null, unless the rest need not be read. An interim answer (1xx) is passed over. */
    private Outcome readHead() {
        String[] lines = new String(head, 0, headLength, StandardCharsets.ISO_8859_1).split("\r\n", -1);
        String[] first = lines[0].split(" ", 3);
        if (first.length < 2 || !first[0].startsWith("HTTP/1.") || !first[1].matches("[1-9][0-9][0-9]")) {
            return Outcome.TORN;
        }
        status = Integer.parseInt(first[1]);
        if (status < FIRST_FINAL_STATUS) {
            headLength = 0;
            return null;
        }
        headDone = true;
        left = UNTIL_CLOSE;
        for (int i = 1; i < lines.length; i++) {
            String line = lines[i].toLowerCase(Locale.ROOT);
            chunked |= line.startsWith("transfer-encoding:") && line.strip().endsWith("chunked");
            if (line.startsWith("content-length:")) {
                String value = line.substring("content-length:".length()).strip();
                if (!value.matches("[0-9]{1,18}")) {
                    return Outcome.TORN;
                }
                left = Long.parseLong(value);
            }
        }
        if (status == NO_CONTENT || status == NOT_MODIFIED) {
            left = 0;
        }
        boolean asked = bytes == 0 || status >= FIRST_ERROR || left == bytes;
        return asked ? null : Outcome.OTHER_LENGTH; // to count it would be to time another question
    }
}
