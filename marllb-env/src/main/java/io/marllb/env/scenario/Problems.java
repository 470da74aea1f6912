package io.marllb.env.scenario;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.Node;

/** What is wrong with one file, collected with its place, so that a user sees all of it at once. */
final class Problems {

    /** More help nobody: a file with this many mistakes is not a scenario. */
    private static final int MOST_SHOWN = 100;

    private record Problem(int line, int column, String text) {}

    private final String source;
    private final List<Problem> found = new ArrayList<>();

    Problems(String source) {
        this.source = source;
    }

    String source() {
        return source;
    }

    int count() {
        return found.size();
    }

    void at(Node node, String text) {
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

    /** A problem of the file as a whole. */
    ScenarioException fatal(String text) {
        return new ScenarioException(source, List.of(source + ": " + text));
    }

    void throwIfAny() {
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
        throw new ScenarioException(source, texts);
    }
}
