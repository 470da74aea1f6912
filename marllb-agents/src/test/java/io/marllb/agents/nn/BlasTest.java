package io.marllb.agents.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class BlasTest {

    /** Loads ND4J as learners do; OpenBLAS then says on stderr which processor it takes this one for. */
    static final class Load {

        private Load() {}

        public static void main(String[] args) {
            Matrix m = Matrix.zeros(4, 4);
            m.product(Matrix.zeros(4, 4), false, Matrix.zeros(4, 4), false, 0);
        }
    }

    @Test
    void isNewEnoughToKnowTodaysProcessors() {
        Matcher version = Pattern.compile("(\\d+)\\.(\\d+)\\.(\\d+)").matcher(Blas.version());

        assertThat(version.find()).as(Blas.version()).isTrue();
        int number = (Integer.parseInt(version.group(1)) * 1000 + Integer.parseInt(version.group(2))) * 1000
                + Integer.parseInt(version.group(3));
        assertThat(number).as(Blas.version()).isGreaterThanOrEqualTo(3_026);
    }

    @Test
    void usesOneThread() {
        assertThat(Blas.threads()).isEqualTo(1);
    }

    @Test
    void takesAProcessorWithAvx2ForNoAncientOne() throws IOException, InterruptedException {
        Path info = Path.of("/proc/cpuinfo");
        assumeThat(info).isReadable();
        assumeThat(Files.readString(info)).contains(" avx2 ");
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Load.class.getName());
        builder.environment().put("OPENBLAS_VERBOSE", "2");
        builder.environment().remove("OPENBLAS_CORETYPE");
        Process process = builder.redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(said).isZero();
        assertThat(said).contains("Core: ");
        // The kernels for SSE3, five to eight times slower: what the OpenBLAS that ND4J brings takes recent processors
        // for.
        assertThat(said).doesNotContain("Core: Prescott").doesNotContain("Core: Nehalem");
    }
}
