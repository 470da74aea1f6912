package io.marllb.bench.load;

import io.marllb.bench.process.ProgramException;
import io.marllb.bench.process.Programs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One run of the load generator wrk: a closed loop, which finds out how much there is to be had; its times are not those of users.
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
    private static final int SPARE_SECONDS = 60; // to connect, and to wait for the last answers
    private static final String PATIENCE = "30s"; // wrk's own 2 s would call a slow answer on a busy machine a failure

    /**
     * Runs it.
     *
     * @param where makes a command one that runs in its place, such as at a node of a testbed
     * @param url what to ask
     * @param connections at a time
     * @param close whether each request has a connection of its own
     * @param seconds how long
     * @return what came of it
     * @throws ProgramException if it can't be run, or nothing listens there
     */
    public static Wrk run(UnaryOperator<List<String>> where, String url, int connections, boolean close, int seconds) {
        List<String> command =
                new ArrayList<>(List.of("wrk", "-t1", "-c" + connections, "-d" + seconds + "s", "--timeout", PATIENCE));
        if (close) {
            command.addAll(List.of("-H", "Connection: close"));
        }
        command.add(url);
        return parse(Programs.run(Duration.ofSeconds(seconds + SPARE_SECONDS), where.apply(command)));
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
            throw new ProgramException("wrk printed something else than expected: " + out.strip());
        }
        return m.group(1);
    }
}
