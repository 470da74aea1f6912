package io.marllb.bench.process;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Programs of the machine. None of them reads this JVM's standard input. Safe for several threads.
 *
 * <p>Whatever is still running when this JVM ends, by Ctrl-C or a polite kill too, is killed; from then on nothing can be started, so that nobody who
 * is still building something builds on.
 */
public final class Programs {

    /** Long enough for whatever takes milliseconds. */
    public static final Duration SHORT = Duration.ofSeconds(20);

    private static final long TICK_MICROS = 10_000; // USER_HZ is 100 on every Linux that Java runs on
    private static final int USER_TIME = 11; // fields of /proc/PID/stat after the name
    private static final int SYSTEM_TIME = 12;
    private static final Path NOTHING = Path.of("/dev/null");
    private static final Thread HOOK = new Thread(Programs::end, "end-of-programs");
    private static final Set<Process> RUNNING = new HashSet<>(); // guarded by itself, as are the next two
    private static final Set<Runnable> CLEANERS = new LinkedHashSet<>();
    private static boolean ending;

    static {
        Runtime.getRuntime().addShutdownHook(HOOK);
    }

    /**
     * What a program came to.
     *
     * @param exitCode its own
     * @param output all that it printed, errors too
     */
    public record Result(int exitCode, String output) {}

    private Programs() {}

    /**
     * Where a program is: on the path, or in the folders of the administrator, which are on nobody else's path.
     *
     * @param name without a folder
     * @return the file; empty if there is none
     */
    public static Optional<Path> find(String name) {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.concat(Arrays.stream(path.split(":", -1)), Stream.of("/usr/sbin", "/sbin"))
                .filter(folder -> !folder.isEmpty())
                .map(folder -> Path.of(folder, name))
                .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
                .findFirst();
    }

    /**
     * Runs a program that takes no time.
     *
     * @param command the program and its arguments
     * @return what it printed
     * @throws ProgramException if it can't be started, fails or does not end
     */
    public static String run(String... command) {
        return run(SHORT, List.of(command));
    }

    /**
     * Runs a program.
     *
     * @param limit how long it may take
     * @param command the program and its arguments
     * @return what it printed
     * @throws ProgramException if it can't be started, fails or does not end in time
     */
    public static String run(Duration limit, List<String> command) {
        Result r = tryRun(limit, command);
        if (r.exitCode != 0) {
            throw new ProgramException(
                    "'" + String.join(" ", command) + "' failed (exit code " + r.exitCode + "): " + r.output.strip());
        }
        return r.output;
    }

