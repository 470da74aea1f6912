package io.marllb.policies.frozen;

import java.util.List;

/** The weights of a GRU, as {@link NetworkSpec} defines it. */
final class GruLayer {

    private final WeightRows fromX;
    private final WeightRows fromH;
    private final NetworkSpec.Tensor biasTensorX;
    private final NetworkSpec.Tensor biasTensorH;
    private final float[] biasX; // [padded 3 size]
    private final float[] biasH;
    private final int size;

    GruLayer(List<NetworkSpec.Tensor> tensors) {
        fromX = new WeightRows(DenseLayer.tensor(tensors, "gru.weight_x"));
        fromH = new WeightRows(DenseLayer.tensor(tensors, "gru.weight_h"));
        biasTensorX = DenseLayer.tensor(tensors, "gru.bias_x");
        biasTensorH = DenseLayer.tensor(tensors, "gru.bias_h");
        size = fromH.rows();
        biasX = new float[WeightRows.padded(3 * size)];
        biasH = new float[biasX.length];
    }

    void load(float[] flat) {
        fromX.load(flat);
        fromH.load(flat);
        WeightRows.loadBias(flat, biasTensorX, biasX);
        WeightRows.loadBias(flat, biasTensorH, biasH);
    }

    /** Scratch arrays of one step, each read and written from its start, which is what lets the compiler run several elements at once. */
    final class Cell {

        private final float[] gx = new float[biasX.length];
        private final float[] gh = new float[biasX.length];
        private final float[] z = new float[size];
        private final float[] nx = new float[size];
        private final float[] nh = new float[size];
        private final float[] old = new float[size];

        /** Replaces the state {@code h[hAt ...]} by the next one. */
        void step(float[] x, int xAt, float[] h, int hAt) {
            System.arraycopy(biasX, 0, gx, 0, gx.length);
            System.arraycopy(biasH, 0, gh, 0, gh.length);
            fromX.addSparseProduct(x, xAt, gx); // a relu's output in every network
            fromH.addProduct(h, hAt, gh);
            System.arraycopy(gx, 2 * size, nx, 0, size);
            System.arraycopy(gh, 2 * size, nh, 0, size);
            System.arraycopy(h, hAt, old, 0, size);
            addAndSquash(gx, gh, 2 * size);
            System.arraycopy(gx, size, z, 0, size);
            candidate(nx, gx, nh);
            blend(old, nx, z);
            System.arraycopy(old, 0, h, hAt, size);
        }

        private static void addAndSquash(float[] a, float[] b, int count) {
            for (int i = 0; i < count; i++) {
                a[i] += b[i];
            }
            Activations.sigmoid(a, 0, count);
        }

        private static void candidate(float[] n, float[] r, float[] nh) {
            for (int i = 0; i < n.length; i++) {
                n[i] += r[i] * nh[i];
            }
            Activations.tanh(n, 0, n.length);
        }

        private static void blend(float[] h, float[] n, float[] z) {
            for (int i = 0; i < h.length; i++) {
                h[i] = n[i] + z[i] * (h[i] - n[i]);
            }
        }
    }
}
