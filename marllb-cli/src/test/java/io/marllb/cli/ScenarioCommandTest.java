package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.env.scenario.Scenarios;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScenarioCommandTest {

    @TempDir
    Path folder;

    @Test
    void listsEveryScenarioThatShips() {
        Cli run = Cli.run("scenario", "list");

        assertThat(run.exitCode()).isZero();
        for (String name : Scenarios.names()) {
            assertThat(run.out().lines()).anyMatch(l -> l.startsWith(name + " "));
        }
    }

    @Test
    void whatShowPrintsPassesTheCheck() throws IOException {
        for (String name : Scenarios.names()) {
            Cli shown = Cli.run("scenario", "show", name);
            Path file = Files.writeString(folder.resolve(name + ".yaml"), shown.out());

            Cli checked = Cli.run("scenario", "check", file.toString());

            assertThat(checked.err()).isEmpty();
            assertThat(checked.exitCode()).isZero();
            assertThat(checked.out()).startsWith(file + ": ok, " + name + ": ");
        }
    }

    @Test
    void reportsEverythingThatIsWrongInEveryFile() throws IOException {
        String good = Scenarios.text("mm1");
        Path one = Files.writeString(
                folder.resolve("one.yaml"), good.replace("seed:", "sede:").replace("rate:", "rat:"));
        Path two = Files.writeString(folder.resolve("two.yaml"), good);
        Path three = folder.resolve("three.yaml");

        Cli run = Cli.run("scenario", "check", one.toString(), two.toString(), three.toString());

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).startsWith(two + ": ok").hasLineCount(1);
        assertThat(run.err())
                .contains(one + ":")
                .contains("did you mean 'seed'?")
                .contains("did you mean 'rate'?")
                .contains(three.toString());
    }

    @Test
    void anUnknownNameNamesTheNearest() {
        Cli run = Cli.run("scenario", "show", "quick-start");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("did you mean 'quickstart'?");
    }

    @Test
    void aGroupNeedsOneOfItsCommands() {
        Cli run = Cli.run("scenario");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err())
                .isEqualTo("marllb: scenario needs one of list, show, check (see 'marllb scenario --help')\n");
    }
}
