package io.marllb.agents.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rng.Streams;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.factory.Nd4j;

class MatrixTest {

    private final RandomGenerator random = Streams.of(5).stream("matrix-test");

    private Matrix draw(int rows, int columns) {
        Matrix m = Matrix.zeros(rows, columns);
        for (int i = 0; i < m.size(); i++) {
            m.buffer().put(i, 2 * random.nextFloat() - 1);
        }
        return m;
    }

    private static double[][] product(Matrix a, boolean ta, Matrix b, boolean tb) {
        int rows = ta ? a.columns() : a.rows();
        int inner = ta ? a.rows() : a.columns();
        int columns = tb ? b.rows() : b.columns();
        double[][] c = new double[rows][columns];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                for (int k = 0; k < inner; k++) {
                    double x = ta ? a.get(k, i) : a.get(i, k);
                    double y = tb ? b.get(j, k) : b.get(k, j);
                    c[i][j] += x * y;
                }
            }
        }
        return c;
    }

    @ParameterizedTest
    @CsvSource({"false,false", "true,false", "false,true", "true,true"})
    void productsAreRowMajorWhateverIsTransposed(boolean ta, boolean tb) {
        int[][] sizes = {{3, 4, 5}, {1, 7, 2}, {6, 1, 3}, {4, 5, 1}, {1, 1, 1}, {33, 65, 17}};
        for (int[] s : sizes) {
            Matrix a = ta ? draw(s[1], s[0]) : draw(s[0], s[1]);
            Matrix b = tb ? draw(s[2], s[1]) : draw(s[1], s[2]);
            Matrix c = draw(s[0], s[2]);
            double[][] expected = product(a, ta, b, tb);

            c.product(a, ta, b, tb, 0);
            for (int i = 0; i < s[0]; i++) {
                for (int j = 0; j < s[2]; j++) {
                    assertThat((double) c.buffer().get(i * s[2] + j)).isCloseTo(expected[i][j], within(1e-4));
                }
            }
            c.product(a, ta, b, tb, 1);
            assertThat((double) c.get(s[0] - 1, s[2] - 1)).isCloseTo(2 * expected[s[0] - 1][s[2] - 1], within(1e-4));
        }
    }

    @Test
    void productsOfViewsTouchNothingElse() {
        Matrix c = Matrix.zeros(6, 4);
        c.fill(9);
        Matrix a = draw(5, 3);
        Matrix b = draw(3, 4);
        double[][] expected = product(a, false, b, false);

        c.rows(2, 4).product(a.rows(1, 3), false, b, false, 0);

        for (int i = 0; i < 6; i++) {
            for (int j = 0; j < 4; j++) {
                double value = i == 2 || i == 3 ? expected[i - 1][j] : 9;
                assertThat((double) c.get(i, j)).isCloseTo(value, within(1e-5));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"false,0", "false,1", "true,0", "true,1"})
    void productsOfRowsHaveTheBitsOfNd4jsOwn(boolean transposed, int beta) {
        // Shapes and rows as in a step of a sequence, and in views that do not begin where their memory does.
        Matrix a = draw(40, 24).rows(3, 40);
        Matrix b = (transposed ? draw(20, 24) : draw(26, 18)).rows(transposed ? 1 : 2, transposed ? 19 : 26);
        Matrix found = draw(50, 18).rows(5, 50);
        Matrix expected = Matrix.zeros(45, 18);
        expected.copyFrom(found);

        found.productOfRows(7, a, 4, 16, b, transposed, beta);
        expected.rows(7, 23).product(a.rows(4, 20), false, b, transposed, beta);

        float[] f = new float[found.size()];
        float[] e = new float[f.length];
        found.get(0, f, 0, f.length);
        expected.get(0, e, 0, e.length);
        assertThat(f).isEqualTo(e);
    }

    @Test
    void productsOfRowsRefuseWhatDoesNotFit() {
        Matrix c = Matrix.zeros(4, 3);
        assertThatThrownBy(() -> c.productOfRows(0, Matrix.zeros(4, 2), 0, 4, Matrix.zeros(3, 3), false, 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("Matrix[4, 2]")
                .hasMessageContaining("Matrix[3, 3]");
        assertThatThrownBy(() -> c.productOfRows(2, Matrix.zeros(4, 2), 0, 4, Matrix.zeros(2, 3), false, 0))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void rowsAreTheSameViewEachTime() {
        Matrix m = Matrix.zeros(4, 3);

        assertThat(m.rows(1, 3)).isSameAs(m.rows(1, 3));
        assertThat(m.rows(0, 4)).isSameAs(m);
        m.rows(1, 3).set(0, 2, 5);
        assertThat(m.get(1, 2)).isEqualTo(5);
        assertThatThrownBy(() -> m.rows(3, 5)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void nd4jsOwnOrderDependsOnTheOperandsAndItsReshapeTakesALetterForASize() {
        // Why everything here is row-major by construction: pitfalls, pinned so that an upgrade that changes them is
        // noticed.
        assertThat(Nd4j.ones(2, 3).mmul(Nd4j.ones(3, 2)).ordering()).isEqualTo('c');
        assertThat(Nd4j.ones(2, 3).dup('f').mmul(Nd4j.ones(3, 2).dup('f')).ordering())
                .isEqualTo('f');
        assertThatThrownBy(() -> Nd4j.ones(2, 3).reshape('c', 6L)).hasMessageContaining("[99, 6]");
    }
}
