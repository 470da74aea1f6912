package io.marllb.agents.nn;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.rng.Streams;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;

/** What is wrong with ND4J 1.0.0-M2.1, and that we stay clear of it. If one of these fails after an upgrade, something was repaired. */
class Nd4jPitfallsTest {

    private static final int TIME = 3;
    private static final int BATCH = 2;
    private static final int INPUTS = 3;
    private static final int SIZE = 4;

    private final RandomGenerator random = Streams.of(11).stream("pitfalls");

    private INDArray draw(long... shape) {
        INDArray a = Nd4j.zeros(DataType.DOUBLE, shape);
        for (long i = 0; i < a.length(); i++) {
            a.putScalar(i, 2 * random.nextDouble() - 1);
        }
        return a;
    }

    private static INDArray gru(INDArray[] in) {
        INDArray out = Nd4j.zeros(DataType.DOUBLE, TIME, BATCH, SIZE);
        Nd4j.exec(DynamicCustomOp.builder("gru").addInputs(in).addOutputs(out).build());
        return out;
    }

    @Test
    void theFusedGradientOfTheGruIsWrong() {
        INDArray[] in = {
            draw(TIME, BATCH, INPUTS), draw(BATCH, SIZE), draw(INPUTS, 3 * SIZE), draw(SIZE, 3 * SIZE), draw(3 * SIZE)
        };
        INDArray direction = draw(TIME, BATCH, SIZE);
        INDArray[] gradients = new INDArray[in.length];
        for (int i = 0; i < in.length; i++) {
            gradients[i] = Nd4j.zeros(DataType.DOUBLE, in[i].shape());
        }
        Nd4j.exec(DynamicCustomOp.builder("gru_bp")
                .addInputs(in[0], in[1], in[2], in[3], in[4], direction)
                .addOutputs(gradients)
                .build());

        double worst = 0;
        double step = 1e-6;
        for (int i = 0; i < in.length; i++) {
            for (long k = 0; k < in[i].length(); k++) {
                double keep = in[i].getDouble(k);
                in[i].putScalar(k, keep + step);
                double up = gru(in).mul(direction).sumNumber().doubleValue();
                in[i].putScalar(k, keep - step);
                double down = gru(in).mul(direction).sumNumber().doubleValue();
                in[i].putScalar(k, keep);
                worst = Math.max(worst, Math.abs((up - down) / (2 * step) - gradients[i].getDouble(k)));
            }
        }

        assertThat(worst).isGreaterThan(0.01);
    }

    @Test
    void seedZeroIsNoSeedButTheTime() throws Exception {
        float first = firstOf(0);
        int tries = 0;
        // The clock has to tick in between; a generator takes some microseconds.
        while (firstOf(0) == first && tries < 100_000) {
            tries++;
        }

        assertThat(tries).isLessThan(100_000);
        assertThat(firstOf(1)).isEqualTo(firstOf(1));
    }

    private static float firstOf(long seed) throws Exception {
        org.nd4j.linalg.api.rng.Random generator = Nd4j.getRandomFactory().getNewRandomInstance(seed);
        float first = generator.nextFloat();
        generator.close();
        return first;
    }

    /** Random numbers come from named streams, gradients from our own code. */
    @Test
    void nothingOfOursDrawsFromNd4jOrUsesItsFusedCells() throws IOException {
        Pattern banned = Pattern.compile(
                "Nd4j\\.(rand|randn|randInt|getRandom|getRandomFactory|choice|shuffle|exec)\\b|nd4j\\.linalg\\.api\\.rng|gru_bp|\\.rnn\\(\\)|SameDiff"
                        + "|layers\\.recurrent");
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            List<Path> sources =
                    files.filter(f -> f.toString().endsWith(".java")).toList();
            assertThat(sources).hasSizeGreaterThan(10);
            for (Path source : sources) {
                assertThat(banned.matcher(Files.readString(source)).results().map(r -> r.group()))
                        .as(source.toString())
                        .isEmpty();
            }
        }
    }
}