    /**
     * Runs a program that may fail.
     *
     * @param limit how long it may take
     * @param command the program and its arguments
     * @return what it came to
     * @throws ProgramException if it can't be started or does not end in time
     */
    public static Result tryRun(Duration limit, List<String> command) {
        Process p = launch(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectInput(ProcessBuilder.Redirect.from(NOTHING.toFile())));
        // Read beside: a program that hangs keeps its output open, and one that is not read stands still.
        CompletableFuture<String> output =
                CompletableFuture.supplyAsync(() -> text(p.getInputStream()), Programs::beside);
        try {
            if (!p.waitFor(limit.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new ProgramException(
                        "'" + String.join(" ", command) + "' did not end within " + limit.toSeconds() + " s");
            }
            // It may have left somebody behind who keeps the output open.
            return new Result(
                    p.exitValue(),
                    output.completeOnTimeout("", SHORT.toSeconds(), TimeUnit.SECONDS)
                            .join());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProgramException("interrupted while '" + command.get(0) + "' ran", e);
        } finally {
            forget(p.destroyForcibly());
        }
    }

    private static void beside(Runnable task) {
        Thread thread = new Thread(task, "output-of-program");
        thread.setDaemon(true);
        thread.start();
    }

    private static String text(InputStream stream) {
        try (stream) {
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Starts a program that goes on. Its input stays open and empty: some end with it.
     *
     * @param log file for what it prints
     * @param command the program and its arguments
     * @return the process; to be ended with {@link #stop} or {@link #kill}
     * @throws ProgramException if it can't be started
     */
    public static Process start(Path log, List<String> command) {
        return launch(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.to(log.toFile())));
    }

    private static Process launch(ProcessBuilder builder) {
        String name = builder.command().get(0);
        synchronized (RUNNING) {
            if (ending && Thread.currentThread() != HOOK) {
                throw new ProgramException("'" + name + "' is not started any more: this program ends");
            }
            try {
                Process p = builder.start();
                RUNNING.add(p);
                return p;
            } catch (IOException e) {
                throw new ProgramException("'" + name + "' can't be started: " + e.getMessage(), e);
            }
        }
    }

    /**
     * Lets a program go on when this JVM ends.
     *
     * @param p that was started here
     */
    public static void forget(Process p) {
        synchronized (RUNNING) {
            RUNNING.remove(p);
        }
    }

    /**
     * Asks a program to end, and makes it if it does not within {@link #SHORT}.
     *
     * @param p that was started here
     */
    public static void stop(Process p) {
        p.destroy();
        try {
            if (!p.waitFor(SHORT.toNanos(), TimeUnit.NANOSECONDS)) {
                p.destroyForcibly();
            }
        } catch (InterruptedException e) {
            p.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        forget(p);
    }

    /**
     * Ends a program without asking, and waits until it is gone.
     *
     * @param p that was started here
     * @throws ProgramException if it does not end
     */
    public static void kill(Process p) {
        p.destroyForcibly();
        try {
            if (!p.waitFor(SHORT.toNanos(), TimeUnit.NANOSECONDS)) {
                throw new ProgramException("process " + p.pid() + " does not end");
            }
            forget(p);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProgramException("interrupted", e);
        }
    }

    /**
     * Has something cleared up when this JVM ends, after all programs were killed and in a thread that may still run some.
     *
     * @param cleaner what to do
     */
    public static void whenEnding(Runnable cleaner) {
        synchronized (RUNNING) {
            CLEANERS.add(cleaner);
        }
    }

    /**
     * Takes back {@link #whenEnding}.
     *
     * @param cleaner the same
     */
    public static void notWhenEnding(Runnable cleaner) {
        synchronized (RUNNING) {
            CLEANERS.remove(cleaner);
        }
    }

    /**
     * Whether this JVM ends, so that nothing can be started any more.
     *
     * @return true if so
     */
    public static boolean ending() {
        synchronized (RUNNING) {
            return ending;
        }
    }

    /**
     * CPU time of all threads of a program so far, in the kernel too, as Linux accounts for it.
     *
     * @param p that runs
     * @return microseconds, in steps of 10,000
     * @throws ProgramException if it has ended
     */
    public static long cpuMicros(Process p) {
        String stat = procFile(p, "stat");
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[SYSTEM_TIME])) * TICK_MICROS;
    }

    /**
     * Memory of a program that is in RAM.
     *
     * @param p that runs
     * @return bytes
     * @throws ProgramException if it has ended
     */
    public static long residentBytes(Process p) {
        return procFile(p, "status")
                .lines()
                .filter(l -> l.startsWith("VmRSS:"))
                .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")) << 10)
                .findFirst()
                .orElseThrow(() -> new ProgramException("process " + p.pid() + " has ended"));
    }

    private static String procFile(Process p, String file) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(p.pid()), file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new ProgramException("process " + p.pid() + " has ended", e);
        }
    }

    private static void end() {
        List<Runnable> cleaners;
        synchronized (RUNNING) {
            ending = true;
            RUNNING.forEach(Process::destroyForcibly);
            cleaners = List.copyOf(CLEANERS);
        }
        RuntimeException trouble = null;
        for (Runnable cleaner : cleaners) {
            try {
                cleaner.run();
            } catch (RuntimeException e) { // the others must go on; the JVM prints it
                if (trouble == null) {
                    trouble = e;
                } else {
                    trouble.addSuppressed(e);
                }
            }
        }
        if (trouble != null) {
            throw trouble;
        }
    }
}
