package io.marllb.cli;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
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
        for (String script : scripts) {
            if (!script.equals("-") && !Files.isReadable(Path.of(script))) {
                throw new IllegalArgumentException("the script " + script + " does not exist or cannot be read");
            }
        }
        List<Path> classPath = classPath();
        Path imports = Files.createTempFile("marllb", ".jsh");
        try {
            Files.write(
                    imports,
                    packages(classPath).stream().map(p -> "import " + p + ".*;").toList());
            List<String> arguments = new ArrayList<>();
            arguments.add("--class-path");
            arguments.add(String.join(
                    File.pathSeparator, classPath.stream().map(Path::toString).toList()));
            arguments.addAll(List.of("--startup", "DEFAULT", "--startup", imports.toString()));
            arguments.addAll(List.of("-R-XX:+UseSerialGC", "-R-Djava.awt.headless=true"));
            arguments.addAll(scripts);
            return JavaShellToolBuilder.builder().start(arguments.toArray(String[]::new));
        } finally {
            Files.delete(imports);
        }
    }

    /** The launcher names one jar whose manifest lists the rest beside it; JShell's compiler wants them spelt out. */
    static List<Path> classPath() throws IOException, URISyntaxException {
        Path self = Path.of(ShellCommand.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        if (!Files.isRegularFile(self)) {
            return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                    .map(Path::of)
                    .toList();
        }
        try (Stream<Path> files = Files.list(self.getParent())) {
            return files.filter(p -> p.toString().endsWith(".jar")).sorted().toList();
        }
    }

    /** The packages of this project, but for the command's own. */
    static Set<String> packages(List<Path> classPath) throws IOException {
        Set<String> packages = new TreeSet<>();
        for (Path element : classPath) {
            if (Files.isDirectory(element)) {
                collect(element, packages);
            } else if (element.getFileName().toString().startsWith("marllb-")) {
                try (FileSystem jar = FileSystems.newFileSystem(element)) {
                    collect(jar.getPath("/"), packages);
                }
            }
        }
        packages.remove(ShellCommand.class.getPackageName());
        return packages;
    }

    private static void collect(Path root, Set<String> packages) throws IOException {
        Path ours = root.resolve("io").resolve("marllb");
        if (!Files.exists(ours)) {
            return;
        }
        try (Stream<Path> files = Files.walk(ours)) {
            files.filter(p -> p.toString().endsWith(".class") && !p.endsWith("package-info.class"))
                    .map(p -> root.relativize(p.getParent())
                            .toString()
                            .replace(p.getFileSystem().getSeparator(), "."))
                    .forEach(packages::add);
        }
    }
}
