package io.marllb.env.trace;

import io.marllb.core.check.Nearest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Our own format: named columns, {@code time_s} first; the classes may be declared in a comment, {@code # classes: wiki,static}. */
final class CsvRows extends Rows {

    static final String TIME = "time_s";
    static final String CLASS = "class";
    static final String CPU = "cpu_ms";
    static final String IO = "io_ms";
    static final String CLASSES_COMMENT = "classes:";
    static final String VERSION_COMMENT = "marllb-trace ";
    static final String UNLABELLED = "all";

    private static final List<String> COLUMNS = List.of(TIME, CLASS, CPU, IO);
    private static final int MAX_CLASSES = 1000;
    private static final double MAX_IO = 0x1.0p62;

    private final List<String> columns;
    private final int[]
            starts; // [columns + 1], where each field of the line starts; the next field's start less one ends it
    private final int classColumn;
    private final int cpuColumn;
    private final int ioColumn;
    private List<String> labels = List.of();
    private byte[][] labelBytes = {};

    CsvRows(LineReader in) {
        super(in);
        checkVersion();
        columns = in.next() ? header() : List.of(TIME);
        starts = new int[columns.size() + 1];
        classColumn = columns.indexOf(CLASS);
        cpuColumn = columns.indexOf(CPU);
        ioColumn = columns.indexOf(IO);
    }

    static boolean isHeader(String line) {
        return line.equals(TIME) || line.startsWith(TIME + ",");
    }

    private void checkVersion() {
        // Comments are known once the first line with data was met.
        if (in.next()) {
            in.unread();
        }
        String top = in.comments().isEmpty() ? "" : in.comments().get(0);
        if (top.startsWith(VERSION_COMMENT) && !top.equals(VERSION_COMMENT + "1")) {
            throw in.errorSaying(
                    in.start(), "version 1 of the csv format", "'" + top + "'", "a newer release may read it");
        }
    }

    private List<String> header() {
        List<String> names = new ArrayList<>();
        int from = in.start();
        while (from <= in.end()) {
            int to = in.find(from, ',');
            String name = in.text(from, to);
            if (!COLUMNS.contains(name) || names.contains(name) || (names.isEmpty() && !name.equals(TIME))) {
                String fix = names.contains(name)
                        ? "it is there twice"
                        : Nearest.hint(name, COLUMNS).substring(2);
                throw in.error(from, to, "the columns time_s[,class][,cpu_ms[,io_ms]]", fix);
            }
            names.add(name);
            from = to + 1;
        }
        if (names.contains(IO) && !names.contains(CPU)) {
            throw in.error(in.start(), in.end(), "a column cpu_ms beside io_ms", "");
        }
        return names;
    }

    /** The classes that a comment declares; empty if none does. */
    List<String> declaredClasses() {
        for (String comment : in.comments()) {
            if (comment.startsWith(CLASSES_COMMENT)) {
                List<String> names = Arrays.stream(
                                comment.substring(CLASSES_COMMENT.length()).split(",", -1))
                        .map(String::strip)
                        .toList();
                if (!names.stream().allMatch(TraceContent::isName)
                        || Set.copyOf(names).size() < names.size()
                        || names.size() > MAX_CLASSES) {
                    throw in.errorSaying(
                            in.start(),
                            "at most " + MAX_CLASSES + " distinct names after '# classes:'",
                            "'" + comment + "'",
                            "");
                }
                return names;
            }
        }
        return List.of();
    }

    boolean labelled() {
        return classColumn >= 0;
    }

    void setLabels(List<String> names) {
        labels = names;
        labelBytes = names.stream()
                .map(n -> n.getBytes(java.nio.charset.StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
    }

    /** Reads all rows and collects their classes in the order of appearance, for a file that does not declare them. */
    List<String> scanClasses() {
        Set<String> names = new LinkedHashSet<>();
        while (in.next()) {
            split();
            int from = starts[classColumn];
            int to = starts[classColumn + 1] - 1;
            if (!TraceContent.isName(in.text(from, to))) {
                throw in.error(from, to, "the name of a class, without quotes or spaces around it", "");
            }
            names.add(in.text(from, to));
            if (names.size() > MAX_CLASSES) {
                throw in.error(from, to, "at most " + MAX_CLASSES + " classes", "");
            }
        }
        return List.copyOf(names);
    }

    private void split() {
        int from = in.start();
        for (int i = 0; i < columns.size(); i++) {
            starts[i] = from;
            int to = from > in.end() ? from : in.find(from, ',');
            from = to + 1;
            starts[i + 1] = from;
        }
        if (from != in.end() + 1) {
            int column = Math.min(from, in.end());
            throw in.error(
                    from > in.end() ? in.start() : column,
                    in.end(),
                    columns.size() + " columns, " + String.join(",", columns),
                    "");
        }
    }

    @Override
    boolean next() {
        if (!in.next()) {
            return false;
        }
        split();
        at = Numbers.scaled(in, starts[0], starts[1] - 1, 9, "time_s, the time in seconds");
        label = classColumn < 0 ? 0 : labelAt(starts[classColumn], starts[classColumn + 1] - 1);
        cpuNanos = cpuColumn < 0
                ? 0
                : Numbers.millis(
                        in, starts[cpuColumn], starts[cpuColumn + 1] - 1, "cpu_ms, the CPU work in milliseconds");
        ioNanos = ioColumn < 0 ? 0 : io(starts[ioColumn], starts[ioColumn + 1] - 1);
        return true;
    }

    private long io(int from, int to) {
        double io = Numbers.millis(in, from, to, "io_ms, the I/O delay in milliseconds");
        if (io > MAX_IO) {
            throw in.error(from, to, "io_ms below 146 years", "");
        }
        return Math.round(io);
    }

    private int labelAt(int from, int to) {
        byte[] b = in.buffer();
        for (int i = 0; i < labelBytes.length; i++) {
            if (Arrays.equals(labelBytes[i], 0, labelBytes[i].length, b, from, to)) {
                return i;
            }
        }
        throw in.error(
                from,
                to,
                "a declared class",
                Nearest.hint(in.text(from, to), labels).substring(2));
    }

    @Override
    List<String> labels() {
        return labels;
    }

    @Override
    boolean sized() {
        return cpuColumn >= 0;
    }
}
