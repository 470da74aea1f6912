package io.marllb.env.scenario;

import io.marllb.core.check.FileTrouble;
import io.marllb.core.check.Nearest;
import io.marllb.core.config.Fields;
import io.marllb.core.config.Problems;
import io.marllb.core.config.Quantity;
import io.marllb.env.trace.TraceFormat;
import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.Distribution;
import io.marllb.env.traffic.FlowClass;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Supplier;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** The {@code traffic} part of a scenario: arrivals, classes and their laws. A part that is not valid is noted and comes back null. */
final class TrafficReader {

    private static final int MAX_SAMPLES = 1_000_000;

    private static final Map<String, List<String>> ARRIVAL_KEYS = new LinkedHashMap<>();
    private static final Map<String, List<String>> LAW_KEYS = new LinkedHashMap<>();

    static {
        ARRIVAL_KEYS.put("poisson", List.of("type", "rate"));
        ARRIVAL_KEYS.put("mmpp", List.of("type", "rates", "dwell"));
        ARRIVAL_KEYS.put("nhpp", List.of("type", "profile", "rate", "step"));
        ARRIVAL_KEYS.put("trace", List.of("type", "file", "format", "scale", "options"));

        LAW_KEYS.put("deterministic", List.of("type", "mean"));
        LAW_KEYS.put("exponential", List.of("type", "mean"));
        LAW_KEYS.put("erlang", List.of("type", "mean", "k"));
        LAW_KEYS.put("hyperexponential", List.of("type", "mean", "cv"));
        LAW_KEYS.put("lognormal", List.of("type", "mean", "cv"));
        LAW_KEYS.put("pareto-bounded", List.of("type", "alpha", "min", "max"));
        LAW_KEYS.put("uniform", List.of("type", "min", "max"));
        LAW_KEYS.put("empirical", List.of("type", "file"));
    }

    private final Problems problems;
    private final Optional<Path> folder;

    /** Relative files start at the folder; there is none for scenarios that ship. */
    TrafficReader(Problems problems, Optional<Path> folder) {
        this.problems = problems;
        this.folder = folder;
    }

    Scenario.Traffic read(Fields traffic) {
        int before = problems.count();
        int acks = (int) traffic.integer("acks", Scenario.Traffic.DEFAULT_ACKS, 0, Scenario.Traffic.MAX_ACKS);
        Arrivals arrivals = traffic.need("arrivals") ? arrivals(traffic) : null;
        List<FlowClass> classes = List.of();
        if (traffic.has("classes")) {
            classes = classes(traffic);
        } else if (!(arrivals instanceof Arrivals.Trace)) {
            traffic.need("classes");
        }
        return problems.count() > before ? null : new Scenario.Traffic(arrivals, classes, acks);
    }

    private Arrivals arrivals(Fields traffic) {
        Fields f = typed(traffic.node("arrivals"), traffic.name("arrivals"), ARRIVAL_KEYS);
        return f == null
                ? null
                : build(f, () -> switch (typeOf(f.self())) {
                    case "poisson" -> {
                        f.need("rate");
                        double rate = f.positiveNumber("rate", Double.NaN);
                        yield () -> new Arrivals.Poisson(rate);
                    }
                    case "mmpp" -> mmpp(f);
                    case "nhpp" -> {
                        f.need("profile");
                        Path profile = file(f, "profile");
                        OptionalDouble rate = f.has("rate")
                                ? OptionalDouble.of(f.positiveNumber("rate", Double.NaN))
                                : OptionalDouble.empty();
                        Optional<Double> step = f.has("step")
                                ? Optional.of(f.positiveNanos("step", Double.NaN, "1s"))
                                : Optional.empty();
                        yield () -> new Arrivals.Nhpp(profile, rate, step);
                    }
                    default -> {
                        f.need("file");
                        Path file = file(f, "file");
                        String format = f.word("format", TraceFormat.AUTO, traceFormats());
                        double scale = f.positiveNumber("scale", 1);
                        List<String> options = options(f, format);
                        yield () -> new Arrivals.Trace(file, format, scale, options);
                    }
                });
    }

    private Supplier<Arrivals> mmpp(Fields f) {
        f.need("rates", "dwell");
        List<Double> rates = f.list("rates", t -> {
            double rate = Quantity.number(t);
            if (!(rate >= 0)) {
                throw new IllegalArgumentException("must be >= 0, but was " + t);
            }
            return rate;
        });
        List<Double> dwell = f.list("dwell", t -> {
            double nanos = Quantity.duration(t, "10s").doubleValue();
            if (!(nanos > 0)) {
                throw new IllegalArgumentException("must be > 0, but was " + t);
            }
            return nanos;
        });
        int states = f.items("rates").size();
        if (f.has("rates") && f.has("dwell") && states != f.items("dwell").size()) {
            f.problem(
                    "dwell",
                    "has " + f.items("dwell").size() + " entries, but rates has " + states
                            + "; write one stay per rate");
        }
        if (f.has("rates") && rates.size() == states && rates.stream().allMatch(r -> r == 0)) {
            f.problem("rates", "needs a rate > 0, but has none");
        }
        return () -> new Arrivals.Mmpp(rates, dwell);
    }

