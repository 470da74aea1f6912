package io.marllb.cli;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** How to start another process of this program, with the Java and the classes of this one. */
final class OwnCommand {

    private OwnCommand() {}

    /**
     * The command, without arguments.
     *
     * @param javaOptions flags for that Java, beyond those of the launcher
     * @return program and arguments up to the main class
     */
    static List<String> start(String... javaOptions) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:+UseSerialGC");
        command.addAll(List.of(javaOptions));
        command.add("-cp");
        command.add(absolute(System.getProperty("java.class.path")));
        command.add(Marllb.class.getName());
        return command;
    }

    private static String absolute(String classPath) {
        StringBuilder all = new StringBuilder();
        for (String entry : classPath.split(File.pathSeparator, -1)) {
            all.append(all.isEmpty() ? "" : File.pathSeparator).append(new File(entry).getAbsolutePath());
        }
        return all.toString();
    }
}
