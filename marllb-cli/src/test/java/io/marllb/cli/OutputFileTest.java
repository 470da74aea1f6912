package io.marllb.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFileTest {

    @TempDir
    Path folder;

    @Test
    void writesTheWholeContent() throws IOException {
        Path path = folder.resolve("r.json");

        OutputFile.check(path, "--json").write(out -> out.write("new".getBytes(UTF_8)));

        assertThat(path).hasContent("new");
        assertThat(folder).isDirectoryContaining(p -> p.equals(path)).isDirectoryNotContaining("glob:**.tmp");
    }

    @Test
    void keepsTheOldContentWhenWritingFails() throws IOException {
        Path path = Files.writeString(folder.resolve("r.json"), "old");
        OutputFile file = OutputFile.check(path, "--json");

        assertThatThrownBy(() -> file.write(out -> {
                    out.write("half".getBytes(UTF_8));
                    throw new IOException("disk full");
                }))
                .hasMessage(path + " can't be written: disk full");

        assertThat(path).hasContent("old");
        assertThat(folder.toFile().list()).containsExactly(path.getFileName().toString());
    }

    @Test
    void hasThePermissionsOfAnyNewFile() throws IOException {
        Path plain = Files.writeString(folder.resolve("plain"), "");
        Path path = folder.resolve("r.json");

        OutputFile.check(path, "--json").write(out -> out.write("new".getBytes(UTF_8)));

        assertThat(Files.getPosixFilePermissions(path)).isEqualTo(Files.getPosixFilePermissions(plain));
    }

    @Test
    void checkingLeavesNothingBehind() throws IOException {
        OutputFile.check(folder.resolve("r.json"), "--json");

        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void writesThroughALinkInsteadOfReplacingIt() throws IOException {
        Path real = Files.writeString(folder.resolve("real.json"), "old");
        Path link = Files.createSymbolicLink(folder.resolve("link.json"), real);

        OutputFile.check(link, "--json").write(out -> out.write("new".getBytes(UTF_8)));

        assertThat(link).isSymbolicLink();
        assertThat(real).hasContent("new");
    }

    @Test
    void refusesAFolder() {
        assertThatThrownBy(() -> OutputFile.check(folder, "--json"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--json must name a file, but " + folder + " is a folder");
    }

    @Test
    void refusesAFolderThatDoesNotExist() {
        Path path = folder.resolve("no/r.json");

        assertThatThrownBy(() -> OutputFile.check(path, "--csv"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("--csv " + path + ": there is no folder " + folder.resolve("no"));
    }
}