    private List<String> options(Fields f, String format) {
        List<String> out = new ArrayList<>();
        if (!f.has("options")) {
            return out;
        }
        if (!(f.node("options") instanceof MappingNode mapping)) {
            f.problem("options", "must be a mapping {key: value}, but was " + Fields.describe(f.node("options")));
            return out;
        }
        List<String> known = traceOptions(format);
        Set<String> keys = new HashSet<>();
        for (NodeTuple tuple : mapping.getValue()) {
            if (tuple.getKeyNode() instanceof ScalarNode key && tuple.getValueNode() instanceof ScalarNode value) {
                if (!keys.add(key.getValue())) {
                    problems.at(key, f.name("options") + "." + key.getValue() + " is given twice");
                } else if (!known.contains(key.getValue())) {
                    String name = Quantity.cut(key.getValue());
                    problems.at(
                            key, "unknown option '" + name + "' of trace format " + format + Nearest.hint(name, known));
                }
                out.add(key.getValue() + "=" + value.getValue());
            } else {
                problems.at(tuple.getKeyNode(), f.name("options") + " must map single keys to single values");
            }
        }
        return out;
    }

    private static List<String> traceFormats() {
        List<String> formats = new ArrayList<>(TraceFormat.ids());
        formats.add(0, TraceFormat.AUTO);
        return formats;
    }

    /** Options of a format; of any where it is to be recognised. */
    private static List<String> traceOptions(String format) {
        List<String> options = new ArrayList<>();
        for (TraceFormat f : TraceFormat.values()) {
            if (format.equals(TraceFormat.AUTO) || format.equals(f.id())) {
                f.readOptions().stream().filter(o -> !options.contains(o)).forEach(options::add);
            }
        }
        return options;
    }

    private List<FlowClass> classes(Fields traffic) {
        List<Node> items = traffic.items("classes");
        if (items.isEmpty() && traffic.isList("classes")) {
            traffic.problem("classes", "must have at least one class, but is empty");
        }
        List<FlowClass> classes = new ArrayList<>();
        Set<String> names = new HashSet<>();
        double sum = 0;
        for (int i = 0; i < items.size(); i++) {
            int before = problems.count();
            Fields f = Fields.of(
                    items.get(i), traffic.name("classes[" + i + "]"), problems, List.of("name", "share", "cpu", "io"));
            f.need("name", "share", "cpu");
            String name = f.text("name", "");
            if (f.has("name") && problems.count() == before) {
                Scenario.nameViolation(name).ifPresent(v -> f.problem("name", v));
                if (!names.add(name)) {
                    f.problem("name", "is used twice: " + Quantity.quote(name));
                }
            }
            double share = f.fraction("share", Double.NaN);
            if (share <= 0 || share > 1) {
                f.problem(
                        "share",
                        "must be in (0, 1], but was " + Quantity.printNumber(share) + Quantity.percentHint(share));
            }
            sum += share;
            Distribution cpu = f.has("cpu") ? law(f, "cpu") : null;
            Optional<Distribution> io = f.has("io") ? Optional.ofNullable(law(f, "io")) : Optional.empty();
            if (problems.count() == before) {
                classes.add(build(f, () -> () -> new FlowClass(name, share, cpu, io)));
            }
        }
        if (!items.isEmpty() && Math.abs(sum - 1) > Scenario.SHARE_TOLERANCE) {
            traffic.problem("classes", "have shares that sum to " + Quantity.printNumber(sum) + ", but must sum to 1");
        }
        return classes;
    }

    private Distribution law(Fields owner, String key) {
        Fields f = typed(owner.node(key), owner.name(key), LAW_KEYS);
        if (f == null) {
            return null;
        }
        String type = typeOf(f.self());
        return build(f, () -> {
            LAW_KEYS.get(type).stream().filter(k -> !k.equals("type")).forEach(f::need);
            double mean = f.positiveNanos("mean", Double.NaN, "33ms");
            double cv = f.positiveNumber("cv", Double.NaN);
            return switch (type) {
                case "deterministic" -> () -> new Distribution.Deterministic(mean);
                case "exponential" -> () -> new Distribution.Exponential(mean);
                case "erlang" -> {
                    int k = (int) f.integer("k", 1, 1, 1_000);
                    yield () -> new Distribution.Erlang(mean, k);
                }
                case "hyperexponential" -> {
                    if (cv < 1) {
                        f.problem(
                                "cv",
                                "must be >= 1, but was " + Quantity.printNumber(cv)
                                        + "; for less variation than exponential use erlang or lognormal");
                    }
                    yield () -> new Distribution.Hyperexponential(mean, cv);
                }
                case "lognormal" -> () -> new Distribution.Lognormal(mean, cv);
                case "pareto-bounded" -> {
                    double alpha = f.positiveNumber("alpha", Double.NaN);
                    yield range(f, false, (min, max) -> new Distribution.ParetoBounded(alpha, min, max));
                }
                case "uniform" -> range(f, true, Distribution.Uniform::new);
                default -> empirical(f);
            };
        });
    }

