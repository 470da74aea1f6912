package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ShellCommandTest {

    @TempDir
    Path folder;

    @Test
    void importsThePackagesOfEveryModuleButItsOwn() throws Exception {
        assertThat(ShellCommand.packages(ShellCommand.classPath()))
                .contains("io.marllb.core", "io.marllb.policies", "io.marllb.env.scenario", "io.marllb.bench.theory")
                .doesNotContain("io.marllb.cli");
    }

    @Test
    void aScriptThatIsNotThereIsBadInput() {
        Cli run = Cli.run("shell", folder.resolve("no.jsh").toString());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).startsWith("marllb: the script ").hasLineCount(1);
    }

    @Test
    void findsThePackagesOfJars() throws Exception {
        Path jar = folder.resolve("marllb-x-1.jar");
        try (OutputStream out = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("io/marllb/x/deep/A.class"));
            zip.closeEntry();
            zip.putNextEntry(new ZipEntry("io/marllb/empty/readme.txt"));
            zip.closeEntry();
        }

        assertThat(ShellCommand.packages(List.of(jar, folder))).containsExactly("io.marllb.x.deep");
    }
}
