package io.marllb.cli;

import io.marllb.bench.replay.ReplayOptions;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The option {@code --seeds} of what replays: how many runs each policy gets. */
final class Seeds {

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            defaultValue = "" + ReplayOptions.DEFAULT_SEEDS,
            description = "Runs of each policy: the scenario's seed and the next ones. Default: ${DEFAULT-VALUE}.")
    private int seeds;

    int number() {
        new Positive(spec).check("--seeds", seeds);
        if (seeds > ReplayOptions.MOST_SEEDS) {
            throw new ParameterException(
                    spec.commandLine(), "--seeds must be at most " + ReplayOptions.MOST_SEEDS + ", but was " + seeds);
        }
        return seeds;
    }
}
