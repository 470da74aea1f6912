package io.marllb.policies.frozen;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code manifest.json}: an {@link AgentManifest} and the SHA-256 of every tensor. docs/checkpoints.md describes it. */
final class ManifestFormat {

    static final String FORMAT = "marllb-agent";
    static final int SCHEMA = 1;

    private static final int MOST_LAYERS = 32;
    private static final int WIDEST =
            1 << 14; // the product of two sizes, three times for a GRU, plus as much again, fits an int

    /** A manifest with the hashes of tensors by name, in the actor's and the training's file. */
    record Contents(AgentManifest manifest, Map<String, String> actorHashes, Map<String, String> trainingHashes) {}

    private ManifestFormat() {}

    static void write(Contents contents, OutputStream out) throws IOException {
        AgentManifest m = contents.manifest();
        try (JsonGenerator json = Json.indented(out)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartObject();
            json.writeStringField("format", FORMAT);
            json.writeNumberField("schema", SCHEMA);
            json.writeStringField("algorithm", m.algorithm());
            json.writeStringField("preset", m.preset());
            Json.write(json, "config", m.config());
            network(json, m.network());
            json.writeStringField("heads", m.heads().name().toLowerCase(Locale.ROOT));
            json.writeStringField("codec", m.codec());
            json.writeStringField("rule", m.rule());
            json.writeStringField("scenario", m.scenario());
            json.writeNumberField("seed", m.seed());
            json.writeStringField("code_version", m.codeVersion());
            json.writeNumberField("servers", m.servers());
            json.writeNumberField("balancers", m.balancers());
            json.writeNumberField("actors", m.actors());
            Json.write(json, "training", m.training());
            Json.write(json, "environment", m.environment());
            Json.write(json, "actor_sha256", contents.actorHashes());
            Json.write(json, "training_sha256", contents.trainingHashes());
            json.writeEndObject();
        }
        out.write('\n');
    }

    private static void network(JsonGenerator json, NetworkSpec network) throws IOException {
        json.writeObjectFieldStart("network");
        if (network instanceof NetworkSpec.Recurrent r) {
            json.writeStringField("kind", "recurrent");
            json.writeNumberField("inputs", r.inputs());
            Json.write(json, "before", r.before());
            json.writeNumberField("gru", r.gru());
            Json.write(json, "after", r.after());
            json.writeNumberField("outputs", r.outputs());
        } else {
            NetworkSpec.PerServer p = (NetworkSpec.PerServer) network;
            json.writeStringField("kind", "per-server");
            json.writeNumberField("features", p.features());
            json.writeNumberField("globals", p.globals());
            Json.write(json, "encoder", p.encoder());
            json.writeNumberField("gru", p.gru());
            json.writeNumberField("per_server", p.perServer());
            json.writeNumberField("pooled", p.pooled());
        }
        json.writeEndObject();
    }

    /** What was read, by key; a class since it is filled in any order. */
    private static final class Raw {
        private final Map<String, String> texts = new LinkedHashMap<>();
        private final Map<String, Long> numbers = new LinkedHashMap<>();
        private final Map<String, Map<String, String>> maps = new LinkedHashMap<>();
        private NetworkSpec network;
    }

    static Contents read(byte[] text) throws IOException {
        Raw raw = new Raw();
        try (JsonParser json = Json.parser(text)) {
            Json.expect(json.nextToken(), JsonToken.START_OBJECT, "manifest.json");
            while (json.nextToken() != JsonToken.END_OBJECT) {
                String key = Json.key(json, "manifest.json");
                json.nextToken();
                value(json, key, "manifest.json: " + key, raw);
            }
            if (json.nextToken() != null) {
                throw new MalformedException("manifest.json has more than one object");
            }
        }
        AgentManifest manifest = new AgentManifest(
                text(raw, "algorithm"),
                text(raw, "preset"),
                map(raw, "config"),
                present(raw.network, "network"),
                heads(text(raw, "heads")),
                text(raw, "codec"),
                text(raw, "rule"),
                text(raw, "scenario"),
                number(raw, "seed"),
                text(raw, "code_version"),
                small(raw, "servers"),
                small(raw, "balancers"),
                small(raw, "actors"),
                map(raw, "training"),
                map(raw, "environment"));
        if (!text(raw, "format").equals(FORMAT)) {
            throw new MalformedException(
                    "manifest.json is of format '" + text(raw, "format") + "', but '" + FORMAT + "' was expected",
                    "name a .marllb file");
        }
        return new Contents(manifest, map(raw, "actor_sha256"), map(raw, "training_sha256"));
    }

