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
record Wrk(long requests, double perSecond, long failed) {

    private static final Pattern REQUESTS = Pattern.compile("(\\d+) requests in");
    private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([\\d.]+)");
    private static final Pattern ERRORS =
            Pattern.compile("Socket errors: connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)");
    private static final Pattern STATUS = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");
    private static final String PATIENCE = "30s"; // wrk's own 2 s would call a slow answer on a busy machine a failure

    static Wrk run(int port, int connections, boolean close, int seconds) {
        List<String> command =
                new ArrayList<>(List.of("wrk", "-t1", "-c" + connections, "-d" + seconds + "s", "--timeout", PATIENCE));
        if (close) {
            command.addAll(List.of("-H", "Connection: close"));
        }
        command.add("http://127.0.0.1:" + port + "/");
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException("wrk has failed: " + out.strip());
            }
            return parse(out);
        } catch (IOException e) {
            throw new UncheckedIOException("wrk could not be run: " + e.getMessage(), e);
        } catch (InterruptedException e) {
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
