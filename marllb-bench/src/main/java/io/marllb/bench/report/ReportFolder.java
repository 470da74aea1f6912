package io.marllb.bench.report;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A folder that appears whole or not at all: everything is written into a sibling, which then takes the folder's place. A report of ours is
 * replaced; a folder with anything else in it is refused and left alone.
 *
 * <p>Ours is a folder whose file {@value #MARKER} lists exactly the files in it, so that nothing which somebody put beside them is lost.
 * While a report is being made its marker is locked, so that what a killed process left is told from what a live one is making; the next
 * report to the same folder deletes the former.
 */
final class ReportFolder {

    static final String MARKER = ".marllb-report";

    /** What the marker says until all files are there; no file has such a name, since it would be a folder's. */
    static final String UNFINISHED = "unfinished/\n";

    private static final int MOST_LEFTOVERS = 1000; // by crashes

    /** Writes the content. */
    @FunctionalInterface
    interface Content {
        /** Fills an empty folder. */
        void write(Path folder) throws IOException;
    }

    private ReportFolder() {}

    /**
     * Checks that a folder may be written, without touching it.
     *
     * @throws FileAlreadyExistsException if it is a file, or a folder with something in it that is not ours
     */
    static void check(Path target) throws IOException {
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.isDirectory(target)) {
            throw new FileAlreadyExistsException(target.toString(), null, "it is a file; name a folder for the report");
        }
        SortedSet<String> present = files(target);
        if (present.isEmpty()) {
            return;
        }
        if (!present.remove(MARKER)) {
            throw new FileAlreadyExistsException(
                    target.toString(),
                    null,
                    "the folder holds other files, such as '" + present.first() + "'; name a new or empty one");
        }
        present.removeAll(Files.readAllLines(target.resolve(MARKER)));
        if (!present.isEmpty()) {
            throw new FileAlreadyExistsException(
                    target.toString(),
                    null,
                    "the folder holds a report, but also '" + present.first()
                            + "', which would be lost; move it away or name another folder");
        }
    }

    static void write(Path target, Content content) throws IOException {
        Path absolute = Files.exists(target)
                ? target.toRealPath()
                : target.toAbsolutePath().normalize();
        check(absolute);
        Path parent = absolute.getParent();
        if (parent == null) {
            throw new IOException(target + " cannot be a report; name a folder below it");
        }
        Files.createDirectories(parent);
        Path fresh = newSibling(absolute);
        try (FileChannel marker =
                FileChannel.open(fresh.resolve(MARKER), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            lock(marker); // for as long as we live
            overwrite(marker, UNFINISHED);
            content.write(fresh);
            SortedSet<String> names = files(fresh);
            names.remove(MARKER);
            overwrite(marker, names.stream().map(n -> n + "\n").collect(Collectors.joining()));
            replace(absolute, fresh);
        } catch (IOException | RuntimeException | Error e) {
            deleteQuietly(fresh, e);
            throw e;
        }
        deleteLeftovers(absolute);
    }

    /** With the permissions of any new folder: those of a temporary one are its owner's alone. */
    private static Path newSibling(Path target) throws IOException {
        for (int i = 0; ; i++) {
            Path sibling = target.resolveSibling(siblingPrefix(target) + i);
            try {
                return Files.createDirectory(sibling);
            } catch (FileAlreadyExistsException e) {
                if (i == MOST_LEFTOVERS) {
                    throw e;
                }
            }
        }
    }

    private static String siblingPrefix(Path target) {
        return "." + target.getFileName() + ".new-";
    }

    private static void overwrite(FileChannel file, String text) throws IOException {
        file.truncate(0);
        ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
        while (bytes.hasRemaining()) {
            file.write(bytes);
        }
    }

    /** Whether the file could be locked, until its channel is closed; never where the file system has no locks. */
    private static boolean lock(FileChannel file) {
        try {
            return file.tryLock() != null;
        } catch (IOException | OverlappingFileLockException e) {
            return false;
        }
    }

    /** Deletes what killed processes left beside the folder. The report is there by now: what resists is left for the next time. */
    private static void deleteLeftovers(Path target) throws IOException {
        Pattern name = Pattern.compile(Pattern.quote(siblingPrefix(target)) + "[0-9]+(-?old|-)?");
        List<Path> siblings;
        try (Stream<Path> entries = Files.list(target.getParent())) {
            siblings = entries.filter(
                            p -> name.matcher(p.getFileName().toString()).matches())
                    .toList();
        }
        for (Path sibling : siblings) {
            try {
                if (isLeftover(sibling)) {
                    delete(sibling);
                }
            } catch (IOException | UncheckedIOException e) {
                // Somebody else's, or another process was faster
            }
        }
    }

    /** Empty, or begun by us and never finished, or a whole report with nothing added; and nobody is at work in it. */
    private static boolean isLeftover(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        SortedSet<String> present = files(folder);
        if (present.isEmpty()) {
            return true;
        }
        Path marker = folder.resolve(MARKER);
        if (!Files.isRegularFile(marker, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (FileChannel file = FileChannel.open(marker, StandardOpenOption.WRITE)) {
            if (!lock(file)) {
                return false;
            }
        }
        String text = Files.readString(marker);
        if (text.isEmpty() || text.equals(UNFINISHED)) {
            return true;
        }
        present.remove(MARKER);
        present.removeAll(text.lines().toList());
        return present.isEmpty();
    }

    private static void replace(Path target, Path fresh) throws IOException {
        check(target); // once more: making the content took a while
        if (!Files.exists(target)) {
            Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
            return;
        }
        Path old = fresh.resolveSibling(fresh.getFileName() + "old");
        Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
        try {
            Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            Files.move(old, target, StandardCopyOption.ATOMIC_MOVE);
            throw e;
        }
        delete(old);
    }

    /** Relative names of all files below a folder, with {@code /} between the parts. */
    private static SortedSet<String> files(Path folder) throws IOException {
        SortedSet<String> names = new TreeSet<>();
        try (Stream<Path> walk = Files.walk(folder)) {
            walk.filter(p -> !Files.isDirectory(p, LinkOption.NOFOLLOW_LINKS))
                    .forEach(p -> names.add(String.join("/", parts(folder.relativize(p)))));
        }
        return names;
    }

    private static List<String> parts(Path relative) {
        return Stream.iterate(0, i -> i < relative.getNameCount(), i -> i + 1)
                .map(i -> relative.getName(i).toString())
                .toList();
    }

    private static void deleteQuietly(Path folder, Throwable cause) {
        try {
            delete(folder);
        } catch (IOException e) {
            cause.addSuppressed(e); // the first error is what the user must hear of
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path dir, IOException failure) throws IOException {
                if (failure != null) {
                    throw failure;
                }
                Files.delete(dir);
                return FileVisitResult.CONTINUE;
            }
        });
    }
}
