package io.marllb.ipc;

import java.nio.file.Path;

/** A segment was made by a program with another layout. The message has both versions and both hashes. */
public final class LayoutMismatchException extends SegmentException {

    private static final long serialVersionUID = 1;

    LayoutMismatchException(Path file, int version, long hash, boolean alive) {
        super(
                Reason.LAYOUT,
                String.format(
                        "%s has layout version %d, hash %016x, but this program has version %d, hash %016x; %s",
                        file,
                        Integer.toUnsignedLong(version),
                        hash,
                        Layout.VERSION,
                        Layout.HASH,
                        alive
                                ? "run data plane and controller of one release"
                                : "its data plane is gone: delete the file, or start the data plane of this release"));
    }
}
