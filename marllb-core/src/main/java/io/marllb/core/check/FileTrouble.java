package io.marllb.core.check;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** Why a file could not be read or written, in words for its user: no names of Java classes, no path said twice. */
public final class FileTrouble {

    private FileTrouble() {}

    /**
     * The reason alone; the caller names the file.
     *
     * @param e what went wrong
     * @return such as {@code no permission}
     */
    public static String reason(IOException e) {
        if (e instanceof AccessDeniedException) {
            return "no permission";
        }
        if (e instanceof NoSuchFileException) {
            return "it does not exist";
        }
        if (e instanceof FileSystemException f && f.getReason() != null) {
            return f.getReason();
        }
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
