package io.marllb.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** Checks options that count something. */
record Positive(CommandSpec spec) {

    Positive check(String option, long value) {
        if (value < 1) {
            throw new ParameterException(spec.commandLine(), option + " must be >= 1, but was " + value);
        }
        return this;
    }
}
