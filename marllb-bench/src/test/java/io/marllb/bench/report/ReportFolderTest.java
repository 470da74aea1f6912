package io.marllb.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportFolderTest {

    @TempDir
    private Path parent;

    private static ReportFolder.Content page(String text) {
        return folder -> {
            Files.writeString(folder.resolve("index.html"), text);
            Files.createDirectory(folder.resolve("data"));
            Files.writeString(folder.resolve("data/numbers.csv"), text);
        };
    }

    private List<String> siblings() throws IOException {
        try (Stream<Path> entries = Files.list(parent)) {
            return entries.map(p -> p.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void makesAFolderAndItsParents() throws IOException {
        Path target = parent.resolve("a/b/report");

        ReportFolder.write(target, page("one"));

        assertThat(target.resolve("index.html")).hasContent("one");
        assertThat(target.resolve("data/numbers.csv")).hasContent("one");
        assertThat(Files.readAllLines(target.resolve(ReportFolder.MARKER)))
                .containsExactly("data/numbers.csv", "index.html");
    }

    @Test
    void replacesAReportOfOurs() throws IOException {
        Path target = parent.resolve("report");
        ReportFolder.write(target, page("one"));

        ReportFolder.write(target, folder -> Files.writeString(folder.resolve("index.html"), "two"));

        assertThat(target.resolve("index.html")).hasContent("two");
        assertThat(target.resolve("data")).doesNotExist();
        assertThat(siblings()).containsExactly("report");
    }

    @Test
    void takesAnEmptyFolder() throws IOException {
        Path target = Files.createDirectory(parent.resolve("report"));

        ReportFolder.write(target, page("one"));

        assertThat(target.resolve("index.html")).hasContent("one");
        assertThat(siblings()).containsExactly("report");
    }

    @Test
    void refusesAFolderWithOtherFilesAndLeavesItAlone() throws IOException {
        Path target = Files.createDirectory(parent.resolve("thesis"));
        Files.writeString(target.resolve("chapter1.tex"), "years of work");

        assertThatThrownBy(() -> ReportFolder.check(target))
                .isInstanceOf(FileAlreadyExistsException.class)
                .hasMessageContaining(
                        "thesis: the folder holds other files, such as 'chapter1.tex'; name a new or empty one");
        assertThatThrownBy(() -> ReportFolder.write(target, page("one")))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThat(target.resolve("chapter1.tex")).hasContent("years of work");
        assertThat(target.resolve("index.html")).doesNotExist();
        assertThat(siblings()).containsExactly("thesis");
    }

    @Test
    void refusesAReportToWhichSomebodyAddedAFile() throws IOException {
        Path target = parent.resolve("report");
        ReportFolder.write(target, page("one"));
        Files.writeString(target.resolve("notes.txt"), "mine");

        assertThatThrownBy(() -> ReportFolder.write(target, page("two")))
                .isInstanceOf(FileAlreadyExistsException.class)
                .hasMessageContaining("also 'notes.txt', which would be lost");
        assertThat(target.resolve("index.html")).hasContent("one");
        assertThat(target.resolve("notes.txt")).hasContent("mine");
    }

    @Test
    void refusesAFile() throws IOException {
        Path target = Files.writeString(parent.resolve("report"), "a file");

        assertThatThrownBy(() -> ReportFolder.check(target)).hasMessageContaining("it is a file");
    }

    @Test
    void aFailureLeavesNothingNewAndTheOldReportWhole() throws IOException {
        Path target = parent.resolve("report");
        ReportFolder.write(target, page("one"));

        assertThatThrownBy(() -> ReportFolder.write(target, folder -> {
                    Files.writeString(folder.resolve("index.html"), "half");
                    throw new IOException("disk full");
                }))
                .hasMessage("disk full");
        assertThatThrownBy(() -> ReportFolder.write(parent.resolve("other"), folder -> {
                    throw new IllegalStateException("a chart broke");
                }))
                .hasMessage("a chart broke");

        assertThat(target.resolve("index.html")).hasContent("one");
        assertThat(siblings()).containsExactly("report");
    }

    @Test
    void followsALinkToTheFolderItNames() throws IOException {
        Path real = Files.createDirectory(parent.resolve("real"));
        Path link = Files.createSymbolicLink(parent.resolve("link"), real);

        ReportFolder.write(link, page("one"));

        assertThat(link).isSymbolicLink();
        assertThat(real.resolve("index.html")).hasContent("one");
    }

    private Path sibling(String name, String marker) throws IOException {
        Path folder = Files.createDirectory(parent.resolve(name));
        Files.writeString(folder.resolve("index.html"), "half");
        if (marker != null) {
            Files.writeString(folder.resolve(ReportFolder.MARKER), marker);
        }
        return folder;
    }

    @Test
    void deletesWhatKilledRunsLeftBesideItAndNothingElse() throws IOException {
        sibling(".report.new-0", ReportFolder.UNFINISHED);
        sibling(".report.new-1", "");
        sibling(".report.new-2old", "index.html\n");
        Files.createDirectory(parent.resolve(".report.new-3"));
        sibling(".report.new-4", null);
        Files.writeString(sibling(".report.new-5", "index.html\n").resolve("notes.txt"), "mine");
        sibling(".report.new-thesis", ReportFolder.UNFINISHED);
        sibling(".reports.new-7", ReportFolder.UNFINISHED);
        Files.createSymbolicLink(parent.resolve(".report.new-8"), parent.resolve(".reports.new-7"));

        ReportFolder.write(parent.resolve("report"), page("one"));

        assertThat(siblings())
                .containsExactly(
                        ".report.new-4",
                        ".report.new-5",
                        ".report.new-8",
                        ".report.new-thesis",
                        ".reports.new-7",
                        "report");
        assertThat(parent.resolve(".report.new-5/notes.txt")).hasContent("mine");
    }

    @Test
    void leavesAReportAloneThatIsStillBeingMade() throws IOException {
        Path target = parent.resolve("report");

        ReportFolder.write(target, outer -> {
            Files.writeString(outer.resolve("index.html"), "outer");
            ReportFolder.write(target, page("inner"));
        });

        assertThat(target.resolve("index.html")).hasContent("outer");
        assertThat(siblings()).containsExactly("report");
    }
}
