package io.marllb.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import jdk.jshell.tool.JavaShellToolBuilder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** JShell with the project in it. */
@Command(
        name = "shell",
        description = {
            "JShell with everything on the class path and imported.",
            "A script ends with '/exit', and with '/exit 1' where it wants to report failure: JShell itself goes on after an error."
        },
        footer = {"", "Example: marllb shell", "         marllb shell analysis.jsh"})
final class ShellCommand implements Callable<Integer> {

    @Parameters(paramLabel = "SCRIPT", arity = "0..*", description = "Scripts to run; '-' reads standard input.")
    private List<String> scripts = new ArrayList<>();

    @Override
    public Integer call() throws Exception {
        if (ModuleLayer.boot().findModule("jdk.jshell").isEmpty()) {
            throw new JobFailedException("this Java has no JShell (module jdk.jshell); use a full JDK");
        }
        Path imports = Files.createTempFile("marllb", ".jsh");
        try (InputStream in = ShellCommand.class.getResourceAsStream("imports.jsh")) {
            Files.copy(in, imports, StandardCopyOption.REPLACE_EXISTING);
            List<String> arguments = new ArrayList<>(List.of("--class-path", classPath(), "--startup", "DEFAULT"));
            arguments.addAll(
                    List.of("--startup", imports.toString(), "-R-XX:+UseSerialGC", "-R-Djava.awt.headless=true"));
            arguments.addAll(scripts);
            return JavaShellToolBuilder.builder().start(arguments.toArray(String[]::new));
        } finally {
            Files.delete(imports);
        }
    }

    /** The launcher names one jar whose manifest lists the rest; JShell's compiler wants them spelt out. */
    private static String classPath() throws IOException, URISyntaxException {
        Path self = Path.of(ShellCommand.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        if (!Files.isRegularFile(self)) {
            return System.getProperty("java.class.path");
        }
        try (Stream<Path> jars = Files.list(self.getParent())) {
            return jars.filter(p -> p.toString().endsWith(".jar"))
                    .sorted()
                    .map(Path::toString)
                    .collect(Collectors.joining(System.getProperty("path.separator")));
        }
    }
}
