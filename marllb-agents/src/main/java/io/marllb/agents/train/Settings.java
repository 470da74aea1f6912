package io.marllb.agents.train;

import io.marllb.core.check.Nearest;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Everything that can be set about a run, by name: the components of a few configuration records, in kebab case ({@code learningRate} is {@code
 * learning-rate}). A record inside a record adds its name and a dot. Immutable and thread-safe.
 *
 * <p>Components are {@code int}, {@code long}, {@code double}, {@code boolean}, {@code String}, an enum (lower case, with dashes), a list of
 * numbers, whole or not ({@code 128,128}, or {@code none}), or records of these. The records check their own values; every failure is reported, not
 * the first.
 */
public final class Settings {

    private static final String NONE = "none";

    private final List<Record> records;
    private final Map<String, String> values; // in the order of the components

    private Settings(List<Record> records) {
        this.records = List.copyOf(records);
        Map<String, String> all = new LinkedHashMap<>();
        for (Record r : this.records) {
            describe(r, "", all);
        }
        values = all;
    }

    /**
     * The settings of some records.
     *
     * @param records of different classes; no two settings have one name
     * @return the settings
     */
    public static Settings of(Record... records) {
        return new Settings(List.of(records));
    }

    /**
     * Names and values, in the order of the components; {@link #with} of all of them gives equal records.
     *
     * @return an unmodifiable map
     */
    public Map<String, String> values() {
        return java.util.Collections.unmodifiableMap(values);
    }

    /**
     * One of the records.
     *
     * @param type its class
     * @param <R> its type
     * @return the record
     */
    public <R extends Record> R get(Class<R> type) {
        for (Record r : records) {
            if (type.isInstance(r)) {
                return type.cast(r);
            }
        }
        throw new IllegalArgumentException("there are no settings of " + type.getSimpleName());
    }

