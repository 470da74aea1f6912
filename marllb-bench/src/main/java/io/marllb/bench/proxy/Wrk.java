package io.marllb.bench.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One run of the load generator wrk.
 *
 * @param requests answered
 * @param perSecond answered per second
 * @param failed socket errors of every kind, and answers other than 2xx and 3xx
 */
public record Wrk(long requests, double perSecond, long failed) {

    private static final Pattern REQUESTS = Pattern.compile("(\\d+) requests in");
    private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([\\d.]+)");
    private static final Pattern ERRORS =
            Pattern.compile("Socket errors: connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)");
    private static final Pattern STATUS = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");
    private static final String PATIENCE = "30s"; // wrk's own 2 s would call a slow answer on a busy machine a failure

    /**
     * Runs wrk to its end, with one thread.
     *
     * @param where command in front of it, such as one that enters a network namespace; may be empty
     * @param url what is asked for
     * @param connections at a time
     * @param close whether each request gets a connection of its own
     * @param seconds how long
     * @return what it reports
     * @throws IllegalStateException if it fails, with what it said
     */
    public static Wrk run(List<String> where, String url, int connections, boolean close, int seconds) {
        return await(start(where, url, connections, close, seconds));
    }

    /**
     * Starts wrk, as {@link #run}; {@link #await} gives the result.
     *
     * @param where command in front of it
     * @param url what is asked for
     * @param connections at a time
     * @param close whether each request gets a connection of its own
     * @param seconds how long
     * @return the process
     */
    public static Process start(List<String> where, String url, int connections, boolean close, int seconds) {
        List<String> command = new ArrayList<>(where);
        command.addAll(List.of("wrk", "-t1", "-c" + connections, "-d" + seconds + "s", "--timeout", PATIENCE));
        if (close) {
            command.addAll(List.of("-H", "Connection: close"));
        }
        command.add(url);
        try {
            return new ProcessBuilder(command).redirectErrorStream(true).start();
        } catch (IOException e) {
            throw new UncheckedIOException("wrk could not be run: " + e.getMessage(), e);
        }
    }

    /**
     * Waits for a run that was started.
     *
     * @param process of {@link #start}
     * @return what it reports
     * @throws IllegalStateException if it fails, with what it said
     */
    public static Wrk await(Process process) {
        try {
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException("wrk has failed: " + out.strip());
            }
            return parse(out);
        } catch (IOException e) {
            throw new UncheckedIOException("what wrk said can't be read: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while wrk ran", e);
        }
    }

    static Wrk parse(String out) {
        Matcher errors = ERRORS.matcher(out);
        long failed = 0;
        if (errors.find()) {
            for (int i = 1; i <= errors.groupCount(); i++) {
                failed += Long.parseLong(errors.group(i));
            }
        }
        Matcher status = STATUS.matcher(out);
        failed += status.find() ? Long.parseLong(status.group(1)) : 0;
        return new Wrk(Long.parseLong(group(REQUESTS, out)), Double.parseDouble(group(RATE, out)), failed);
    }

    private static String group(Pattern pattern, String out) {
        Matcher m = pattern.matcher(out);
        if (!m.find()) {
            throw new IllegalStateException("wrk printed something else than expected: " + out.strip());
        }
        return m.group(1);
    }
}
