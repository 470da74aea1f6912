package io.marllb.agents.nn;

import java.util.Arrays;

/**
 * How kernels work: a few rows at a time are copied from ND4J's memory to plain arrays, small enough for the first-level cache, worked on by plain
 * loops that the compiler turns into vector instructions, and copied back. It does not do so for loops over off-heap memory.
 */
final class Tile {

    /** Elements of one array of a tile: several arrays of this fit into a cache of 32 KB, and loops are long enough to be worth it. */
    private static final int ELEMENTS = 512;

    private Tile() {}

    /** How many rows of a width make a tile. */
    static int rows(int width) {
        return Math.max(1, ELEMENTS / width);
    }

    /** Rows of a vector, the same again and again, from element {@code from} to {@code from + width} of it. */
    static void repeat(Matrix vector, int from, int width, float[] tile) {
        vector.get(from, tile, 0, width);
        for (int at = width; at < tile.length; at += width) {
            System.arraycopy(tile, 0, tile, at, width);
        }
    }

    /** Adds the rows of a tile up, and these sums to a part of a vector; clears the tile. */
    static void addSums(float[] tile, int width, Matrix vector, int from) {
        for (int at = width; at < tile.length; at += width) {
            for (int i = 0; i < width; i++) {
                tile[i] += tile[at + i];
            }
        }
        for (int i = 0; i < width; i++) {
            vector.buffer().put(from + i, vector.buffer().get(from + i) + tile[i]);
        }
        Arrays.fill(tile, 0);
    }
}
