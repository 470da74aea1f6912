package io.marllb.core.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/** What is wrong with one file, collected with its place, so that a user sees all of it at once. Not thread-safe. */
public final class Problems {

    /** More help nobody: a file with this many mistakes is not what it should be. */
    private static final int MOST_SHOWN = 100;

    private record Problem(int line, int column, String text) {}

    private final String source;
    private final String kind;
    private final List<Problem> found = new ArrayList<>();

    /**
     * Nothing is wrong yet.
     *
     * @param source name of the file, first in every message
     * @param kind what the file should be, such as {@code scenario}
     */
    public Problems(String source, String kind) {
        this.source = source;
        this.kind = kind;
    }

    /** What the file should be, such as {@code scenario}. */
    String kind() {
        return kind;
    }

    String source() {
        return source;
    }

    /**
     * How many were noted so far.
     *
     * @return {@code >= 0}
     */
    public int count() {
        return found.size();
    }

    /**
     * Notes a problem where a node starts.
     *
     * @param node the node
     * @param text what is wrong, the rule, the value and the fix
     */
    public void at(Node node, String text) {
        at(node.getStartMark(), text);
    }

    void at(Optional<Mark> mark, String text) {
        at(
                mark.map(m -> m.getLine() + 1).orElse(1),
                mark.map(m -> m.getColumn() + 1).orElse(1),
                text);
    }

    /** Line and column count from 1. */
    void at(int line, int column, String text) {
        found.add(new Problem(line, column, text));
    }

    /**
     * A problem of the file as a whole, which ends the reading.
     *
     * @param text what is wrong, and the fix
     * @return to be thrown
     */
    public ConfigException fatal(String text) {
        return new ConfigException(source, List.of(source + ": " + text));
    }

    /**
     * Ends the reading if anything was noted.
     *
     * @throws ConfigException with every problem, in the order of the file
     */
    public void throwIfAny() {
        if (found.isEmpty()) {
            return;
        }
        List<String> texts = new ArrayList<>();
        found.stream()
                .sorted(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column))
                .limit(MOST_SHOWN)
                .forEach(p -> texts.add(source + ":" + p.line + ":" + p.column + ": " + p.text));
        if (found.size() > MOST_SHOWN) {
            texts.add(source + ": and " + (found.size() - MOST_SHOWN) + " more");
        }
        throw new ConfigException(source, texts);
    }
}
