package io.marllb.policies.frozen;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Strict reading and plain writing of the few JSON shapes in an agent file. Keys are unique; what is not expected is malformed. */
final class Json {

    private static final int DEEPEST = 8;

    private static final JsonFactory FACTORY = new JsonFactoryBuilder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
            .build();

    private Json() {}

    static JsonGenerator generator(OutputStream out) throws IOException {
        return FACTORY.createGenerator(out);
    }

    /** One that starts new lines, the same on every system. */
    static JsonGenerator indented(OutputStream out) throws IOException {
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        return FACTORY.createGenerator(out).setPrettyPrinter(new DefaultPrettyPrinter().withObjectIndenter(indenter));
    }

    static JsonParser parser(byte[] text) throws IOException {
        return FACTORY.createParser(text);
    }

    static void expect(JsonToken found, JsonToken expected, String where) throws MalformedException {
        if (found != expected) {
            throw new MalformedException(where + ": expected " + expected + ", but found " + found);
        }
    }

    /** The key at which the parser stands. */
    static String key(JsonParser json, String where) throws IOException {
        expect(json.currentToken(), JsonToken.FIELD_NAME, where);
        return json.currentName();
    }

    static String text(JsonParser json, String where) throws IOException {
        expect(json.currentToken(), JsonToken.VALUE_STRING, where);
        return json.getText();
    }

    static long integer(JsonParser json, String where) throws IOException {
        expect(json.currentToken(), JsonToken.VALUE_NUMBER_INT, where);
        return json.getLongValue();
    }

    static int small(JsonParser json, String where) throws IOException {
        long value = integer(json, where);
        if (value != (int) value) {
            throw new MalformedException(where + " is " + value);
        }
        return (int) value;
    }

    static long[] longs(JsonParser json, int most, String where) throws IOException {
        expect(json.currentToken(), JsonToken.START_ARRAY, where);
        long[] values = new long[most];
        int count = 0;
        while (json.nextToken() != JsonToken.END_ARRAY) {
            if (count == most) {
                throw new MalformedException(where + " has more than " + most + " numbers");
            }
            values[count++] = integer(json, where);
        }
        return Arrays.copyOf(values, count);
    }

    static List<Integer> integers(JsonParser json, int most, String where) throws IOException {
        List<Integer> values = new ArrayList<>();
        for (long value : longs(json, most, where)) {
            if (value != (int) value) {
                throw new MalformedException(where + " has " + value);
            }
            values.add((int) value);
        }
        return values;
    }

    /** An object of strings, of which the parser stands at the start. */
    static Map<String, String> strings(JsonParser json, String where) throws IOException {
        expect(json.currentToken(), JsonToken.START_OBJECT, where);
        Map<String, String> strings = new LinkedHashMap<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = key(json, where);
            json.nextToken();
            strings.put(key, text(json, where + ": " + key));
        }
        return strings;
    }

    static void write(JsonGenerator json, String name, Map<String, String> strings) throws IOException {
        json.writeObjectFieldStart(name);
        for (Map.Entry<String, String> entry : strings.entrySet()) {
            json.writeStringField(entry.getKey(), entry.getValue());
        }
        json.writeEndObject();
    }

    static void write(JsonGenerator json, String name, List<Integer> integers) throws IOException {
        json.writeArrayFieldStart(name);
        for (int i : integers) {
            json.writeNumber(i);
        }
        json.writeEndArray();
    }
}