    private static void value(JsonParser json, String key, String where, Raw raw) throws IOException {
        switch (key) {
            case "format", "algorithm", "preset", "heads", "codec", "rule", "scenario", "code_version" ->
                raw.texts.put(key, Json.text(json, where));
            case "schema" -> checkSchema(Json.integer(json, where));
            case "seed", "servers", "balancers", "actors" -> raw.numbers.put(key, Json.integer(json, where));
            case "config", "training", "environment", "actor_sha256", "training_sha256" ->
                raw.maps.put(key, Json.strings(json, where));
            case "network" -> raw.network = network(json, where);
            default -> throw new MalformedException("manifest.json has an unknown key '" + key + "'");
        }
        if (key.equals("schema")) {
            raw.numbers.put(key, (long) SCHEMA);
        }
    }

    private static void checkSchema(long schema) throws MalformedException {
        if (schema != SCHEMA) {
            throw new MalformedException(
                    "it has schema " + schema + ", but this program reads schema " + SCHEMA,
                    schema > SCHEMA ? "use a newer marllb" : "train it again with this marllb");
        }
    }

    private static Heads.Kind heads(String name) throws MalformedException {
        for (Heads.Kind kind : Heads.Kind.values()) {
            if (kind.name().toLowerCase(Locale.ROOT).equals(name)) {
                return kind;
            }
        }
        throw new MalformedException("manifest.json has heads '" + name + "', which there are not");
    }

    private static NetworkSpec network(JsonParser json, String where) throws IOException {
        Json.expect(json.currentToken(), JsonToken.START_OBJECT, where);
        String kind = null;
        Map<String, Integer> numbers = new LinkedHashMap<>();
        Map<String, List<Integer>> layers = new LinkedHashMap<>();
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = Json.key(json, where);
            String at = where + "." + key;
            json.nextToken();
            switch (key) {
                case "kind" -> kind = Json.text(json, at);
                case "before", "after", "encoder" -> {
                    List<Integer> sizes = Json.integers(json, MOST_LAYERS, at);
                    for (int size : sizes) {
                        checkSize(size, at);
                    }
                    layers.put(key, sizes);
                }
                default -> {
                    int size = Json.small(json, at);
                    checkSize(size, at);
                    numbers.put(key, size);
                }
            }
        }
        if ("recurrent".equals(kind)) {
            checkKeys(where, numbers, "inputs", "gru", "outputs");
            checkKeys(where, layers, "before", "after");
            return new NetworkSpec.Recurrent(
                    numbers.get("inputs"),
                    layers.get("before"),
                    numbers.get("gru"),
                    layers.get("after"),
                    numbers.get("outputs"));
        }
        if ("per-server".equals(kind)) {
            checkKeys(where, numbers, "features", "globals", "gru", "per_server", "pooled");
            checkKeys(where, layers, "encoder");
            return new NetworkSpec.PerServer(
                    numbers.get("features"),
                    numbers.get("globals"),
                    layers.get("encoder"),
                    numbers.get("gru"),
                    numbers.get("per_server"),
                    numbers.get("pooled"));
        }
        throw new MalformedException(where + " is of kind '" + kind + "', but must be recurrent or per-server");
    }

    private static void checkSize(int size, String where) throws MalformedException {
        if (size < 0 || size > WIDEST) {
            throw new MalformedException(where + " must be in [0, " + WIDEST + "], but was " + size);
        }
    }

    private static void checkKeys(String where, Map<String, ?> found, String... expected) throws MalformedException {
        if (found.size() != expected.length || !found.keySet().containsAll(Arrays.asList(expected))) {
            throw new MalformedException(
                    where + " must have " + Arrays.toString(expected) + ", but has " + found.keySet());
        }
    }

    private static String text(Raw raw, String key) throws MalformedException {
        return present(raw.texts.get(key), key);
    }

    private static long number(Raw raw, String key) throws MalformedException {
        return present(raw.numbers.get(key), key);
    }

    private static int small(Raw raw, String key) throws MalformedException {
        long value = number(raw, key);
        if (value < 0 || value > WIDEST) {
            throw new MalformedException("manifest.json: " + key + " must be in [0, " + WIDEST + "], but was " + value);
        }
        return (int) value;
    }

    private static Map<String, String> map(Raw raw, String key) throws MalformedException {
        return present(raw.maps.get(key), key);
    }

    private static <T> T present(T value, String key) throws MalformedException {
        if (value == null) {
            throw new MalformedException("manifest.json has no '" + key + "'");
        }
        return value;
    }
}