    private interface Range {
        Distribution of(double min, double max);
    }

    private static Supplier<Distribution> range(Fields f, boolean zero, Range law) {
        double min = zero ? f.nanos("min", Double.NaN, "0ms") : f.positiveNanos("min", Double.NaN, "1ms");
        double max = f.positiveNanos("max", Double.NaN, "100ms");
        if (min >= max) {
            f.problem(
                    "max",
                    "must be > min, but was " + Quantity.printDuration(max) + " with min "
                            + Quantity.printDuration(min));
        }
        return () -> law.of(min, max);
    }

    private Supplier<Distribution> empirical(Fields f) {
        Path file = file(f, "file");
        List<Double> values = file == null ? List.of() : samples(f, file);
        return () -> new Distribution.Empirical(file, values);
    }

    /** One duration per line, milliseconds where no unit is written; blank lines and lines that start with # are skipped. */
    private List<Double> samples(Fields f, Path file) {
        List<Double> values = new ArrayList<>();
        double sum = 0;
        int number = 0;
        try (var reader = Files.newBufferedReader(file)) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                number++;
                String text = line.strip();
                if (text.isEmpty() || text.startsWith("#")) {
                    continue;
                }
                boolean unit = Character.isLetter(text.charAt(text.length() - 1));
                double nanos =
                        Quantity.duration(unit ? text : text + "ms", "1.8ms").doubleValue();
                values.add(nanos);
                sum += nanos;
                if (values.size() > MAX_SAMPLES) {
                    f.problem("file", "has more than " + MAX_SAMPLES + " values: " + file);
                    return List.of();
                }
            }
        } catch (IllegalArgumentException e) {
            f.problem("file", "is not valid: " + file + ":" + number + ": the value " + e.getMessage());
        } catch (CharacterCodingException e) {
            f.problem("file", "is not UTF-8 text: " + file);
        } catch (IOException e) {
            f.problem("file", "cannot be read: " + file + ": " + FileTrouble.reason(e));
        }
        if (values.isEmpty()) {
            f.problem("file", "has no value: " + file + "; write one duration per line");
        } else if (!(sum > 0)) {
            f.problem("file", "needs a value > 0, but has none: " + file);
        }
        return values;
    }

    /** An existing file; null, and noted, if it is none. */
    private Path file(Fields f, String key) {
        String text = f.text(key, null);
        if (text == null) {
            return null;
        }
        Path path;
        try {
            path = Path.of(text);
        } catch (IllegalArgumentException e) {
            f.problem(key, "is not a file name: " + Quantity.quote(text));
            return null;
        }
        if (!path.isAbsolute() && folder.isEmpty()) {
            f.problem(key, "is relative, but this scenario has no folder: " + Quantity.quote(text));
            return null;
        }
        Path resolved = folder.map(d -> d.resolve(path)).orElse(path).normalize();
        if (!Files.isRegularFile(resolved)) {
            f.problem(
                    key,
                    (Files.exists(resolved) ? "is not a file: " : "does not exist: ") + resolved
                            + "; relative names start at the scenario file's folder");
            return null;
        }
        return resolved;
    }

    /** The mapping of something with a {@code type}, whose keys depend on it; null, and noted, if the type is unknown. */
    private Fields typed(Node node, String path, Map<String, List<String>> keysByType) {
        List<String> types = List.copyOf(keysByType.keySet());
        String type = typeOf(node);
        if (type != null && keysByType.containsKey(type)) {
            return Fields.of(node, path, problems, keysByType.get(type));
        }
        if (!(node instanceof MappingNode)) {
            problems.at(
                    node,
                    path + " must be a mapping such as {type: " + types.get(0) + ", ...}, but was "
                            + Fields.describe(node));
        } else if (type == null) {
            problems.at(node, path + " needs the key 'type', one of " + String.join(", ", types));
        } else {
            List<String> all = keysByType.values().stream()
                    .flatMap(List::stream)
                    .distinct()
                    .toList();
            Fields.of(node, path, problems, all).word("type", "", types);
        }
        return null;
    }

    private static String typeOf(Node node) {
        if (node instanceof MappingNode mapping) {
            for (NodeTuple tuple : mapping.getValue()) {
                if (tuple.getKeyNode() instanceof ScalarNode key
                        && key.getValue().equals("type")
                        && tuple.getValueNode() instanceof ScalarNode value) {
                    return value.getValue();
                }
            }
        }
        return null;
    }

    /** Reads the fields, then builds the record unless something was wrong; the record's own checks are the last word. */
    private <T> T build(Fields f, Supplier<Supplier<T>> read) {
        int before = problems.count();
        Supplier<T> record = read.get();
        if (problems.count() > before) {
            return null;
        }
        try {
            return record.get();
        } catch (IllegalArgumentException e) {
            problems.at(f.self(), e.getMessage());
            return null;
        }
    }
}
