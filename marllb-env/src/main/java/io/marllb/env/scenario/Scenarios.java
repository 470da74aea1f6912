package io.marllb.env.scenario;

import io.marllb.core.check.Nearest;
import io.marllb.core.config.ConfigException;
import io.marllb.core.config.Quantity;
import io.marllb.core.config.YamlDocument;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Scenarios as YAML: files, texts and the named ones that ship. Reading is strict; what is wrong comes back all at once in one
 * {@link ConfigException}, each violation with file, line and column. {@code docs/scenarios.md} describes the keys.
 */
public final class Scenarios {

    private static final List<String> NAMES = List.of(
            "quickstart",
            "mm1",
            "paper-moderate-518",
            "paper-moderate-690",
            "paper-moderate-696",
            "paper-moderate-796",
            "paper-moderate-bursty",
            "paper-large-398",
            "paper-large-419",
            "antagonist",
            "capacity-shift",
            "heavy-tail",
            "flash-crowd",
            "failover",
            "many-balancers",
            "hidden-speeds",
            "wide-capacities");

    private Scenarios() {}

    /**
     * A scenario by the name of a shipped one, from a file, or a draw of random clusters.
     *
     * @param nameOrPath one of {@link #names()}, a file's path, or the text form of a {@link Curriculum}
     * @return the scenario
     * @throws ConfigException if it is neither, or not valid
     */
    public static Scenario load(String nameOrPath) {
        if (NAMES.contains(nameOrPath)) {
            return named(nameOrPath);
        }
        if (Curriculum.isNamed(nameOrPath)) {
            try {
                return Curriculum.load(nameOrPath);
            } catch (IllegalArgumentException e) {
                throw new ConfigException(nameOrPath, List.of(e.getMessage()));
            }
        }
        try {
            Path path = Path.of(nameOrPath);
            if (!nameOrPath.isEmpty() && Files.exists(path)) {
                return read(path);
            }
        } catch (InvalidPathException e) {
            throw unknown(nameOrPath);
        }
        throw unknown(nameOrPath);
    }

    private static ConfigException unknown(String name) {
        return new ConfigException(
                name,
                List.of("there is no scenario or scenario file " + Quantity.quote(name) + Nearest.hint(name, NAMES)));
    }

    /**
     * Reads a file; files that it names are relative to its folder.
     *
     * @param file a UTF-8 file of at most 1 MiB
     * @return the scenario; its name is the file's unless it has one
     * @throws ConfigException if it cannot be read or is not valid
     */
    public static Scenario read(Path file) {
        String text = YamlDocument.text(file, "scenario");
        Path absolute = file.toAbsolutePath();
        return ScenarioReader.read(text, file.toString(), nameOf(file), Optional.ofNullable(absolute.getParent()))
                .scenario();
    }

    /**
     * Reads a text.
     *
     * @param text the YAML
     * @param sourceName what errors call it; without folder and extension the name of a scenario that has none
     * @param baseDir what relative files are relative to
     * @return the scenario
     * @throws ConfigException if it is not valid
     */
    public static Scenario parse(String text, String sourceName, Path baseDir) {
        return ScenarioReader.read(text, sourceName, baseName(sourceName), Optional.of(baseDir.toAbsolutePath()))
                .scenario();
    }

    /**
     * A scenario that ships.
     *
     * @param name one of {@link #names()}
     * @return the scenario
     * @throws ConfigException if there is none of that name
     */
    public static Scenario named(String name) {
        return ScenarioReader.read(text(name), name, name, Optional.empty()).scenario();
    }

    /**
     * Prints a scenario with every default written out; {@link #parse} gives it back. Comments and the description are not kept.
     *
     * @param scenario any
     * @return YAML, ending with a line break; the same scenario gives the same text; files are named as the scenario has them
     */
    public static String write(Scenario scenario) {
        return ScenarioWriter.write(scenario, Optional.empty());
    }

    /**
     * As {@link #write(Scenario)}, with files named relative to a folder, so that the folder can move with them.
     *
     * @param scenario any
     * @param folder where the text will be stored
     * @return YAML
     */
    public static String write(Scenario scenario, Path folder) {
        return ScenarioWriter.write(scenario, Optional.of(folder));
    }

    /**
     * A duration as scenarios write it, for other places where users write one.
     *
     * @param text such as {@code 1.8ms} or {@code 60s}
     * @param example a valid one, for the message
     * @return nanoseconds, {@code >= 0}
     * @throws IllegalArgumentException if it is none; the message starts with "must" or "has" and lacks the name
     */
    public static long duration(String text, String example) {
        return Quantity.nanos(text, example);
    }

    /**
     * What ships.
     *
     * @return names, in the order to show them
     */
    public static List<String> names() {
        return NAMES;
    }

    /**
     * The YAML of a scenario that ships, with the comments that explain it.
     *
     * @param name one of {@link #names()}
     * @return the text
     * @throws ConfigException if there is none of that name
     */
    public static String text(String name) {
        if (!NAMES.contains(name)) {
            throw unknown(name);
        }
        try (var in = Scenarios.class.getResourceAsStream(name + ".yaml")) {
            return new String(
                    Objects.requireNonNull(in, () -> name + ".yaml is missing from the jar")
                            .readAllBytes(),
                    StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * What a scenario that ships is, in one line.
     *
     * @param name one of {@link #names()}
     * @return its {@code description}
     * @throws ConfigException if there is none of that name
     */
    public static String description(String name) {
        return ScenarioReader.read(text(name), name, name, Optional.empty()).description();
    }

    private static String nameOf(Path file) {
        Path last = file.getFileName();
        return last == null ? "scenario" : baseName(last.toString());
    }

    private static String baseName(String source) {
        String file = source.substring(Math.max(source.lastIndexOf('/'), source.lastIndexOf('\\')) + 1);
        int dot = file.lastIndexOf('.');
        String name = dot > 0 ? file.substring(0, dot) : file;
        return Scenario.nameViolation(name).isPresent() ? "scenario" : name;
    }
}
