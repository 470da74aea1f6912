package io.marllb.env.trace;

import java.nio.file.Path;
import java.util.List;

/**
 * What is known of a trace before its first row.
 *
 * @param file where it is
 * @param format its format, as given or detected
 * @param classNames the classes that its rows name, in the order of their indices; empty where the format has no classes and no sizes
 * @param sized whether rows carry their CPU work and I/O delay
 * @param notes what a user should know about how it is read, such as what was assumed
 */
public record TraceInfo(Path file, TraceFormat format, List<String> classNames, boolean sized, List<String> notes) {
    /** Copies the lists. */
    public TraceInfo {
        classNames = List.copyOf(classNames);
        notes = List.copyOf(notes);
    }
}
