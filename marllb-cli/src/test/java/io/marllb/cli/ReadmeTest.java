package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.policies.PolicyInfo;
import io.marllb.policies.PolicyRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
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

    @Test
    void everyCommandAndOptionThatIsShownExists() throws IOException {
        CommandLine marllb = Marllb.commandLine(Terminal.NONE);
        List<String> wrong = new ArrayList<>();
        int shown = 0;
        for (Path document : documents()) {
            for (String line : commands(Files.readString(document))) {
                shown++;
                String trouble = trouble(line, marllb);
                if (!trouble.isEmpty()) {
                    wrong.add(document + ": '" + line + "': " + trouble);
                }
            }
        }

        assertThat(wrong).isEmpty();
        assertThat(shown).isGreaterThan(40);
    }

    /** Lines of code blocks that start with the command, continued lines joined, without comments and what else the shell does. */
    private static List<String> commands(String markdown) {
        List<String> found = new ArrayList<>();
        boolean code = false;
        for (String line : markdown.replace("\\\n", " ").split("\n", -1)) {
            if (line.startsWith("```")) {
                code = !code;
            } else if (code && line.matches("(\\./)?marllb [a-z-].*")) {
                found.add(line.replaceFirst("\\s+[#|&>].*", "").replaceFirst(";.*", ""));
            }
        }
        return found;
    }

    private static String trouble(String line, CommandLine marllb) {
        CommandLine command = marllb;
        List<String> words = List.of(line.strip().split("\\s+"));
        if (words.get(1).equals("verify")) { // the launcher's own
            return "";
        }
        boolean subcommands = true;
        for (String word : words.subList(1, words.size())) {
            if (word.matches("-.+")) {
                String option = word.replaceFirst("=.*", "");
                if (command.getCommandSpec().findOption(option) == null) {
                    return "there is no option " + option;
                }
                subcommands = false;
            } else if (subcommands && !command.getSubcommands().isEmpty()) {
                if (!command.getSubcommands().containsKey(word)) {
                    return "there is no command " + word;
                }
                command = command.getSubcommands().get(word);
            } else if (command.getCommandSpec().parser().stopAtPositional()) {
                return ""; // the rest is another program's
            }
        }
        return "";
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
        Pattern link = Pattern.compile("\\]\\(([^)#:\\s]+)");
        for (Path document : documents()) {
            Matcher m = link.matcher(Files.readString(document));
            while (m.find()) {
                assertThat(document.resolveSibling(m.group(1)))
                        .as("link in " + document)
                        .exists();
            }
        }
    }

    private static List<Path> documents() throws IOException {
        try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
            return Stream.concat(
                            docs,
                            Stream.of("README.md", "CONTRIBUTING.md", "traces/README.md")
                                    .map(ROOT::resolve))
                    .filter(p -> p.toString().endsWith(".md"))
                    .toList();
        }
    }
}
