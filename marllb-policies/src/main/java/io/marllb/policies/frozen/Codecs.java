package io.marllb.policies.frozen;

import io.marllb.core.check.Nearest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** Reads the text of a {@link CodecSpec}: {@code NAME} or {@code NAME:key=value:key=value}. */
public final class Codecs {

    /** By name; each takes the keys and values that were written. */
    private static final Map<String, Function<Map<String, String>, CodecSpec>> KINDS = new LinkedHashMap<>();

    static {
        KINDS.put(PublishedCodec.NAME, PublishedCodec.Spec::parse);
        KINDS.put(RelativeCodec.Spec.NAME, RelativeCodec.Spec::parse);
    }

    private Codecs() {}

    /**
     * The codec that a text names.
     *
     * @param text such as {@code "published:features=in-flight/duration-mean:last=weights:actions=original"}
     * @return what it says
     * @throws IllegalArgumentException if the name, a key or a value is unknown; the message names it
     */
    public static CodecSpec parse(String text) {
        String[] parts = text.strip().split(":", -1);
        Function<Map<String, String>, CodecSpec> kind = KINDS.get(parts[0]);
        if (kind == null) {
            throw new IllegalArgumentException("codec '" + text + "': there is no kind '" + parts[0] + "'"
                    + Nearest.hint(parts[0], KINDS.keySet()));
        }
        Map<String, String> arguments = new LinkedHashMap<>();
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            if (equals <= 0) {
                throw new IllegalArgumentException(
                        "codec '" + text + "': expected key=value, but found '" + parts[i] + "'");
            }
            String key = parts[i].substring(0, equals);
            if (arguments.put(key, parts[i].substring(equals + 1)) != null) {
                throw new IllegalArgumentException("codec '" + text + "': '" + key + "' is given twice");
            }
        }
        try {
            return kind.apply(arguments);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("codec '" + text + "': " + e.getMessage(), e);
        }
    }
}
