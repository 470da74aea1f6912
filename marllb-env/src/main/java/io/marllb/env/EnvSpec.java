package io.marllb.env;

import io.marllb.core.check.Nearest;
import io.marllb.core.rl.ParallelEnv;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** One registered environment: what it is called, what it takes, and how it is made. Immutable. */
public final class EnvSpec {

    /**
     * Something that can be set.
     *
     * @param name the key, lower case
     * @param defaultValue what holds unless it is set; empty if it must be set
     * @param description one line
     */
    public record Parameter(String name, String defaultValue, String description) {

        /**
         * Whether it must be set.
         *
         * @return true without a default
         */
        public boolean required() {
            return defaultValue.isEmpty();
        }
    }

    private final String id;
    private final String alias;
    private final String summary;
    private final List<Parameter> parameters;
    private final Function<Values, ParallelEnv> factory;

    EnvSpec(
            String id,
            String alias,
            String summary,
            List<Parameter> parameters,
            Function<Values, ParallelEnv> factory) {
        this.id = id;
        this.alias = alias;
        this.summary = summary;
        this.parameters = List.copyOf(parameters);
        this.factory = factory;
    }

    /**
     * The full name with its version, such as {@code marllb/TwoStepGame-v0}. The version rises when results would change.
     *
     * @return the id
     */
    public String id() {
        return id;
    }

    /**
     * The short name for the newest version on the command line, such as {@code two-step}.
     *
     * @return the alias
     */
    public String alias() {
        return alias;
    }

    /**
     * What it is, in one line.
     *
     * @return the summary
     */
    public String summary() {
        return summary;
    }

    /**
     * What can be set.
     *
     * @return an immutable list
     */
    public List<Parameter> parameters() {
        return parameters;
    }

    /**
     * Makes a new environment.
     *
     * @param settings values by parameter name; what is left out has its default
     * @return a new environment, not yet reset
     * @throws IllegalArgumentException if a name is unknown, a required one missing, or a value wrong
     */
    public ParallelEnv make(Map<String, String> settings) {
        List<String> names = parameters.stream().map(Parameter::name).toList();
        List<String> problems = new ArrayList<>();
        settings.keySet().stream().sorted().filter(k -> !names.contains(k)).forEach(k -> {
            String hint = names.isEmpty() ? "; it takes none" : Nearest.hint(k, names);
            problems.add("unknown parameter '" + k + "'" + hint);
        });
        for (Parameter p : parameters) {
            if (p.required() && !settings.containsKey(p.name())) {
                problems.add("needs the parameter '" + p.name() + "': " + p.description());
            }
        }
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(id + ": " + String.join("; ", problems));
        }
        try {
            return factory.apply(new Values(parameters, settings));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(id + ": " + e.getMessage(), e);
        }
    }

    @Override
    public String toString() {
        return id;
    }

    /** The values of one environment's parameters, set or default. */
    static final class Values {

        private final List<Parameter> parameters;
        private final Map<String, String> settings;

        Values(List<Parameter> parameters, Map<String, String> settings) {
            this.parameters = parameters;
            this.settings = settings;
        }

        boolean isSet(String name) {
            return settings.containsKey(name);
        }

        String text(String name) {
            String set = settings.get(name);
            if (set != null) {
                return set.strip();
            }
            return parameters.stream()
                    .filter(p -> p.name().equals(name))
                    .findFirst()
                    .orElseThrow()
                    .defaultValue();
        }

        int integer(String name) {
            try {
                return Integer.parseInt(text(name));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(name + " must be a whole number, but was '" + text(name) + "'", e);
            }
        }

        double number(String name) {
            try {
                return Double.parseDouble(text(name));
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(name + " must be a number, but was '" + text(name) + "'", e);
            }
        }
    }
}
