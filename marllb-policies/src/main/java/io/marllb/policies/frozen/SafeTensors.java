package io.marllb.policies.frozen;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/**
 * The safetensors format: eight bytes with the length of the header, the header in JSON (per tensor {@code dtype}, {@code shape} and
 * {@code data_offsets}), then all data without gaps, little-endian. Of its types float32 and int64.
 */
final class SafeTensors {

    private static final int LENGTH_BYTES = 8;
    private static final int LONGEST_HEADER = 1 << 20; // thousands of tensors; an agent has tens
    private static final int MOST_DIMENSIONS = 8;
    private static final int CHUNK = 1 << 16; // bytes, a multiple of 8

    private SafeTensors() {}

    static void write(Tensors tensors, OutputStream out) throws IOException {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        try (JsonGenerator json = Json.generator(header)) {
            json.writeStartObject();
            long at = 0;
            for (String name : tensors.names()) {
                json.writeObjectFieldStart(name);
                json.writeStringField("dtype", tensors.isFloat(name) ? "F32" : "I64");
                int[] shape = tensors.shape(name);
                json.writeFieldName("shape");
                json.writeArray(shape, 0, shape.length);
                json.writeFieldName("data_offsets");
                long end = at + bytes(tensors, name);
                json.writeArray(new long[] {at, end}, 0, 2);
                json.writeEndObject();
                at = end;
            }
            json.writeEndObject();
        }
        int padded = (header.size() + LENGTH_BYTES - 1) / LENGTH_BYTES * LENGTH_BYTES; // aligns the data
        if (padded > LONGEST_HEADER) {
            throw new IOException(
                    "the names of " + tensors.names().size() + " tensors take more than " + LONGEST_HEADER + " bytes");
        }
        byte[] text = Arrays.copyOf(header.toByteArray(), padded);
        Arrays.fill(text, header.size(), padded, (byte) ' ');
        out.write(ByteBuffer.allocate(LENGTH_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(padded)
                .array());
        out.write(text);
        for (String name : tensors.names()) {
            data(tensors, name, out::write);
        }
    }

    private static long bytes(Tensors tensors, String name) {
        return tensors.isFloat(name) ? 4L * tensors.floats(name).length : 8L * tensors.longs(name).length;
    }

    @FunctionalInterface
    private interface Sink<E extends Exception> {
        void accept(byte[] bytes, int from, int count) throws E;
    }

    private static <E extends Exception> void data(Tensors tensors, String name, Sink<E> sink) throws E {
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        if (tensors.isFloat(name)) {
            for (float x : tensors.floats(name)) {
                if (!chunk.hasRemaining()) {
                    sink.accept(chunk.array(), 0, CHUNK);
                    chunk.clear();
                }
                chunk.putFloat(x);
            }
        } else {
            for (long x : tensors.longs(name)) {
                if (!chunk.hasRemaining()) {
                    sink.accept(chunk.array(), 0, CHUNK);
                    chunk.clear();
                }
                chunk.putLong(x);
            }
        }
        sink.accept(chunk.array(), 0, chunk.position());
    }

    /** SHA-256 of the bytes of a tensor, lower-case hexadecimal. */
    static String sha256(Tensors tensors, String name) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            data(tensors, name, digest::update);
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java platform has SHA-256", e);
        }
    }

    private static final class Declared {
        private String name;
        private String type;
        private long[] shape;
        private long[] offsets;
    }

    static Tensors read(ByteSource source, String file) throws IOException {
        if (source.size() < LENGTH_BYTES) {
            throw new MalformedException(file + " is truncated: it has " + source.size() + " bytes");
        }
        long header = source.bytes(0, LENGTH_BYTES).getLong();
        if (header < 2 || header > Math.min(LONGEST_HEADER, source.size() - LENGTH_BYTES)) {
            throw new MalformedException(file + " declares a header of " + header + " bytes, but has "
                    + (source.size() - LENGTH_BYTES) + " bytes and at most " + LONGEST_HEADER + " are read");
        }
        List<Declared> all = header(source.bytes(LENGTH_BYTES, (int) header).array(), file);
        List<Declared> byPlace = new ArrayList<>(all);
        byPlace.sort(Comparator.<Declared>comparingLong(d -> d.offsets[0]).thenComparingLong(d -> d.offsets[1]));
        long data = LENGTH_BYTES + header;
        long at = 0;
        for (Declared d : byPlace) {
            if (d.offsets[0] != at || d.offsets[1] < at || d.offsets[1] > source.size() - data) {
                throw new MalformedException(
                        file + ": tensor '" + d.name + "' is at bytes " + d.offsets[0] + " to " + d.offsets[1]
                                + ", but the one before ends at " + at + " and the data at " + (source.size() - data));
            }
            at = d.offsets[1];
        }
        if (at != source.size() - data) {
            throw new MalformedException(
                    file + ": the data has " + (source.size() - data) + " bytes, but tensors use " + at);
        }
        Tensors tensors = new Tensors();
        for (Declared d : all) {
            put(tensors, d, source, data, file);
        }
        return tensors;
    }

    private static void put(Tensors tensors, Declared d, ByteSource source, long data, String file) throws IOException {
        boolean floats = d.type.equals("F32");
        if (!floats && !d.type.equals("I64")) {
            throw new MalformedException(
                    file + ": tensor '" + d.name + "' is of type " + d.type + ", but only F32 and I64 are read");
        }
        int width = floats ? 4 : 8;
        long bytes = d.offsets[1] - d.offsets[0];
        long count = 1;
        for (long dimension : d.shape) {
            if (dimension < 0
                    || dimension > Integer.MAX_VALUE
                    || dimension > 0 && count > Integer.MAX_VALUE / dimension) {
                throw new MalformedException(file + ": tensor '" + d.name + "' has shape " + Arrays.toString(d.shape));
            }
            count *= dimension;
        }
        if (count * width != bytes || !floats && d.shape.length != 1) {
            throw new MalformedException(file + ": tensor '" + d.name + "' of shape " + Arrays.toString(d.shape)
                    + " and type " + d.type + " does not fit its " + bytes + " bytes");
        }
        float[] f = new float[floats ? (int) count : 0];
        long[] l = new long[floats ? 0 : (int) count];
        ByteBuffer chunk = ByteBuffer.allocate((int) Math.min(CHUNK, bytes)).order(ByteOrder.LITTLE_ENDIAN);
        int filled = 0;
        for (long at = 0; at < bytes; at += chunk.limit()) {
            chunk.clear().limit((int) Math.min(chunk.capacity(), bytes - at));
            source.read(data + d.offsets[0] + at, chunk);
            chunk.flip();
            while (chunk.hasRemaining()) {
                if (floats) {
                    f[filled++] = chunk.getFloat();
                } else {
                    l[filled++] = chunk.getLong();
                }
            }
        }
        if (floats) {
            int[] shape = new int[d.shape.length];
            for (int i = 0; i < shape.length; i++) {
                shape[i] = (int) d.shape[i];
            }
            tensors.put(d.name, f, shape);
        } else {
            tensors.put(d.name, l);
        }
    }

    private static List<Declared> header(byte[] text, String file) throws IOException {
        List<Declared> all = new ArrayList<>();
        try (JsonParser json = Json.parser(text)) {
            Json.expect(json.nextToken(), JsonToken.START_OBJECT, file);
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String name = Json.key(json, file);
                Json.expect(json.nextToken(), JsonToken.START_OBJECT, file + ": " + name);
                if (name.equals("__metadata__")) {
                    Json.strings(json, file + ": " + name);
                } else {
                    all.add(declared(json, name, file + ": tensor '" + name + "'"));
                }
            }
            if (json.nextToken() != null) {
                throw new MalformedException(file + " has more than one object in its header");
            }
        }
        return all;
    }

    private static Declared declared(JsonParser json, String name, String where) throws IOException {
        Declared d = new Declared();
        d.name = name;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = Json.key(json, where);
            json.nextToken();
            switch (key) {
                case "dtype" -> d.type = Json.text(json, where);
                case "shape" -> d.shape = Json.longs(json, MOST_DIMENSIONS, where);
                case "data_offsets" -> d.offsets = Json.longs(json, 2, where);
                default -> throw new MalformedException(where + " has an unknown key '" + key + "'");
            }
        }
        if (name.isEmpty() || d.type == null || d.shape == null || d.offsets == null || d.offsets.length != 2) {
            throw new MalformedException(where + " needs a name, dtype, shape and two data_offsets");
        }
        if (d.shape.length == 0) {
            d.shape = new long[] {1}; // a scalar
        }
        return d;
    }
}
