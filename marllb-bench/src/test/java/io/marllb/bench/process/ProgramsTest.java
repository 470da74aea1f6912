package io.marllb.bench.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ProgramsTest {

    @TempDir
    private Path folder;

    @Test
    void whatAProgramPrintsIsReturnedHoweverMuchItIs() {
        assertThat(Programs.run("sh", "-c", "head -c 1000000 /dev/zero | tr '\\0' x; echo end >&2"))
                .hasSize(1_000_004)
                .endsWith("xend\n");
    }

    @Test
    void aProgramThatFailsIsToldWithItsCodeAndItsWords() {
        assertThatThrownBy(() -> Programs.run("sh", "-c", "echo no such thing; exit 7"))
                .isInstanceOf(ProgramException.class)
                .hasMessageContaining("exit code 7")
                .hasMessageEndingWith("no such thing");
        assertThatThrownBy(() -> Programs.run("marllb-no-such-program"))
                .isInstanceOf(ProgramException.class)
                .hasMessageStartingWith("'marllb-no-such-program' can't be started");
    }

    @Test
    void aProgramThatHangsIsEnded() {
        assertThatThrownBy(() -> Programs.tryRun(Duration.ofMillis(200), List.of("sleep", "1000")))
                .isInstanceOf(ProgramException.class)
                .hasMessage("'sleep 1000' did not end within 0 s");
    }

    @Test
    void programsAreFoundOnThePathOnly() {
        assertThat(Programs.find("sh")).get().asString().endsWith("/sh");
        assertThat(Programs.find("marllb-no-such-program")).isEmpty();
        assertThat(Programs.find("")).isEmpty(); // a folder is no program
    }

    @Test
    void whatRunsWhenTheJvmEndsIsKilledAndThenClearedUp() throws Exception {
        Path cleared = folder.resolve("cleared");
        Process jvm = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LeavesAProgramBehind.class.getName(),
                        folder.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        ProcessHandle left;
        try (BufferedReader said =
                new BufferedReader(new InputStreamReader(jvm.getInputStream(), StandardCharsets.US_ASCII))) {
            left = ProcessHandle.of(Long.parseLong(said.readLine())).orElseThrow();
            assertThat(left.isAlive()).isTrue();
            jvm.destroy();
            jvm.waitFor();
        }

        for (int i = 0; i < 1_000 && left.isAlive(); i++) { // until init has taken note of it
            LockSupport.parkNanos(10_000_000L);
        }
        assertThat(left.isAlive()).isFalse();
        assertThat(cleared).content().isEqualTo("ok\n");
    }

    /** Starts a program and waits to be ended. */
    static final class LeavesAProgramBehind {
        public static void main(String[] args) throws InterruptedException {
            Path folder = Path.of(args[0]);
            Programs.whenEnding(() -> {
                String still = Programs.run("echo", "ok"); // may still run programs
                try {
                    Files.writeString(folder.resolve("cleared"), still);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            System.out.println(Programs.start(folder.resolve("log"), List.of("sleep", "1000"))
                    .pid());
            Thread.currentThread().join();
        }
    }
}
