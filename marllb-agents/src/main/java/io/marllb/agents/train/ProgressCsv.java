package io.marllb.agents.train;

import io.marllb.policies.frozen.WholeFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * {@code progress.csv} as Stable-Baselines3 writes it: a column per key, a row per log interval, an empty cell where a key was not measured. A new
 * key is a new column at the end; the file is then written anew.
 */
public final class ProgressCsv implements TrainingLog {

    private static final String STEPS = "time/total_timesteps";

    private final Path file;
    private final Set<String> columns = new LinkedHashSet<>();
    private final List<Map<String, String>> rows = new ArrayList<>();

    private ProgressCsv(Path file) {
        this.file = file;
    }

    /**
     * A new file.
     *
     * @param file replaced with the first row
     * @return the log
     */
    public static ProgressCsv create(Path file) {
        return new ProgressCsv(file);
    }

    /**
     * Goes on with a file that {@link #create} made, without what was logged after a checkpoint.
     *
     * @param file may be missing
     * @param steps rows of more environment steps are dropped
     * @return the log
     * @throws IOException if it cannot be read
     */
    public static ProgressCsv resume(Path file, long steps) throws IOException {
        ProgressCsv log = new ProgressCsv(file);
        if (!Files.exists(file)) {
            return log;
        }
        List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
        if (lines.isEmpty()) {
            return log;
        }
        String[] names = lines.get(0).split(",", -1);
        log.columns.addAll(List.of(names));
        for (String line : lines.subList(1, lines.size())) {
            String[] cells = line.split(",", -1);
            Map<String, String> row = new HashMap<>();
            for (int i = 0; i < Math.min(cells.length, names.length); i++) {
                row.put(names[i], cells[i]);
            }
            boolean whole =
                    cells.length == names.length && !row.getOrDefault(STEPS, "").isEmpty(); // else a torn last line
            if (whole && Double.parseDouble(row.get(STEPS)) <= steps) {
                log.rows.add(row);
            }
        }
        log.rewrite();
        return log;
    }

    @Override
    public void row(long steps, Map<String, Double> values) throws IOException {
        Map<String, String> row = new HashMap<>();
        values.forEach((key, x) -> row.put(
                key, x == Math.rint(x) && Math.abs(x) < 1L << 53 ? Long.toString(x.longValue()) : Double.toString(x)));
        rows.add(row);
        if (columns.addAll(values.keySet())) {
            rewrite();
        } else {
            Files.writeString(file, line(row), StandardOpenOption.APPEND);
        }
    }

    private void rewrite() throws IOException {
        StringBuilder text = new StringBuilder(String.join(",", columns)).append('\n');
        for (Map<String, String> row : rows) {
            text.append(line(row));
        }
        WholeFile.write(file, out -> out.write(text.toString().getBytes(StandardCharsets.UTF_8)));
    }

    private String line(Map<String, String> row) {
        StringBuilder text = new StringBuilder();
        String separator = "";
        for (String column : columns) {
            text.append(separator).append(row.getOrDefault(column, ""));
            separator = ",";
        }
        return text.append('\n').toString();
    }

    @Override
    public void close() {}
}
