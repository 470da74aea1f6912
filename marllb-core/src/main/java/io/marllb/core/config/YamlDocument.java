package io.marllb.core.config;

import io.marllb.core.check.FileTrouble;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionEndEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.DocumentStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * From bytes to one plain tree of nodes with their places. Refuses what a configuration has no use for and an attacker has: anchors, aliases,
 * tags, deep nesting, several documents, huge and binary files. Works on the event stream first, so that nothing is ever expanded.
 */
public final class YamlDocument {

    private static final int MAX_BYTES = 1 << 20;

    /** Files nest five deep; anything far beyond is an attack on the composer's stack. */
    private static final int MAX_DEPTH = 32;

    private YamlDocument() {}

    /**
     * The file as text; at most 1 MiB of it is read.
     *
     * @param file the file
     * @param kind what it should be, such as {@code scenario}
     * @return its text
     * @throws ConfigException if it cannot be read, is too large or no text
     */
    public static String text(Path file, String kind) {
        Problems problems = new Problems(file.toString(), kind);
        if (Files.isDirectory(file)) {
            throw problems.fatal("is a directory; name a " + kind + " file");
        }
        if (!Files.exists(file)) {
            throw problems.fatal("there is no such file");
        }
        byte[] bytes;
        try (var in = Files.newInputStream(file)) {
            bytes = in.readNBytes(MAX_BYTES + 1);
        } catch (IOException e) {
            throw problems.fatal("cannot be read: " + FileTrouble.reason(e));
        }
        if (bytes.length > MAX_BYTES) {
            throw tooLarge(problems);
        }
        return decode(bytes, problems);
    }

    private static ConfigException tooLarge(Problems problems) {
        return problems.fatal("is larger than 1 MiB, the limit of a " + problems.kind()
                + " file; it holds settings, data goes into files that it names");
    }

    private static String decode(byte[] bytes, Problems problems) {
        var decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            return decoder.decode(in).toString();
        } catch (CharacterCodingException e) {
            int line = 1;
            int column = 1;
            for (int i = 0; i < in.position(); i++) {
                column = bytes[i] == '\n' ? 1 : column + 1;
                line += bytes[i] == '\n' ? 1 : 0;
            }
            problems.at(
                    line,
                    column,
                    String.format(
                            "not UTF-8 text: byte 0x%02x; a %s is a UTF-8 text file",
                            bytes[in.position()], problems.kind()));
            problems.throwIfAny();
            throw new IllegalStateException(e);
        }
    }

    /**
     * The root node.
     *
     * @param written the text
     * @param problems where problems are noted
     * @param needed the keys that must be there, in words, for who gave nothing at all
     * @return the node, for {@link Fields#of}
     * @throws ConfigException with everything that makes the text unacceptable before its keys are looked at
     */
    public static Node parse(String written, Problems problems, String needed) {
        if (written.length() > MAX_BYTES) {
            throw tooLarge(problems);
        }
        String text = written.startsWith("\uFEFF") ? written.substring(1) : written;
        refuseControlCharacters(text, problems);
        LoadSettings settings = LoadSettings.builder()
                .setLabel(problems.source())
                .setAllowNonScalarKeys(true)
                .build();
        try {
            refuse(new Parse(settings).parseString(text), problems);
            Optional<Node> root = new Compose(settings).composeString(text);
            return root.orElseThrow(() -> problems.fatal("is empty; a " + problems.kind() + " needs " + needed));
        } catch (MarkedYamlEngineException e) {
            String tab = e.getProblem().contains("TAB") ? "; indent with spaces, not with tabs" : "";
            problems.at(e.getProblemMark(), "not valid YAML: " + e.getProblem() + tab);
        } catch (YamlEngineException e) {
            throw problems.fatal("not valid YAML: " + e.getMessage());
        }
        problems.throwIfAny();
        throw new IllegalStateException("unreachable");
    }

    private static void refuseControlCharacters(String text, Problems problems) {
        int line = 1;
        int column = 1;
        for (int i = 0; i < text.length(); i++, column++) {
            char c = text.charAt(i);
            if (c == '\n') {
                line++;
                column = 0;
            } else if (Character.isISOControl(c) && c != '\t' && c != '\r' && c != '\u0085') {
                problems.at(
                        line,
                        column,
                        String.format(
                                "not text: control character U+%04X; a %s is a UTF-8 text file",
                                (int) c, problems.kind()));
                break;
            }
        }
        problems.throwIfAny();
    }

    private static void refuse(Iterable<Event> events, Problems problems) {
        int documents = 0;
        int depth = 0;
        for (Event event : events) {
            if (event instanceof DocumentStartEvent && ++documents == 2) {
                problems.at(
                        event.getStartMark(),
                        "a second document starts here; a " + problems.kind() + " file holds one");
                break;
            }
            if (event instanceof AliasEvent) {
                problems.at(event.getStartMark(), "aliases (*name) are not allowed; write the value out");
            } else if (event instanceof NodeEvent node && node.getAnchor().isPresent()) {
                problems.at(
                        event.getStartMark(), "anchors (&name) are not allowed; write the value out where it is used");
            }
            tagOf(event)
                    .ifPresent(tag -> problems.at(
                            event.getStartMark(), "tags (" + tag + ") are not allowed; write the plain value"));
            if (event instanceof CollectionStartEvent && ++depth > MAX_DEPTH) {
                problems.at(
                        event.getStartMark(),
                        "nested more than " + MAX_DEPTH + " deep; a " + problems.kind() + " needs five levels");
                break;
            }
            if (event instanceof CollectionEndEvent) {
                depth--;
            }
        }
        problems.throwIfAny();
    }

    private static Optional<String> tagOf(Event event) {
        if (event instanceof ScalarEvent scalar) {
            return scalar.getTag();
        }
        return event instanceof CollectionStartEvent start ? start.getTag() : Optional.empty();
    }
}
