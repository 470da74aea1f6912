package io.marllb.policies;

import java.util.List;
import java.util.Map;

/** The values of one half's parameters, for one balancer of m. Asking for a parameter that the half does not declare is a defect. */
final class Arguments {

    private final List<Parameter> parameters;
    private final Map<String, String> given;
    private final int balancers;

    Arguments(List<Parameter> parameters, Map<String, String> given, int balancers) {
        this.parameters = parameters;
        this.given = given;
        this.balancers = balancers;
    }

    double number(String name) {
        return fraction(name).value();
    }

    Parameter.Fraction fraction(String name) {
        return parameter(name).fraction(text(name), balancers);
    }

    int count(String name) {
        return parameter(name).count(text(name));
    }

    long nanos(String name) {
        return parameter(name).nanos(text(name));
    }

    boolean is(String name, String choice) {
        return parameter(name).choice(text(name)).equals(parameter(name).choice(choice));
    }

    private String text(String name) {
        return given.getOrDefault(name, parameter(name).defaultValue());
    }

    private Parameter parameter(String name) {
        for (Parameter parameter : parameters) {
            if (parameter.name().equals(name)) {
                return parameter;
            }
        }
        throw new AssertionError("undeclared parameter " + name);
    }
}
