package io.marllb.env.trace;

import io.marllb.core.check.FileTrouble;
import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Lines of a text file, gzip or not, as ranges of one reused buffer; blank lines and lines that start with {@code #} are skipped. Not
 * thread-safe. Everything wrong with the bytes is a {@link TraceFormatException} at the line that was being read.
 */
final class LineReader implements AutoCloseable {

    /** Longest line; URLs of real traces stay below a tenth of it. */
    static final int MAX_LINE = 1 << 16;

    private static final int BUFFER = 1 << 17; // two longest lines
    private static final int MAX_COMMENTS = 100;
    private static final int MAX_QUOTED = 60;

    private final Path file;
    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER];
    private final List<String> comments = new ArrayList<>();
    private int limit; // bytes in the buffer
    private int next; // where the next line starts
    private int start;
    private int end;
    private long line;
    private boolean atEnd;
    private boolean unread;
    private boolean terminated = true;
    private boolean sawData;

    /** Reads plain text from a stream. */
    LineReader(Path file, InputStream in) {
        this.file = file;
        this.in = in;
    }

    /** Opens a file; gzip is recognised by its magic. */
    static LineReader open(Path file) {
        InputStream raw = null;
        try {
            if (Files.isDirectory(file)) {
                throw new FileSystemException(file.toString(), null, "it is a directory");
            }
            raw = new BufferedInputStream(Files.newInputStream(file), BUFFER);
            raw.mark(8);
            byte[] magic = raw.readNBytes(6);
            raw.reset();
            requireNoOtherArchive(file, magic);
            boolean gzip = magic.length >= 2 && (magic[0] & 0xff) == 0x1f && (magic[1] & 0xff) == 0x8b;
            return new LineReader(file, gzip ? new GZIPInputStream(raw, 1 << 16) : raw);
        } catch (IOException | RuntimeException e) {
            closeQuietly(raw, e);
            throw translated(file, 1, e);
        }
    }

    private static void requireNoOtherArchive(Path file, byte[] magic) {
        String name = startsWith(magic, 'B', 'Z', 'h')
                ? "bzip2"
                : startsWith(magic, 'P', 'K', 3, 4)
                        ? "zip"
                        : startsWith(magic, 0xfd, '7', 'z', 'X', 'Z')
                                ? "xz"
                                : startsWith(magic, 0x28, 0xb5, 0x2f, 0xfd) ? "zstd" : null;
        if (name != null) {
            throw new TraceFormatException(
                    file, 1, 1, "text or gzip", name + " data", "decompress it first, or compress it with gzip");
        }
    }

    private static boolean startsWith(byte[] bytes, int... prefix) {
        for (int i = 0; i < prefix.length; i++) {
            if (i >= bytes.length || (bytes[i] & 0xff) != prefix[i]) {
                return false;
            }
        }
        return true;
    }

    private static void closeQuietly(InputStream in, Exception cause) {
        if (in != null) {
            try {
                in.close();
            } catch (IOException e) {
                cause.addSuppressed(e);
            }
        }
    }

    private static RuntimeException translated(Path file, long line, Exception e) {
        if (e instanceof RuntimeException unchecked) {
            return unchecked;
        }
        if (e instanceof EOFException) {
            return torn(file, line, "gzip data that is cut off", e);
        }
        if (e instanceof ZipException) {
            return torn(file, line, "corrupt gzip data (" + e.getMessage() + ")", e);
        }
        String why = e instanceof NoSuchFileException
                ? " does not exist"
                : " can't be read: " + FileTrouble.reason((IOException) e);
        return new UncheckedIOException(file + why, (IOException) e);
    }

    private static TraceFormatException torn(Path file, long line, String found, Exception cause) {
        TraceFormatException e = new TraceFormatException(
                file, line, 1, "a complete gzip file", found, "the copy is damaged; fetch the file again");
        e.initCause(cause);
        return e;
    }

    /** Moves to the next line with data. @return false at the end of the file */
    boolean next() {
        if (unread) {
            unread = false;
            return true;
        }
        while (nextRaw()) {
            if (start == end) {
                continue;
            }
            if (buffer[start] != '#') {
                sawData = true;
                return true;
            }
            if (!sawData && comments.size() < MAX_COMMENTS) {
                comments.add(text(start + 1, end).strip());
            }
        }
        return false;
    }

    /** Makes {@link #next} give the current line once more. */
    void unread() {
        unread = true;
    }

    private boolean nextRaw() {
        int begin = next;
        int i = next;
        int carriageReturn = -1; // the first of the line, counted from its begin
        while (true) {
            if (i == limit) {
                if (atEnd) {
                    break;
                }
                keepFrom(begin);
                i -= begin;
                begin = 0;
                if (!read()) {
                    break;
                }
            }
            byte b = buffer[i];
            if (b == '\n') {
                break;
            }
            if (b == '\r') {
                carriageReturn = carriageReturn < 0 ? i - begin : carriageReturn;
            } else if (b >= 0 && b < ' ' && b != '\t') {
                throw control(begin, i);
            }
            i++;
            if (i - begin > MAX_LINE) {
                throw new TraceFormatException(
                        file,
                        line + 1,
                        MAX_LINE + 1,
                        "at most " + MAX_LINE + " bytes in a line",
                        "a longer one",
                        "is this a text file?");
            }
        }
        if (i == limit && i == begin) {
            return false;
        }
        if (carriageReturn >= 0 && carriageReturn < i - begin - 1) {
            throw control(begin, begin + carriageReturn);
        }
        line++;
        terminated = i < limit;
        start = begin;
        end = carriageReturn >= 0 ? i - 1 : i;
        next = terminated ? i + 1 : i;
        if (line == 1 && end - start >= 3 && startsWithByteOrderMark()) {
            start += 3;
        }
        return true;
    }

    private boolean startsWithByteOrderMark() {
        return (buffer[start] & 0xff) == 0xef
                && (buffer[start + 1] & 0xff) == 0xbb
                && (buffer[start + 2] & 0xff) == 0xbf;
    }

    private TraceFormatException control(int begin, int i) {
        String found = String.format("the control byte 0x%02x", buffer[i]);
        return new TraceFormatException(
                file, line + 1, i - begin + 1, "text", found, "this is no text file, or it is damaged");
    }

    /** Moves the bytes from there on to the front of the buffer. */
    private void keepFrom(int keep) {
        System.arraycopy(buffer, keep, buffer, 0, limit - keep);
        limit -= keep;
        next -= keep;
    }

    /** Reads more bytes behind those that are there. @return false at the end of the file */
    private boolean read() {
        try {
            int n = in.read(buffer, limit, buffer.length - limit);
            atEnd = n < 0;
            limit += Math.max(n, 0);
            return n > 0;
        } catch (IOException e) {
            throw translated(file, line + 1, e);
        }
    }

    byte[] buffer() {
        return buffer;
    }

    int start() {
        return start;
    }

    int end() {
        return end;
    }

    long line() {
        return line;
    }

    Path file() {
        return file;
    }

    /** Comments before the first line with data, without their {@code #}. */
    List<String> comments() {
        return comments;
    }

    /** Whether the current line ended with a line break. */
    boolean terminated() {
        return terminated;
    }

    String text() {
        return text(start, end);
    }

    String text(int from, int to) {
        return new String(buffer, from, to - from, StandardCharsets.UTF_8);
    }

    /** The position of a byte at or after {@code from}, or the end of the line. */
    int find(int from, char separator) {
        int i = from;
        while (i < end && buffer[i] != separator) {
            i++;
        }
        return i;
    }

    /** Part of the line for a message: in quotes, shortened, with unprintable bytes shown as such. */
    String quote(int from, int to) {
        if (from >= to) {
            return "nothing";
        }
        StringBuilder text = new StringBuilder("'");
        for (int i = from; i < to && i < from + MAX_QUOTED; i++) {
            int b = buffer[i] & 0xff;
            if (b == '\t') {
                text.append("<TAB>");
            } else if (b < ' ' || b > '~') {
                text.append(String.format("\\x%02x", b));
            } else {
                text.append((char) b);
            }
        }
        return text.append(to - from > MAX_QUOTED ? "...'" : "'").toString();
    }

    /** The error that something else was expected in part of the line. */
    TraceFormatException error(int from, int to, String expected, String fix) {
        String cut = terminated ? fix : join(fix, "the file ends within this line, so it may be cut off");
        return new TraceFormatException(file, Math.max(1, line), from - start + 1, expected, quote(from, to), cut);
    }

    /** The error with another description of what was found. */
    TraceFormatException errorSaying(int from, String expected, String found, String fix) {
        return new TraceFormatException(file, Math.max(1, line), from - start + 1, expected, found, fix);
    }

    private static String join(String a, String b) {
        return a.isEmpty() ? b : a + "; " + b;
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException e) {
            throw new UncheckedIOException(file + " can't be closed", e);
        }
    }
}
