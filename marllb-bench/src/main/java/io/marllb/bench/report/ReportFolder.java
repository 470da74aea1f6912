package io.marllb.bench.report;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * A folder that appears whole or not at all: everything is written into a sibling, which then takes the folder's place. A report of ours is
 * replaced; a folder with anything else in it is refused and left alone.
 *
 * <p>Ours is a folder whose file {@value #MARKER} lists exactly the files in it, so that nothing which somebody put beside them is lost.
 */
final class ReportFolder {

    static final String MARKER = ".marllb-report";

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
        NavigableSet<String> present = files(target);
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
        Path fresh = Files.createTempDirectory(parent, "." + absolute.getFileName() + ".new-");
        try {
            content.write(fresh);
            Files.write(fresh.resolve(MARKER), files(fresh), StandardCharsets.UTF_8);
            // A temporary folder is its owner's alone; a report has the permissions of any new folder.
            Path shared = fresh.resolveSibling(fresh.getFileName() + "-");
            Files.createDirectory(shared);
            moveAll(fresh, shared);
            Files.delete(fresh);
            fresh = shared;
            replace(absolute, fresh);
        } catch (IOException | RuntimeException | Error e) {
            deleteQuietly(fresh, e);
            throw e;
        }
    }

    private static void moveAll(Path from, Path to) throws IOException {
        try (Stream<Path> entries = Files.list(from)) {
            for (Path entry : (Iterable<Path>) entries::iterator) {
                Files.move(entry, to.resolve(from.relativize(entry)));
            }
        }
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
    private static NavigableSet<String> files(Path folder) throws IOException {
        NavigableSet<String> names = new TreeSet<>();
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
