package io.marllb.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Several files that one job writes. That one of them fails keeps none of the others from being written. */
final class Outputs {

    /** Writes one of them. */
    @FunctionalInterface
    interface Writing {
        void write() throws IOException;
    }

    private final List<String> written = new ArrayList<>();
    private final List<Exception> failures = new ArrayList<>();

    /** Writes the file, or notes why it could not be written. */
    void attempt(String name, Writing writing) {
        try {
            writing.write();
            written.add(name);
        } catch (IOException | UncheckedIOException e) {
            failures.add(e);
        }
    }

    /** What was written and what was not, in one line. */
    String describe() {
        String done = written.isEmpty() ? "no file was written" : "written: " + String.join(", ", written);
        return failures.isEmpty() ? done : done + "; " + messages();
    }

    /**
     * Speaks of every failure in one message.
     *
     * @throws JobFailedException if there was any
     */
    void requireAll() {
        if (!failures.isEmpty()) {
            JobFailedException all = new JobFailedException(messages());
            failures.forEach(all::addSuppressed);
            throw all;
        }
    }

    private String messages() {
        return String.join("; ", failures.stream().map(Exception::getMessage).toList());
    }
}
