package io.marllb.env.reference;

import io.marllb.core.check.Nearest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.MappingStartEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.events.SequenceStartEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * A payoff per joint action, read from nested lists in memory or in a file. A file is read from the parser's events, so that an alias is
 * never expanded and a place is known for everything.
 */
final class PayoffTable {

    private static final int MAX_AGENTS = 16;
    private static final int MAX_ENTRIES = 1 << 20;
    private static final int MAX_BYTES = 64 << 20;
    private static final int MAX_PROBLEMS = 20;
    private static final List<String> KEYS = List.of("payoff", "rounds");
    private static final Pattern NUMBER = Pattern.compile("[-+]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][-+]?\\d+)?");
    private static final Pattern WHOLE = Pattern.compile("\\d{1,9}");

    private final String source;
    private final List<String> problems = new ArrayList<>();
    private final List<Double> values = new ArrayList<>();
    private final List<Integer> shape = new ArrayList<>(); // of the first path down to a number
    private boolean shapeKnown;
    private boolean sawPayoff;
    private OptionalInt rounds = OptionalInt.empty();

    private PayoffTable(String source) {
        this.source = source;
    }

    static PayoffTable of(List<?> nested) {
        PayoffTable t = new PayoffTable("payoff");
        t.add(nested, "", 0);
        t.sawPayoff = true;
        return t.checked();
    }

    static PayoffTable read(Path file) {
        PayoffTable t = new PayoffTable(file.toString());
        t.parse(t.text(file));
        return t.checked();
    }

    int[] counts() {
        return shape.stream().mapToInt(Integer::intValue).toArray();
    }

    double[] payoffs() {
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    OptionalInt rounds() {
        return rounds;
    }

    private PayoffTable checked() {
        if (problems.isEmpty() && !sawPayoff) {
            problem(source + ": has no key payoff; write payoff: [[1, 2], [3, 4]]");
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("\n", problems));
        }
        return this;
    }

    private void problem(String text) {
        if (problems.size() < MAX_PROBLEMS) {
            problems.add(text);
        }
    }

    // --- in memory ---

    private void add(Object x, String place, int depth) {
        if (x instanceof List<?> list) {
            if (opened(place.isEmpty() ? source : source + place, depth)) {
                for (int i = 0; i < list.size(); i++) {
                    add(list.get(i), place + "[" + i + "]", depth + 1);
                }
                closed(source + place, depth, list.size());
            }
        } else if (x instanceof Number number) {
            number(source + place, depth, number.doubleValue());
        } else {
            problem(source + place + ": must be a number or a list, but was " + x);
        }
    }

    // --- the shape, the same for memory and files ---

    /** A list begins; false when it must not be looked into. */
    private boolean opened(String place, int depth) {
        if (depth >= MAX_AGENTS) {
            problem(place + ": nested deeper than " + MAX_AGENTS + ", the most agents of a table");
            return false;
        }
        if (shapeKnown && depth >= shape.size()) {
            problem(place + ": a list where others have a number; there are " + shape.size()
                    + " agents by the first row");
            return false;
        }
        if (!shapeKnown && depth == shape.size()) {
            shape.add(-1);
        }
        return true;
    }

    private void closed(String place, int depth, int size) {
        if (size == 0) {
            problem(place + ": is empty; every agent needs at least one action");
        } else if (shape.get(depth) < 0) {
            shape.set(depth, size);
        } else if (shape.get(depth) != size) {
            problem(place + ": has " + size + " entries, but the first list at this depth has " + shape.get(depth)
                    + "; agent " + depth + " needs the same actions everywhere");
        }
    }

    private void number(String place, int depth, double value) {
        if (depth == 0) {
            problem(place + ": payoff must be a list, but was " + value);
        } else if (shapeKnown && depth != shape.size()) {
            problem(place + ": a number where others have a list; there are " + shape.size()
                    + " agents by the first row");
        } else if (!(Math.abs(value) < Double.POSITIVE_INFINITY)) {
            problem(place + ": a payoff must be finite, but was " + value);
        } else if (values.size() == MAX_ENTRIES) {
            problem(place + ": more than " + MAX_ENTRIES + " payoffs");
        } else {
            values.add(value);
        }
        shapeKnown |= depth > 0;
    }

