package io.marllb.ipc;

import io.marllb.core.check.Nearest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What {@code layout.txt} says: constants, enumerations and records with the offset of every field. The grammar is in the head of that file.
 * Immutable.
 */
final class Schema {

    private static final int LINE = 64;
    private static final Map<String, Integer> NUMBERS =
            Map.of("u8", 1, "u16", 2, "u32", 4, "i32", 4, "u64", 8, "f64", 8);
    private static final String NAME = "[A-Za-z][A-Za-z0-9_]*";

    private final String source;
    private final Map<String, Long> constants = new LinkedHashMap<>();
    private final Map<String, List<String>> enums = new LinkedHashMap<>();
    private final Map<String, Shape> records = new LinkedHashMap<>();

    /**
     * One field of a record.
     *
     * @param type name of a number type or of a record
     * @param offset bytes from the start of the record
     * @param count elements, 1 unless it is an array
     * @param stride bytes from an element to the next
     * @param array whether the file gives a count
     */
    record Field(String name, String type, int offset, int count, int stride, boolean array) {}

    /** A record: its fields in the order of the file, its size and alignment in bytes. */
    record Shape(String name, int align, int size, List<Field> fields) {

        Field field(String wanted) {
            for (Field field : fields) {
                if (field.name.equals(wanted)) {
                    return field;
                }
            }
            throw new IllegalArgumentException("record " + name + " has no field " + wanted);
        }

        int offset(String wanted) {
            return field(wanted).offset;
        }
    }

    private Schema(String source) {
        this.source = source;
    }

    /** The schema of this build. */
    static Schema load() {
        try (InputStream in = Schema.class.getResourceAsStream("layout.txt")) {
            if (in == null) {
                throw new IllegalStateException("layout.txt is missing beside Schema.class; the jar is incomplete");
            }
            BufferedReader reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
            return parse("layout.txt", reader.lines().toList());
        } catch (IOException e) {
            throw new UncheckedIOException("layout.txt cannot be read", e);
        }
    }

