package io.marllb.bench.testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;

/**
 * The processor time that the host of a virtual machine gave to others since a moment: {@code steal} of proc_stat(5). A shaped link sends nothing meanwhile,
 * and keeps no credit for it, so it is slower than it should be. Immutable and thread-safe.
 */
final class StolenTime {

    private static final Path COUNTS = Path.of("/proc/stat");
    private static final Pattern BLANKS = Pattern.compile(" +");
    private static final int STEAL = 7; // of the columns after the name
    private static final int COLUMNS = 8; // those behind are in user and nice already

    private final long[] before;

    private StolenTime(long[] before) {
        this.before = before;
    }

    /**
     * Begins to count.
     *
     * @return counts from now on
     * @throws IOException if the kernel does not tell
     */
    static StolenTime begin() throws IOException {
        return new StolenTime(counts());
    }

    /**
     * What was taken since the beginning.
     *
     * @return share of the time of all processors, in [0, 1]; 0 where nothing has passed
     * @throws IOException if the kernel does not tell
     */
    double share() throws IOException {
        return share(before, counts());
    }

    static double share(long[] before, long[] after) {
        long all = Arrays.stream(after).sum() - Arrays.stream(before).sum();
        return all <= 0 ? 0 : (after[STEAL] - before[STEAL]) / (double) all;
    }

    /** Of a line like {@code cpu  2862 1381 428 9492 89 0 81 516 0 0}. */
    static long[] parse(String line) {
        String[] columns = BLANKS.split(line);
        if (columns.length <= COLUMNS || !columns[0].equals("cpu")) {
            throw new IllegalStateException(COUNTS + " begins with '" + line + "', not with cpu and eight numbers");
        }
        return Arrays.stream(columns, 1, 1 + COLUMNS).mapToLong(Long::parseLong).toArray();
    }

    private static long[] counts() throws IOException {
        return parse(Files.readAllLines(COUNTS).get(0));
    }
}
