package io.marllb.core.config;

import io.marllb.core.check.Nearest;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/**
 * One mapping of the file with the keys it may have. Every getter returns the value, or the given default when the key is absent; a bad value
 * is noted with its place and the default returned, so that reading goes on and finds the rest. Not thread-safe.
 */
public final class Fields {

    private final Node self;
    private final String path;
    private final Problems problems;
    private final Map<String, Node> values = new LinkedHashMap<>();

    private Fields(Node self, String path, Problems problems) {
        this.self = self;
        this.path = path;
        this.problems = problems;
    }

    /**
     * Reads a mapping and notes unknown, repeated and missing keys; anything but a mapping is noted and has no keys.
     *
     * @param node the node
     * @param path its full name, empty for the root
     * @param problems where problems are noted
     * @param keys the valid keys
     * @return its fields
     */
    public static Fields of(Node node, String path, Problems problems, List<String> keys) {
        Fields fields = new Fields(node, path, problems);
        if (!(node instanceof MappingNode mapping)) {
            problems.at(
                    node,
                    (path.isEmpty() ? "a " + problems.kind() : path) + " must be a mapping of keys to values, but was "
                            + describe(node) + "; its keys are " + String.join(", ", keys));
            return fields;
        }
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode keyNode)) {
                problems.at(tuple.getKeyNode(), "a key must be plain text, but was " + describe(tuple.getKeyNode()));
                continue;
            }
            String key = keyNode.getValue();
            if (!keys.contains(key)) {
                problems.at(
                        keyNode,
                        "unknown key " + Quantity.quote(key) + (path.isEmpty() ? "" : " in " + path)
                                + Nearest.hint(Quantity.cut(key), keys));
            } else if (fields.values.containsKey(key)) {
                problems.at(
                        keyNode,
                        fields.name(key) + " is given twice; first in line "
                                + (fields.values
                                                .get(key)
                                                .getStartMark()
                                                .orElseThrow()
                                                .getLine()
                                        + 1));
            } else {
                fields.values.put(key, tuple.getValueNode());
            }
        }
        return fields;
    }

    /**
     * The full name of a key, for messages.
     *
     * @param key the key
     * @return such as {@code run.seed}
     */
    public String name(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    /**
     * The mapping itself.
     *
     * @return the node
     */
    public Node self() {
        return self;
    }

    /**
     * Whether it is a mapping at all.
     *
     * @return false if that was noted as a problem
     */
    public boolean isMapping() {
        return self instanceof MappingNode;
    }

    /**
     * Whether a key is there.
     *
     * @param key the key
     * @return true if it has a value
     */
    public boolean has(String key) {
        return values.containsKey(key);
    }

    /**
     * Whether a key holds a list.
     *
     * @param key the key
     * @return false also when it is absent
     */
    public boolean isList(String key) {
        return has(key) && node(key) instanceof SequenceNode;
    }

    /**
     * The value's node; the key must be present.
     *
     * @param key the key
     * @return the node
     */
    public Node node(String key) {
        return values.get(key);
    }

    /**
     * Notes each of the keys that is missing.
     *
     * @param keys keys that must be there
     * @return true if all are
     */
    public boolean need(String... keys) {
        boolean all = isMapping();
        for (String key : keys) {
            if (isMapping() && !has(key)) {
                problems.at(self, (path.isEmpty() ? "a " + problems.kind() : path) + " needs the key '" + key + "'");
                all = false;
            }
        }
        return all;
    }

    /**
     * Notes a problem of a key.
     *
     * @param key the key
     * @param text what is wrong, behind the name of the key
     */
    public void problem(String key, String text) {
        problems.at(has(key) ? node(key) : self, name(key) + " " + text);
    }

    /**
     * A nested mapping.
     *
     * @param key the key
     * @param keys its valid keys
     * @return its fields
     */
    public Fields mapping(String key, List<String> keys) {
        return of(node(key), name(key), problems, keys);
    }

    /**
     * The items of a sequence; empty, and noted, if it is none.
     *
     * @param key the key
     * @return the nodes
     */
    public List<Node> items(String key) {
        if (!has(key)) {
            return List.of();
        }
        if (node(key) instanceof SequenceNode sequence) {
            return sequence.getValue();
        }
        problem(key, "must be a list, [a, b] or one '- item' per line, but was " + describe(node(key)));
        return List.of();
    }

    /**
     * A text.
     *
     * @param key the key
     * @param otherwise what holds when it is absent or not valid
     * @return the value
     */
    public String text(String key, String otherwise) {
        return read(key, otherwise, Function.identity());
    }

    /**
     * A duration, {@code >= 0}.
     *
     * @param key the key
     * @param otherwise what holds when it is absent or not valid
     * @param example what to write, for messages
     * @return nanoseconds
     */
    public long duration(String key, long otherwise, String example) {
        return read(key, otherwise, t -> Quantity.nanos(t, example));
    }

    /**
     * A duration that must be positive.
     *
     * @param key the key
     * @param otherwise what holds when it is absent or not valid
     * @param example what to write, for messages
     * @return nanoseconds
     */
    public long positiveDuration(String key, long otherwise, String example) {
        return read(key, otherwise, t -> positive(Quantity.nanos(t, example), t));
    }

    /**
     * A period of something that happens again and again.
     *
     * @param key the key
     * @param otherwise what holds when it is absent or not valid
     * @param least smallest valid one, nanoseconds
     * @param example what to write, for messages
     * @return nanoseconds
     */
    public long period(String key, long otherwise, long least, String example) {
        return read(key, otherwise, t -> {
            long x = positive(Quantity.nanos(t, example), t);
            if (x < least) {
                throw new IllegalArgumentException("must be >= " + Quantity.printDuration(least) + ", but was " + t);
            }
            return x;
        });
    }

    /**
     * A duration that need not be whole nanoseconds, {@code > 0}.
     *
     * @param key the key
     * @param otherwise what holds when it is absent or not valid
     * @param example what to write, for messages
     * @return nanoseconds
     */
    public double positiveNanos(String key, double otherwise, String example) {
        return read(key, otherwise, t -> positive(Quantity.duration(t, example).doubleValue(), t));
    }

    /**
     * A duration that need not be whole nanoseconds.
     *
     * @param key the key
     * @param otherwise what holds when it is absent or not valid
     * @param example what to write, for messages
     * @return nanoseconds
     */
    public double nanos(String key, double otherwise, String example) {
        return read(key, otherwise, t -> Quantity.duration(t, example).doubleValue());
    }

    /**
     * A number {@code > 0}.
     *
     * @param key the key
     * @param otherwise what holds when it is absent or not valid
     * @return the value
     */
    public double positiveNumber(String key, double otherwise) {
        return read(key, otherwise, t -> positive(Quantity.number(t), t));
    }

    /**
     * A number.
     *
     * @param key the key
     * @param otherwise what holds when it is absent or not valid
     * @return the value
     */
    public double number(String key, double otherwise) {
        return read(key, otherwise, Quantity::number);
    }

    /**
     * A positive number in a range.
     *
     * @param key the key
     * @param otherwise what holds when it is absent or not valid
     * @param min smallest valid one
     * @param max largest valid one
     * @return the value
     */
    public double positiveNumber(String key, double otherwise, double min, double max) {
        return read(key, otherwise, t -> {
            double x = positive(Quantity.number(t), t);
            if (!(x >= min && x <= max)) {
                throw new IllegalArgumentException("must be in [" + min + ", " + max + "], but was " + t);
            }
            return x;
        });
    }

    /**
     * A share such as {@code 10%}, not bounded.
     *
     * @param key the key
     * @param otherwise what holds when it is absent or not valid
     * @return the value
     */
    public double fraction(String key, double otherwise) {
        return read(key, otherwise, Quantity::fraction);
    }

    /**
     * A whole number in a range.
     *
     * @param key the key
     * @param otherwise what holds when it is absent or not valid
     * @param min smallest valid one
     * @param max largest valid one
     * @return the value
     */
    public long integer(String key, long otherwise, long min, long max) {
        return read(key, otherwise, t -> {
            long x = Quantity.integer(t);
            if (x < min || x > max) {
                throw new IllegalArgumentException("must be "
                        + (max == Long.MAX_VALUE ? ">= " + min : "in [" + min + ", " + max + "]") + ", but was " + t);
            }
            return x;
        });
    }

    /**
     * A whole number or {@code unlimited}, which is also what holds when the key is absent.
     *
     * @param key the key
     * @param min smallest valid number
     * @param unlimited what stands for no limit
     * @return the value
     */
    public int limit(String key, int min, int unlimited) {
        if (has(key) && node(key) instanceof ScalarNode scalar) {
            String text = scalar.getValue();
            if (text.equals("unlimited")) {
                return unlimited;
            }
            if (!text.isEmpty() && Character.isLetter(text.charAt(0))) {
                problem(key, "must be a whole number or unlimited, but was " + Quantity.quote(text));
                return unlimited;
            }
        }
        return (int) integer(key, unlimited, min, 1_000_000_000);
    }

    /**
     * {@code true} or {@code false}, which also holds when the key is absent.
     *
     * @param key the key
     * @return the value
     */
    public boolean flag(String key) {
        return read(key, false, t -> {
            if (!t.equals("true") && !t.equals("false")) {
                throw new IllegalArgumentException("must be true or false, but was " + Quantity.quote(t));
            }
            return t.equals("true");
        });
    }

    /**
     * One of some words.
     *
     * @param key the key
     * @param otherwise what holds when it is absent or not valid
     * @param valid the words
     * @return the value
     */
    public String word(String key, String otherwise, List<String> valid) {
        return read(key, otherwise, t -> {
            if (!valid.contains(t)) {
                throw new IllegalArgumentException("must be one of " + String.join(", ", valid) + ", but was "
                        + Quantity.quote(t)
                        + Nearest.name(Quantity.cut(t), valid)
                                .map(n -> "; did you mean '" + n + "'?")
                                .orElse(""));
            }
            return t;
        });
    }

    /**
     * Every item of a list, parsed; items that cannot be are noted and left out.
     *
     * @param key the key
     * @param parse throws IllegalArgumentException with the rule
     * @param <T> of an item
     * @return the items
     */
    public <T> List<T> list(String key, Function<String, T> parse) {
        List<T> out = new ArrayList<>();
        int i = 0;
        for (Node item : items(key)) {
            String itemName = name(key) + "[" + i++ + "]";
            String text = scalar(item, itemName);
            if (text != null) {
                try {
                    out.add(parse.apply(text));
                } catch (IllegalArgumentException e) {
                    problems.at(item, itemName + " " + e.getMessage());
                }
            }
        }
        return out;
    }

    private <T> T read(String key, T otherwise, Function<String, T> parse) {
        if (!has(key)) {
            return otherwise;
        }
        String text = scalar(node(key), name(key));
        if (text == null) {
            return otherwise;
        }
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException e) {
            problem(key, e.getMessage());
            return otherwise;
        }
    }

    private String scalar(Node node, String itsName) {
        if (!(node instanceof ScalarNode scalar)) {
            problems.at(node, itsName + " must be a single value, but was " + describe(node));
            return null;
        }
        boolean plain = scalar.getScalarStyle() == ScalarStyle.PLAIN;
        if (plain
                && (scalar.getValue().isEmpty()
                        || scalar.getValue().equals("null")
                        || scalar.getValue().equals("~"))) {
            problems.at(node, itsName + " has no value; write one or leave the key out");
            return null;
        }
        return scalar.getValue();
    }

    private static <T extends Number> T positive(T x, String text) {
        if (!(x.doubleValue() > 0)) {
            throw new IllegalArgumentException("must be > 0, but was " + text);
        }
        return x;
    }

    /**
     * What a node is, for messages.
     *
     * @param node the node
     * @return such as {@code a list}
     */
    public static String describe(Node node) {
        if (node instanceof ScalarNode scalar) {
            return scalar.getValue().isEmpty() ? "empty" : Quantity.quote(scalar.getValue());
        }
        return node instanceof MappingNode ? "a mapping" : "a list";
    }
}
