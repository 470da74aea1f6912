package io.marllb.policies;

import io.marllb.core.PolicySetup;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/**
 * A rule or a weight policy as the registry knows it: half of a policy.
 *
 * @param <T> FlowRule or WeightPolicy
 */
final class Half<T> {

    private final String name;
    private final String summary;
    private final String source;
    private final BiFunction<Arguments, PolicySetup, T> constructor;
    private final List<Parameter> parameters;

    Half(
            String name,
            String summary,
            String source,
            BiFunction<Arguments, PolicySetup, T> constructor,
            Parameter... parameters) {
        this.name = name;
        this.summary = summary;
        this.source = source;
        this.constructor = constructor;
        this.parameters = List.of(parameters);
    }

    String name() {
        return name;
    }

    String summary() {
        return summary;
    }

    String source() {
        return source;
    }

    List<Parameter> parameters() {
        return parameters;
    }

    /** A new instance; values that are not given have their defaults. */
    T build(Map<String, String> given, PolicySetup setup) {
        return constructor.apply(new Arguments(parameters, given, setup.balancers()), setup);
    }
}