    // --- files ---

    private String text(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new IllegalArgumentException(file + ": there is no such file");
        }
        try (var in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new IllegalArgumentException(file + ": is larger than 64 MiB, the limit of a payoff file");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(file + ": is not UTF-8 text; a payoff file is YAML or JSON", e);
        } catch (IOException e) {
            throw new IllegalArgumentException(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private void parse(String text) {
        try {
            Iterator<Event> events = new Parse(
                            LoadSettings.builder().setLabel(source).build())
                    .parseString(text)
                    .iterator();
            Event e = events.next();
            while (events.hasNext() && !(e instanceof DocumentStartEvent)) {
                e = events.next();
            }
            if (!events.hasNext()) {
                throw new IllegalArgumentException(source + ": is empty; write payoff: [[1, 2], [3, 4]]");
            }
            e = events.next();
            if (!(e instanceof MappingStartEvent)) {
                throw fatal(e, "must be a mapping with the key payoff, such as payoff: [[1, 2], [3, 4]]");
            }
            mapping(events);
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(m -> m.getLine() + 1).orElse(1);
            int column = e.getProblemMark().map(m -> m.getColumn() + 1).orElse(1);
            throw new IllegalArgumentException(
                    source + ":" + line + ":" + column + ": not valid YAML: " + e.getProblem(), e);
        } catch (YamlEngineException e) {
            throw new IllegalArgumentException(source + ": not valid YAML: " + e.getMessage(), e);
        }
    }

    private void mapping(Iterator<Event> events) {
        for (Event key = events.next(); key.getEventId() != Event.ID.MappingEnd; key = events.next()) {
            String name = key instanceof ScalarEvent s ? s.getValue() : "";
            Event value;
            switch (name) {
                case "payoff" -> {
                    if (sawPayoff) {
                        throw fatal(key, "payoff is given twice");
                    }
                    sawPayoff = true;
                    node(events.next(), events, 0);
                }
                case "rounds" -> {
                    value = events.next();
                    if (value instanceof ScalarEvent s
                            && WHOLE.matcher(s.getValue()).matches()
                            && Integer.parseInt(s.getValue()) >= 1) {
                        rounds = OptionalInt.of(Integer.parseInt(s.getValue()));
                    } else {
                        throw fatal(value, "rounds must be a whole number >= 1, but was " + describe(value));
                    }
                }
                default -> throw fatal(key, "unknown key " + describe(key) + Nearest.hint(name, KEYS));
            }
        }
    }

    private void node(Event e, Iterator<Event> events, int depth) {
        if (e instanceof SequenceStartEvent) {
            if (!opened(place(e), depth)) {
                throw new IllegalArgumentException(String.join("\n", problems));
            }
            int size = 0;
            for (Event child = events.next(); child.getEventId() != Event.ID.SequenceEnd; child = events.next()) {
                node(child, events, depth + 1);
                size++;
            }
            closed(place(e), depth, size);
        } else if (e instanceof ScalarEvent s
                && s.isPlain()
                && NUMBER.matcher(s.getValue()).matches()) {
            number(place(e), depth, Double.parseDouble(s.getValue()));
        } else if (e instanceof ScalarEvent) {
            problem(place(e) + ": a payoff must be a number such as -2.5, but was " + describe(e));
            shapeKnown |= depth > 0;
        } else {
            throw fatal(e, "must be a number or a list, but was " + describe(e));
        }
    }

    private IllegalArgumentException fatal(Event e, String text) {
        problem(place(e) + ": " + text);
        return new IllegalArgumentException(String.join("\n", problems));
    }

    private String place(Event e) {
        return e.getStartMark()
                .map(m -> source + ":" + (m.getLine() + 1) + ":" + (m.getColumn() + 1))
                .orElse(source);
    }

    private static String describe(Event e) {
        if (e instanceof ScalarEvent s) {
            String v = s.getValue();
            return "'" + (v.length() > 40 ? v.substring(0, 40) + "..." : v) + "'";
        }
        return switch (e.getEventId()) {
            case Alias -> "an alias (write the value out)";
            case SequenceStart -> "a list";
            case MappingStart -> "a mapping";
            default -> e.getEventId().toString();
        };
    }
}
