package io.marllb.policies.frozen;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
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
     */
    public float[] floats(String name) {
        return Objects.requireNonNull(entry(name).floats, () -> "tensor '" + name + "' is int64");
    }

    /**
     * The int64 numbers of a tensor.
     *
     * @param name one of {@link #names}
     * @return the array itself
     */
    public long[] longs(String name) {
        return Objects.requireNonNull(entry(name).longs, () -> "tensor '" + name + "' is float32");
    }

    private Entry entry(String name) {
        Entry e = entries.get(name);
        if (e == null) {
            throw new IllegalArgumentException("there is no tensor '" + name + "'");
        }
        return e;
    }
}