    /** @throws IllegalArgumentException naming the line, what is wrong and what is allowed */
    static Schema parse(String source, List<String> lines) {
        Schema schema = new Schema(source);
        String open = null;
        int align = LINE;
        List<Field> fields = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            int line = i + 1;
            String text = lines.get(i).replaceFirst("#.*", "").strip();
            if (text.isEmpty()) {
                continue;
            }
            String[] words = text.split("\\s+");
            switch (words[0]) {
                case "const" -> schema.constant(line, words);
                case "enum" -> schema.enumeration(line, words);
                case "record" -> {
                    schema.close(open, align, fields);
                    open = schema.newName(line, words, 2, 3);
                    align = words.length == 3 ? schema.align(line, words[2]) : LINE;
                    fields = new ArrayList<>();
                }
                default -> {
                    if (open == null) {
                        throw schema.error(line, "'" + words[0] + "' stands before the first record");
                    }
                    fields.add(schema.field(line, words, fields));
                }
            }
        }
        schema.close(open, align, fields);
        return schema;
    }

    private void constant(int line, String[] words) {
        String name = newName(line, words, 3, 3);
        try {
            String value = words[2];
            constants.put(
                    name,
                    value.startsWith("0x")
                            ? Long.parseUnsignedLong(value, 2, value.length(), 16)
                            : Long.parseLong(value));
        } catch (NumberFormatException e) {
            throw error(line, "'" + words[2] + "' is no number of 64 bits");
        }
    }

    private void enumeration(int line, String[] words) {
        String name = newName(line, words, 3, Integer.MAX_VALUE);
        List<String> values = List.of(words).subList(2, words.length);
        for (String value : values) {
            if (!value.matches(NAME)) {
                throw error(line, "'" + value + "' is no name");
            }
            if (values.indexOf(value) != values.lastIndexOf(value)) {
                throw error(line, value + " stands twice in enum " + name);
            }
        }
        enums.put(name, values);
    }

    private String newName(int line, String[] words, int least, int most) {
        if (words.length < least || words.length > most) {
            throw error(
                    line,
                    words[0] + " takes " + (least - 1) + (most > least ? " or more" : "") + " words, but has "
                            + (words.length - 1));
        }
        String name = words[1];
        if (!name.matches(NAME)) {
            throw error(line, "'" + name + "' is no name");
        }
        if (constants.containsKey(name)
                || enums.containsKey(name)
                || records.containsKey(name)
                || NUMBERS.containsKey(name)) {
            throw error(line, name + " exists already");
        }
        return name;
    }

    private int align(int line, String word) {
        int align = number(line, word);
        if (align < 8 || align > LINE || Integer.bitCount(align) != 1) {
            throw error(line, "a record lies at multiples of 8, 16, 32 or 64 bytes, not of " + word);
        }
        return align;
    }

    private Field field(int line, String[] words, List<Field> before) {
        if (words.length < 2 || words.length > 3) {
            throw error(line, "a field is TYPE NAME [COUNT], but here are " + words.length + " words");
        }
        String type = words[0];
        Shape nested = records.get(type);
        if (nested == null && !NUMBERS.containsKey(type)) {
            List<String> known =
                    new ArrayList<>(NUMBERS.keySet().stream().sorted().toList());
            known.addAll(records.keySet());
            throw error(line, "unknown type '" + type + "'" + Nearest.hint(type, known));
        }
        String name = words[1];
        if (!name.matches(NAME)) {
            throw error(line, "'" + name + "' is no name");
        }
        int end = 0;
        for (Field field : before) {
            if (field.name.equals(name)) {
                throw error(line, "field " + name + " stands twice");
            }
            end = field.offset + field.count * field.stride;
        }
        int count = words.length == 3 ? number(line, words[2]) : 1;
        int stride = nested != null ? nested.size : NUMBERS.get(type);
        int at = nested != null ? nested.align : stride;
        return new Field(name, type, roundUp(end, at), count, stride, words.length == 3);
    }

    private int number(int line, String word) {
        Long constant = constants.get(word);
        long value;
        try {
            value = constant != null ? constant : Long.parseLong(word);
        } catch (NumberFormatException e) {
            throw error(
                    line, "'" + word + "' is neither a number nor a constant" + Nearest.hint(word, constants.keySet()));
        }
        if (value < 1 || value > 1 << 20) {
            throw error(line, "a count lies in [1, " + (1 << 20) + "], but " + word + " is " + value);
        }
        return (int) value;
    }

    private void close(String name, int align, List<Field> fields) {
        if (name == null) {
            return;
        }
        if (fields.isEmpty()) {
            throw new IllegalArgumentException(source + ": record " + name + " has no field");
        }
        Field last = fields.get(fields.size() - 1);
        int size = roundUp(last.offset + last.count * last.stride, align);
        records.put(name, new Shape(name, align, size, List.copyOf(fields)));
    }

    private static int roundUp(int value, int multiple) {
        return Math.multiplyExact(Math.floorDiv(Math.addExact(value, multiple - 1), multiple), multiple);
    }

    private IllegalArgumentException error(int line, String message) {
        return new IllegalArgumentException(source + ":" + line + ": " + message);
    }

    long constant(String name) {
        Long value = constants.get(name);
        if (value == null) {
            throw new IllegalArgumentException(source + " has no constant " + name);
        }
        return value;
    }

    Shape shape(String name) {
        Shape shape = records.get(name);
        if (shape == null) {
            throw new IllegalArgumentException(source + " has no record " + name);
        }
        return shape;
    }

    /** In the order of the file. */
    Map<String, Long> constants() {
        return new LinkedHashMap<>(constants);
    }

    /** In the order of the file. */
    Map<String, List<String>> enums() {
        return new LinkedHashMap<>(enums);
    }

    /** In the order of the file: a record comes after those that it holds. */
    List<Shape> shapes() {
        return List.copyOf(records.values());
    }

    /** FNV-1a over what the file means, so that comments and white space do not count. */
    long hash() {
        StringBuilder text = new StringBuilder();
        constants.forEach((name, value) ->
                text.append("const ").append(name).append(' ').append(value).append('\n'));
        enums.forEach((name, values) -> text.append("enum ")
                .append(name)
                .append(' ')
                .append(String.join(" ", values))
                .append('\n'));
        for (Shape shape : records.values()) {
            text.append("record ")
                    .append(shape.name)
                    .append(' ')
                    .append(shape.align)
                    .append(' ')
                    .append(shape.size)
                    .append('\n');
            for (Field f : shape.fields) {
                text.append(f.type)
                        .append(' ')
                        .append(f.name)
                        .append(' ')
                        .append(f.count)
                        .append(' ')
                        .append(f.offset)
                        .append('\n');
            }
        }
        long hash = 0xcbf29ce484222325L;
        for (byte b : text.toString().getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        return hash;
    }
}
