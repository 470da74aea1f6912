package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.policies.PolicyInfo;
import io.marllb.policies.PolicyRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What the documents claim of the command. */
class ReadmeTest {

    private static final Path ROOT = Path.of("..");

    @Test
    void theTableOfPoliciesIsTheRegistrys() throws IOException {
        String readme = Files.readString(ROOT.resolve("README.md"));

        for (PolicyInfo policy : PolicyRegistry.policies()) {
            String pair = policy.pair().replace("+", " + ");
            assertThat(readme)
                    .contains("| `" + policy.name() + "` | " + pair + " | " + PoliciesCommand.needs(policy.needs())
                            + " |");
        }
        String section = readme.substring(readme.indexOf("\n## Policies"), readme.indexOf("\n## Agents"));
        long rows = section.lines().filter(l -> l.startsWith("| `")).count();
        assertThat(rows).isEqualTo(PolicyRegistry.policies().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "CONTRIBUTING.md"})
    void everyCommandThatIsNamedExists(String file) throws IOException {
        CommandLine marllb = Marllb.commandLine(Terminal.NONE);

        Files.readString(ROOT.resolve(file))
                .lines()
                .filter(l -> l.startsWith("./marllb "))
                .map(l -> l.split(" ", -1)[1])
                .filter(c -> !c.equals("verify") && !c.startsWith("-"))
                .forEach(c -> assertThat(marllb.getSubcommands()).containsKey(c));
    }

    @Test
    void everyPackageHasItsPlaceInTheListOfPackages() throws Exception {
        String packages = Files.readString(ROOT.resolve("docs/packages.md"));

        List<Path> main = ShellCommand.classPath().stream()
                .filter(p -> !p.endsWith("test-classes"))
                .toList();
        assertThat(ShellCommand.packages(main))
                .isNotEmpty()
                .allSatisfy(p -> assertThat(packages)
                        .as("docs/packages.md needs a section for a new package")
                        .contains("### `" + p + "`"));
    }

    @Test
    void linksBetweenDocumentsLeadSomewhere() throws IOException {
        List<Path> documents;
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            documents = Stream.concat(
                            docs,
                            Stream.of("README.md", "CONTRIBUTING.md", "traces/README.md")
                                    .map(ROOT::resolve))
                    .filter(p -> p.toString().endsWith(".md"))
                    .toList();
        }
        Pattern link = Pattern.compile("\\]\\(([^)#:\\s]+)");
        for (Path document : documents) {
            Matcher m = link.matcher(Files.readString(document));
            while (m.find()) {
                assertThat(document.resolveSibling(m.group(1)))
                        .as("link in " + document)
                        .exists();
            }
        }
    }
}
