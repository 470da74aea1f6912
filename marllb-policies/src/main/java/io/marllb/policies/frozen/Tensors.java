package io.marllb.policies.frozen;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Named arrays of numbers, in the order in which they were put: what a safetensors file holds. Names are unique. Arrays are borrowed, not copied.
 * Not thread-safe.
 */
public final class Tensors {

    /** One array: float32 or int64, row-major. Exactly one of both is there. */
    private static final class Entry {

        private final int[] shape;
        private final float[] floats;
        private final long[] longs;

        Entry(int[] shape, float[] floats, long[] longs) {
            this.shape = shape;
            this.floats = floats;
            this.longs = longs;
        }
    }

    private final Map<String, Entry> entries = new LinkedHashMap<>();

    /** Nothing yet. */
    public Tensors() {}

    /**
     * Adds float32 numbers.
     *
     * @param name unique, not empty
     * @param values borrowed
     * @param shape dimensions; their product is the number of values; none given stands for one dimension
     * @return this
     */
    public Tensors put(String name, float[] values, int... shape) {
        add(name, new Entry(shaped(name, values.length, shape), values, null));
        return this;
    }

    /**
     * Adds int64 numbers.
     *
     * @param name unique, not empty
     * @param values borrowed
     * @return this
     */
    public Tensors put(String name, long[] values) {
        add(name, new Entry(new int[] {values.length}, null, values));
        return this;
    }

    private void add(String name, Entry entry) {
        if (name.isEmpty() || entries.putIfAbsent(name, entry) != null) {
            throw new IllegalArgumentException("tensor '" + name + "' has no name or is there twice");
        }
    }

    private static int[] shaped(String name, int length, int[] shape) {
        int[] dimensions = shape.length == 0 ? new int[] {length} : shape.clone();
        long product = 1;
        for (int d : dimensions) {
            product *= d;
        }
        if (product != length) {
            throw new IllegalArgumentException(
                    "tensor '" + name + "' has " + length + " values, but its shape is for " + product);
        }
        return dimensions;
    }

    /**
     * Names in order.
     *
     * @return a view
     */
    public Set<String> names() {
        return java.util.Collections.unmodifiableSet(entries.keySet());
    }

    /**
     * The dimensions of a tensor.
     *
     * @param name one of {@link #names}
     * @return a new array
     */
    public int[] shape(String name) {
        return entry(name).shape.clone();
    }

    /**
     * Whether a tensor is of float32 numbers.
     *
     * @param name one of {@link #names}
     * @return false for int64
     */
    public boolean isFloat(String name) {
        return entry(name).floats != null;
    }

    /**
     * The float32 numbers of a tensor.
     *
     * @param name one of {@link #names}
     * @return the array itself
     * @throws IllegalArgumentException if there is no such tensor, or it is int64
     */
    public float[] floats(String name) {
        if (entry(name).floats == null) {
            throw new IllegalArgumentException("tensor '" + name + "' must be float32, but is int64");
        }
        return entry(name).floats;
    }

    /**
     * So many float32 numbers.
     *
     * @param name one of {@link #names}
     * @param count how many there must be
     * @return the array itself
     * @throws IllegalArgumentException if there is no such tensor, it is int64, or of another length
     */
    public float[] floats(String name, int count) {
        requireCount(name, count, floats(name).length);
        return floats(name);
    }

    /**
     * The int64 numbers of a tensor.
     *
     * @param name one of {@link #names}
     * @return the array itself
     * @throws IllegalArgumentException if there is no such tensor, or it is float32
     */
    public long[] longs(String name) {
        if (entry(name).longs == null) {
            throw new IllegalArgumentException("tensor '" + name + "' must be int64, but is float32");
        }
        return entry(name).longs;
    }

    /**
     * So many int64 numbers.
     *
     * @param name one of {@link #names}
     * @param count how many there must be
     * @return the array itself
     * @throws IllegalArgumentException if there is no such tensor, it is float32, or of another length
     */
    public long[] longs(String name, int count) {
        requireCount(name, count, longs(name).length);
        return longs(name);
    }

    private static void requireCount(String name, int expected, int found) {
        if (found != expected) {
            throw new IllegalArgumentException(
                    "tensor '" + name + "' must have " + expected + " numbers, but has " + found);
        }
    }

    private Entry entry(String name) {
        Entry e = entries.get(name);
        if (e == null) {
            throw new IllegalArgumentException("there is no tensor '" + name + "'");
        }
        return e;
    }
}
