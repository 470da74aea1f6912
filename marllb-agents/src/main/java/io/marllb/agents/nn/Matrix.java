package io.marllb.agents.nn;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A float32 matrix in ND4J's memory, {@code [rows, columns]}, row-major and contiguous. Not thread-safe.
 *
 * <p>Kernels read and write {@link #buffer} directly; the matrix keeps the memory alive, a buffer alone does not.
 */
public final class Matrix {

    static {
        Blas.prepare();
    }

    private final INDArray array; // [rows, columns], order 'c'
    private final INDArray transposed; // [columns, rows], order 'f', the same memory
    private final FloatBuffer buffer;
    private final IntBuffer bits; // the same memory
    private final FloatPointer pointer; // the same memory, its position set before each use
    private final long start; // position of the first element
    private final int rows;
    private final int columns;
    private Map<Long, Matrix>
            rowViews; // by first row and row behind the last; a view takes ND4J longer than a small product

    private Matrix(INDArray array, FloatBuffer buffer, IntBuffer bits) {
        this.array = array;
        this.transposed = array.transpose();
        this.buffer = buffer;
        this.bits = bits;
        this.pointer = new FloatPointer(array.data().pointer());
        this.start = array.offset();
        this.rows = array.rows();
        this.columns = array.columns();
    }

    /**
     * A new matrix of zeros.
     *
     * @param rows {@code >= 1}
     * @param columns {@code >= 1}
     * @return new memory
     */
    public static Matrix zeros(int rows, int columns) {
        if (rows < 1 || columns < 1) {
            throw new IllegalArgumentException("a matrix must be at least 1 x 1, but was " + rows + " x " + columns);
        }
        INDArray flat = Nd4j.zeros(DataType.FLOAT, (long) rows * columns);
        ByteBuffer memory = flat.data().pointer().asByteBuffer().order(ByteOrder.nativeOrder());
        return new Matrix(flat.reshape('c', rows, columns), memory.asFloatBuffer(), memory.asIntBuffer());
    }

    /**
     * A part of a matrix seen as one of another shape, over the same memory.
     *
     * @param from place of its first element, row-major
     * @param newRows rows of the view
     * @param newColumns columns of the view
     * @return a view
     * @throws IndexOutOfBoundsException if it does not lie inside
     */
    public Matrix view(int from, int newRows, int newColumns) {
        int size = Math.multiplyExact(newRows, newColumns);
        Objects.checkFromIndexSize(from, size, rows * columns);
        // With a plain long the order would count as a dimension: reshape(long...).
        INDArray flat = array.reshape('c', new long[] {(long) rows * columns});
        INDArray part = flat.get(org.nd4j.linalg.indexing.NDArrayIndex.interval(from, from + size));
        return new Matrix(part.reshape('c', newRows, newColumns), buffer.slice(from, size), bits.slice(from, size));
    }

    /**
     * Some rows, over the same memory. The view is made once and kept for the next time, so ask for few different ones.
     *
     * @param from first row
     * @param to behind the last row
     * @return a view; this matrix itself for all rows
     * @throws IndexOutOfBoundsException if there are no such rows
     */
    public Matrix rows(int from, int to) {
        if (from == 0 && to == rows) {
            return this;
        }
        if (rowViews == null) {
            rowViews = new HashMap<>();
        }
        long key = (long) from << Integer.SIZE | to;
        Matrix view = rowViews.get(key);
        if (view == null) {
            Objects.checkFromToIndex(from, to, rows);
            view = view(from * columns, to - from, columns);
            rowViews.put(key, view);
        }
        return view;
    }

    /**
     * Number of rows.
     *
     * @return {@code >= 1}
     */
    public int rows() {
        return rows;
    }

    /**
     * Number of columns.
     *
     * @return {@code >= 1}
     */
    public int columns() {
        return columns;
    }

    /**
     * Number of elements.
     *
     * @return rows times columns
     */
    public int size() {
        return rows * columns;
    }

    /**
     * The matrix as ND4J sees it.
     *
     * @return {@code [rows, columns]}, order 'c'; the same memory
     */
    public INDArray array() {
        return array;
    }

    /**
     * The memory.
     *
     * @return {@code [rows * columns]}, position 0; valid while this matrix is held
     */
    public FloatBuffer buffer() {
        return buffer;
    }

    /**
     * The memory as the bits of its numbers.
     *
     * @return {@code [rows * columns]}, position 0; valid while this matrix is held
     */
    IntBuffer bits() {
        return bits;
    }

    /**
     * One element.
     *
     * @param row index
     * @param column index
     * @return its value
     */
    public float get(int row, int column) {
        return buffer.get(row * columns + column);
    }

    /**
     * Sets one element.
     *
     * @param row index
     * @param column index
     * @param value what it becomes
     */
    public void set(int row, int column, float value) {
        buffer.put(row * columns + column, value);
    }

    /**
     * Copies elements in.
     *
     * @param to place of the first element, row-major
     * @param values read from {@code offset}
     * @param offset where to begin in {@code values}
     * @param count how many
     */
    public void put(int to, float[] values, int offset, int count) {
        buffer.put(to, values, offset, count);
    }

    /**
     * Copies elements out.
     *
     * @param from place of the first element, row-major
     * @param values overwritten from {@code offset}
     * @param offset where to begin in {@code values}
     * @param count how many
     */
    public void get(int from, float[] values, int offset, int count) {
        buffer.get(from, values, offset, count);
    }

    /**
     * Sets every element.
     *
     * @param value what they become
     */
    public void fill(float value) {
        array.assign(value);
    }

    /**
     * Copies another matrix of the same size, whatever its shape.
     *
     * @param other read
     */
    public void copyFrom(Matrix other) {
        if (other.size() != size()) {
            throw new IllegalArgumentException("sizes differ: " + size() + " and " + other.size());
        }
        buffer.put(0, other.buffer, 0, size());
    }

    /**
     * This becomes {@code A B + β this}, where A and B may be transposed: ND4J's product (OpenBLAS), without a copy.
     *
     * @param a left
     * @param transposeA whether A is the transpose of {@code a}
     * @param b right
     * @param transposeB whether B is the transpose of {@code b}
     * @param beta 0 to overwrite, 1 to add
     */
    public void product(Matrix a, boolean transposeA, Matrix b, boolean transposeB, float beta) {
        // Row-major C = A B is column-major C' = B' A': the transposed views are what BLAS takes for plain column-major
        // matrices.
        Nd4j.gemm(b.transposed, a.transposed, transposed, transposeB, transposeA, 1.0, beta);
    }

    /**
     * Some rows of this become {@code A B + β these}, where A is as many rows of a matrix and B may be transposed: for the small products of one
     * step of a sequence. It asks the OpenBLAS that ND4J loads and uses, on the same memory, directly: {@link #product} spends ten to twenty
     * microseconds a call on its way there, longer than such a product takes.
     *
     * @param to first row of this
     * @param a left
     * @param from first row of {@code a}
     * @param count number of rows
     * @param b right
     * @param transposeB whether B is the transpose of {@code b}
     * @param beta 0 to overwrite, 1 to add
     */
    void productOfRows(int to, Matrix a, int from, int count, Matrix b, boolean transposeB, float beta) {
        Objects.checkFromIndexSize(to, count, rows);
        Objects.checkFromIndexSize(from, count, a.rows);
        int inner = transposeB ? b.columns : b.rows;
        if (a.columns != inner || columns != (transposeB ? b.rows : b.columns)) {
            throw new IllegalArgumentException("rows of " + a + (transposeB ? " times the transpose of " : " times ")
                    + b + " are no rows of " + this);
        }
        openblas_nolapack.cblas_sgemm(
                openblas_nolapack.CblasRowMajor,
                openblas_nolapack.CblasNoTrans,
                transposeB ? openblas_nolapack.CblasTrans : openblas_nolapack.CblasNoTrans,
                count,
                columns,
                inner,
                1,
                a.at(from),
                a.columns,
                b.at(0),
                b.columns,
                beta,
                at(to),
                columns);
    }

    private FloatPointer at(int row) {
        return pointer.position(start + (long) row * columns);
    }

    @Override
    public String toString() {
        return "Matrix[" + rows + ", " + columns + "]";
    }
}