    /**
     * The same with some values changed.
     *
     * @param changes values by name
     * @return new settings
     * @throws IllegalArgumentException with every unknown name and its nearest, every value that cannot be read, and what the records themselves
     *     refuse
     */
    public Settings with(Map<String, String> changes) {
        List<String> problems = new ArrayList<>();
        Map<String, String> sorted = new TreeMap<>(changes);
        for (String key : sorted.keySet()) {
            if (!values.containsKey(key)) {
                problems.add("unknown setting '" + key + "'" + Nearest.hint(key, values.keySet()));
            }
        }
        List<Record> changed = new ArrayList<>();
        for (Record r : records) {
            changed.add(rebuilt(r, "", sorted, problems));
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
        return new Settings(changed);
    }

    /**
     * Reads {@code key=value} texts; a later one replaces an earlier one.
     *
     * @param texts each with an equals sign
     * @return values by name
     * @throws IllegalArgumentException naming every text without a name
     */
    public static Map<String, String> parse(List<String> texts) {
        Map<String, String> map = new LinkedHashMap<>();
        List<String> wrong = new ArrayList<>();
        for (String text : texts) {
            int equals = text.indexOf('=');
            if (equals < 1) {
                wrong.add("'" + text + "'");
            } else {
                map.put(
                        text.substring(0, equals).strip(),
                        text.substring(equals + 1).strip());
            }
        }
        if (!wrong.isEmpty()) {
            throw new IllegalArgumentException(
                    "a setting must be NAME=VALUE, such as discount=0.99, but was " + String.join(", ", wrong));
        }
        return map;
    }

    private static void describe(Record r, String prefix, Map<String, String> into) {
        for (RecordComponent c : r.getClass().getRecordComponents()) {
            String key = prefix + kebab(c.getName());
            Object value = value(r, c);
            if (value instanceof Record inner) {
                describe(inner, key + ".", into);
            } else if (into.putIfAbsent(key, text(value)) != null) {
                throw new IllegalStateException("two settings are called '" + key + "'");
            }
        }
    }

    private static Record rebuilt(Record r, String prefix, Map<String, String> changes, List<String> problems) {
        RecordComponent[] components = r.getClass().getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] arguments = new Object[components.length];
        int before = problems.size();
        boolean different = false;
        for (int i = 0; i < components.length; i++) {
            RecordComponent c = components[i];
            types[i] = c.getType();
            Object old = value(r, c);
            String key = prefix + kebab(c.getName());
            arguments[i] = old;
            if (old instanceof Record inner) {
                arguments[i] = rebuilt(inner, key + ".", changes, problems);
            } else if (changes.containsKey(key)) {
                arguments[i] = read(key, changes.get(key), c, problems);
            }
            different |= !Objects.equals(old, arguments[i]);
        }
        if (!different || problems.size() > before) {
            return r;
        }
        try {
            Constructor<? extends Record> constructor = r.getClass().getDeclaredConstructor(types);
            constructor.setAccessible(true);
            return constructor.newInstance(arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException refused) {
                problems.add(refused.getMessage());
                return r;
            }
            throw new IllegalStateException(e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Object value(Record r, RecordComponent c) {
        try {
            c.getAccessor().setAccessible(true);
            return Objects.requireNonNull(c.getAccessor().invoke(r), c.getName());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** {@code learningRate} to {@code learning-rate}. */
    static String kebab(String camel) {
        StringBuilder s = new StringBuilder();
        for (int i = 0; i < camel.length(); i++) {
            char ch = camel.charAt(i);
            if (Character.isUpperCase(ch)) {
                s.append('-');
            }
            s.append(Character.toLowerCase(ch));
        }
        return s.toString();
    }

    private static String text(Object value) {
        if (value instanceof Enum<?> e) {
            return name(e);
        }
        if (value instanceof List<?> list) {
            return list.isEmpty() ? NONE : list.stream().map(String::valueOf).collect(Collectors.joining(","));
        }
        return String.valueOf(value);
    }

    private static String name(Enum<?> e) {
        return e.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The value, or null after noting why there is none. */
    private static Object read(String key, String text, RecordComponent c, List<String> problems) {
        Class<?> type = c.getType();
        if (type == int.class) {
            return number(key, text, "a whole number", Integer::valueOf, problems);
        } else if (type == long.class) {
            return number(key, text, "a whole number", Long::valueOf, problems);
        } else if (type == double.class) {
            return number(key, text, "a number", Double::valueOf, problems);
        } else if (type == boolean.class) {
            return choice(key, text, List.of("true", "false"), Boolean::valueOf, problems);
        } else if (type == String.class) {
            return text;
        } else if (type.isEnum()) {
            List<Enum<?>> constants = new ArrayList<>();
            for (Object e : type.getEnumConstants()) {
                constants.add((Enum<?>) e);
            }
            List<String> names = constants.stream().map(Settings::name).toList();
            return choice(key, text, names, t -> constants.get(names.indexOf(t)), problems);
        } else if (type == List.class && c.getGenericType() instanceof ParameterizedType p) {
            if (p.getActualTypeArguments()[0] == Integer.class) {
                return number(
                        key, text, "whole numbers such as 128,128, or none", t -> list(t, Integer::valueOf), problems);
            } else if (p.getActualTypeArguments()[0] == Double.class) {
                return number(key, text, "numbers such as 0.5,-1, or none", t -> list(t, Double::valueOf), problems);
            }
        }
        throw new IllegalStateException("setting '" + key + "' has the type " + c.getGenericType() + ", which is none");
    }

    private static <T> List<T> list(String text, Function<String, T> parse) {
        List<T> numbers = new ArrayList<>();
        if (!text.equals(NONE)) {
            for (String s : text.split(",", -1)) {
                numbers.add(parse.apply(s.strip()));
            }
        }
        return List.copyOf(numbers);
    }

    private static Object number(
            String key, String text, String what, Function<String, Object> parse, List<String> problems) {
        try {
            return parse.apply(text);
        } catch (NumberFormatException e) {
            problems.add(key + " must be " + what + ", but was '" + text + "'");
            return null;
        }
    }

    private static Object choice(
            String key, String text, List<String> valid, Function<String, Object> parse, List<String> problems) {
        if (!valid.contains(text)) {
            problems.add(key + " must be one of " + String.join(", ", valid) + ", but was '" + text + "'");
            return null;
        }
        return parse.apply(text);
    }
}
