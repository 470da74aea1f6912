package io.marllb.cli;

import io.marllb.bench.learners.LearnerSuite;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Holds the learners to what is known. */
@Command(
        name = "learners",
        description = {
            "Lets the learners learn problems whose answers are known, over several seeds, and prints what they reached against what they must.",
            "All of it takes a while; --only runs the cases of one problem."
        },
        exitCodeList = {"0:every bar is met", "1:a bar is missed", "2:bad input", "130:interrupted"},
        footer = {"", "Example: marllb bench learners --only two-step"})
final class LearnersBench implements Callable<Integer> {

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Option(names = "--only", paramLabel = "NAME", description = "The cases of one problem, such as cart-pole.")
    private String only;

    @Option(
            names = "--seeds",
            paramLabel = "N",
            defaultValue = "" + LearnerSuite.SEEDS,
            description = "Seeds 1 to N of every case. Default: ${DEFAULT-VALUE}.")
    private int seeds;

    @Mixin
    private Threads threads;

    @Mixin
    private JsonFile json;

    LearnersBench(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        new Positive(spec).check("--seeds", seeds);
        json.check();
        LearnerSuite suite =
                only == null ? LearnerSuite.full() : LearnerSuite.full().only(only);
        List<LearnerSuite.Row> rows;
        try (Progress progress = new Progress(terminal, spec.commandLine().getErr(), "learners", System::nanoTime)) {
            rows = suite.run(seeds, threads.number(), (done, total) -> progress.accept((double) done / total));
        }
        TextTable table = new TextTable("case", "learner", "budget", "bar", "must", "verdict", "per seed");
        for (LearnerSuite.Row row : rows) {
            table.row(
                    row.name(),
                    row.learner(),
                    row.budget(),
                    row.bar(),
                    row.required() == 0 ? "" : row.required() + " of " + seeds,
                    row.verdict().name().toLowerCase(Locale.ROOT),
                    row.seeds().stream().map(LearnerSuite.SeedResult::text).collect(Collectors.joining(", ")));
        }
        PrintWriter out = spec.commandLine().getOut();
        table.print(out, terminal.columns());
        out.flush();
        json.write(() -> {
            String command = "marllb bench learners --seeds " + seeds + (only == null ? "" : " --only " + only);
            String environment =
                    "Java " + Runtime.version() + ", " + System.getProperty("os.arch") + ", " + Version.program();
            return LearnerSuite.json(rows, command, environment);
        });
        boolean missed = rows.stream().anyMatch(r -> r.verdict() == LearnerSuite.Verdict.MISSED);
        return missed ? 1 : 0;
    }
}
