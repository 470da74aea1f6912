package io.marllb.ipc;

import io.marllb.core.check.FileTrouble;
import io.marllb.ipc.SegmentException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * An open segment file: which file it is, a lock that keeps other processes from changing owners meanwhile, and its mapping. Whoever opens one
 * holds {@link #ONE_AT_A_TIME}, since closing any descriptor of a file gives up all locks that this process has on it.
 */
final class SegmentFile implements AutoCloseable {

    static final Object ONE_AT_A_TIME = new Object();

    private static final Set<PosixFilePermission> OWNER_ONLY =
            EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
    /** A file that is another one each time we look is being fought over. */
    private static final int ATTEMPTS = 16;
    /** Owners change within microseconds. */
    private static final long LOCK_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final long LOCK_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final Path path;
    private final FileChannel channel;
    private final Object key;

    private SegmentFile(Path path, FileChannel channel, Object key) {
        this.path = path;
        this.channel = channel;
        this.key = key;
    }

    /** Opens what is there; it is a regular file and still at its place at the end. */
    static SegmentFile open(Path path, boolean write) throws IOException {
        Set<StandardOpenOption> options = write
                ? EnumSet.of(StandardOpenOption.READ, StandardOpenOption.WRITE)
                : EnumSet.of(StandardOpenOption.READ);
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            BasicFileAttributes before = Files.readAttributes(path, BasicFileAttributes.class);
            if (!before.isRegularFile()) {
                throw new SegmentException(
                        Reason.NOT_A_SEGMENT,
                        path + " is a " + (before.isDirectory() ? "folder" : "device or pipe")
                                + ", not a segment; give the file that the data plane made");
            }
            SegmentFile opened = new SegmentFile(path, FileChannel.open(path, options), before.fileKey());
            if (opened.inPlace()) {
                return opened;
            }
            opened.close();
        }
        throw new SegmentException(Reason.OWNED, path + " is replaced all the time; start one data plane per segment");
    }

    /** Puts a filled file, 0600, at a place where no live data plane's is, in one step. */
    static void create(Path place, ByteBuffer content) throws IOException {
        Path fresh = place.resolveSibling(place.getFileName() + "." + Processes.self() + ".tmp");
        Files.deleteIfExists(fresh); // of a process of our number that died
        try {
            try (FileChannel channel = FileChannel.open(
                    fresh,
                    EnumSet.of(StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW),
                    PosixFilePermissions.asFileAttribute(OWNER_ONLY))) {
                // Each byte is written: a hole for which there is no room would end the process at the first store.
                while (content.hasRemaining()) {
                    channel.write(content);
                }
            }
            moveIn(fresh, place);
        } finally {
            Files.deleteIfExists(fresh);
        }
    }

    /** Of two that start at once one gets the link; what is there already is replaced under its lock, and only while it is still there. */
    private static void moveIn(Path fresh, Path place) throws IOException {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            try {
                Files.createLink(place, fresh);
                return;
            } catch (FileAlreadyExistsException e) {
                try (SegmentFile old = open(place, true);
                        FileLock lock = old.lock()) {
                    old.requireDeadDataPlane();
                    if (lock.isValid() && old.inPlace()) {
                        Files.move(fresh, place, StandardCopyOption.ATOMIC_MOVE);
                        return;
                    }
                } catch (NoSuchFileException gone) {
                    // Its owner has just removed it: the place is free.
                }
            }
        }
        throw new SegmentException(Reason.OWNED, place + " is replaced all the time; start one data plane per segment");
    }

    private void requireDeadDataPlane() throws IOException {
        ByteBuffer header = header();
        requireMagic(header);
        int pid = header.getInt(Layout.HEADER_DATAPLANE_PID);
        if (Processes.alive(pid, header.getLong(Layout.HEADER_DATAPLANE_START))) {
            throw new SegmentException(
                    Reason.OWNED,
                    path + " belongs to a live data plane, pid " + Integer.toUnsignedString(pid)
                            + "; stop that one or choose another path");
        }
    }

    /** The header, or as much of it as the file has, filled up with zeros. */
    private ByteBuffer header() throws IOException {
        ByteBuffer header = ByteBuffer.allocate(Layout.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        int read = 0;
        while (header.hasRemaining() && read >= 0) {
            read = channel.read(header, header.position());
        }
        return header;
    }

    private void requireMagic(ByteBuffer header) {
        if (header.getLong(Layout.HEADER_MAGIC) != Layout.MAGIC) {
            throw new SegmentException(
                    Reason.NOT_A_SEGMENT,
                    path
                            + " is no segment: its first 8 bytes are not the magic number; give the file that the data plane"
                            + " made, or a path where nothing is");
        }
    }

    /** Checks everything that the rest of this module relies on. */
    void requireFit() throws IOException {
        ByteBuffer header = header();
        requireMagic(header);
        int version = header.getInt(Layout.HEADER_VERSION);
        long hash = header.getLong(Layout.HEADER_HASH);
        if (version != Layout.VERSION || hash != Layout.HASH) {
            boolean alive = Processes.alive(
                    header.getInt(Layout.HEADER_DATAPLANE_PID), header.getLong(Layout.HEADER_DATAPLANE_START));
            throw new LayoutMismatchException(path, version, hash, alive);
        }
        int size = header.getInt(Layout.HEADER_SIZE);
        long length = channel.size();
        if (size != Layout.SIZE || length != Layout.SIZE) {
            throw damaged("it has " + length + " bytes and says " + Integer.toUnsignedString(size)
                    + ", but a segment has " + Layout.SIZE);
        }
        try {
            spec(header);
        } catch (IllegalArgumentException e) {
            throw damaged(e.getMessage());
        }
    }

    static SegmentSpec spec(ByteBuffer header) {
        return new SegmentSpec(
                header.getInt(Layout.HEADER_SERVERS),
                header.getInt(Layout.HEADER_CORES),
                header.getLong(Layout.HEADER_BALANCERS),
                header.getLong(Layout.HEADER_INTERVAL));
    }

    private SegmentException damaged(String what) {
        return new SegmentException(
                Reason.DAMAGED,
                path + " is damaged: " + what + "; stop its data plane, delete the file and start again");
    }

    /** Of the whole segment; outlives this object. */
    MappedByteBuffer map(boolean write) throws IOException {
        return channel.map(write ? MapMode.READ_WRITE : MapMode.READ_ONLY, 0, Layout.SIZE);
    }

    /** Until released or this is closed, no other process changes the owners of this file or replaces it. */
    FileLock lock() throws IOException {
        long start = System.nanoTime();
        FileLock lock = channel.tryLock();
        while (lock == null) {
            if (System.nanoTime() - start > LOCK_NANOS) {
                throw new SegmentException(
                        Reason.OWNED,
                        path + " is locked by another process; is one stopped half-way through its start?");
            }
            LockSupport.parkNanos(LOCK_PAUSE_NANOS);
            lock = channel.tryLock();
        }
        return lock;
    }

    Object key() {
        return key;
    }

    boolean inPlace() throws IOException {
        return key.equals(keyAt(path));
    }

    /** Tells files apart; null if there is none. A file's key is not used again while somebody maps it. */
    static Object keyAt(Path path) throws IOException {
        try {
            return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    void delete() throws IOException {
        Files.deleteIfExists(path);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** In words for the user, who wanted to {@code what} the segment. */
    static SegmentException trouble(String what, Path path, IOException e) {
        String head = "cannot " + what + " the segment " + path + ": ";
        if (e instanceof NoSuchFileException) {
            Path folder = path.toAbsolutePath().getParent();
            return folder == null || Files.isDirectory(folder)
                    ? new SegmentException(
                            Reason.MISSING,
                            head + "it does not exist; start its data plane first, or correct the path",
                            e)
                    : new SegmentException(
                            Reason.MISSING, head + "the folder " + folder + " does not exist; make it first", e);
        }
        if (e instanceof AccessDeniedException) {
            return new SegmentException(
                    Reason.NO_PERMISSION,
                    head
                            + "no permission; segments are for one user only: run data plane and controller as the same one",
                    e);
        }
        if (full(path)) {
            return new SegmentException(
                    Reason.NO_SPACE,
                    head + "the file system is full; a segment takes " + Layout.SIZE / 1024 + " KiB (df " + path
                            + " shows who has how much)",
                    e);
        }
        return new SegmentException(Reason.IO, head + FileTrouble.reason(e), e);
    }

    private static boolean full(Path path) {
        try {
            return Files.getFileStore(path.toAbsolutePath().getParent()).getUsableSpace() < Layout.SIZE;
        } catch (IOException e) {
            return false; // then the first trouble is told, not this one
        }
    }
}
