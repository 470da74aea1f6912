package io.marllb.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The option {@code --threads}: how many runs at once. Results never depend on it. */
final class Threads {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Runs at the same time; changes no result. Default: the number of processors.")
    private Integer threads;

    boolean given() {
        return threads != null;
    }

    int number() {
        if (threads == null) {
            return Runtime.getRuntime().availableProcessors();
        }
        new Positive(spec).check("--threads", threads);
        return threads;
    }
}
