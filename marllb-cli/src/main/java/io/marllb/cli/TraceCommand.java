package io.marllb.cli;

import io.marllb.bench.chart.ChartFiles;
import io.marllb.bench.chart.Figure;
import io.marllb.bench.chart.RateChart;
import io.marllb.env.trace.TraceConverter;
import io.marllb.env.trace.TraceDescription;
import io.marllb.env.trace.TraceFormat;
import io.marllb.env.trace.TraceReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Traces: recorded arrivals, from and to every known format. */
@Command(
        name = "trace",
        description = "Traces: recorded or generated arrivals, from and to every known format.",
        subcommands = {GenerateCommand.class, TraceCommand.Describe.class, TraceCommand.Convert.class},
        footer = {"", "Example: marllb trace describe access.csv.gz"})
final class TraceCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "trace needs one of " + String.join(", ", spec.subcommands().keySet()));
    }

    /** How a trace is to be read. */
    static final class Source {

        @Parameters(index = "0", paramLabel = "TRACE", description = "The trace; gzip is recognised.")
        private Path file;

        @Option(
                names = "--format",
                paramLabel = "NAME",
                defaultValue = TraceFormat.AUTO,
                description =
                        "Format of the trace: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}, by its content.",
                completionCandidates = Formats.class)
        private String format;

        @Option(
                names = "--option",
                paramLabel = "KEY=VALUE",
                description = "An option of that format, such as jitter=50ms; may be repeated.")
        private List<String> options = List.of();

        Path file() {
            if (Files.isDirectory(file)) {
                throw new IllegalArgumentException(file + " is a folder; name a trace file");
            }
            return file;
        }

        String format() {
            return format;
        }

        List<String> options() {
            return options;
        }
    }

    /** What there is to choose from. */
    static final class Formats implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return TraceFormat.ids().iterator();
        }
    }

    @Command(
            name = "describe",
            description = "Prints rate, burstiness, size statistics and a picture of the rate over time.",
            footer = {"", "Example: marllb trace describe access.csv.gz"})
    static final class Describe implements Callable<Integer> {

        private final Terminal terminal;

        @Spec
        private CommandSpec spec;

        @Mixin
        private Source source;

        @Option(names = "--png", paramLabel = "FILE", description = "Draw the rate over time as a PNG file.")
        private Path png;

        @Option(names = "--svg", paramLabel = "FILE", description = "Draw the rate over time as an SVG file.")
        private Path svg;

        Describe(Terminal terminal) {
            this.terminal = terminal;
        }

        @Override
        public Integer call() throws IOException {
            OutputFile pngFile = png == null ? null : OutputFile.check(png, "--png");
            OutputFile svgFile = svg == null ? null : OutputFile.check(svg, "--svg");
            TraceDescription description;
            try (TraceReader reader = TraceReader.open(source.file(), source.format(), source.options())) {
                description = TraceDescription.of(reader);
            }
            spec.commandLine().getOut().print(description.text(terminal.unicode()));
            Figure figure = picture(description);
            if (pngFile != null) {
                pngFile.create(path -> ChartFiles.writePng(figure, path));
            }
            if (svgFile != null) {
                svgFile.create(path -> ChartFiles.writeSvg(figure, path));
            }
            return 0;
        }

        private static Figure picture(TraceDescription description) {
            double stepSeconds = description.stepNanos() * 1e-9;
            double[] flows = description.rates();
            for (int i = 0; i < flows.length; i++) {
                flows[i] *= stepSeconds;
            }
            return RateChart.of(description.info().file().getFileName().toString(), stepSeconds, flows);
        }
    }

    @Command(
            name = "convert",
            description = "Rewrites a trace in another format, and says what is lost on the way.",
            footer = {"", "Example: marllb trace convert azure.csv canonical.csv.gz --to csv"})
    static final class Convert implements Callable<Integer> {

        @Spec
        private CommandSpec spec;

        @Mixin
        private Source source;

        @Parameters(
                index = "1",
                paramLabel = "OUT",
                description = "Where to write; a name that ends in .gz is compressed.")
        private Path out;

        @Option(
                names = "--to",
                paramLabel = "NAME",
                defaultValue = "csv",
                description =
                        "Format to write: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}, which loses nothing.",
                completionCandidates = Formats.class)
        private String target;

        @Option(
                names = "--to-option",
                paramLabel = "KEY=VALUE",
                description = "An option of that format; may be repeated.")
        private List<String> targetOptions = List.of();

        @Override
        public Integer call() throws IOException {
            OutputFile.check(out, "OUT");
            TraceConverter.Conversion done = TraceConverter.convert(
                    source.file(), source.format(), source.options(), out, TraceFormat.of(target), targetOptions);
            spec.commandLine()
                    .getOut()
                    .println(String.format(
                            Locale.ROOT,
                            "%,d flows: %s (%s) -> %s (%s)",
                            done.rows(),
                            source.file(),
                            done.from().id(),
                            out,
                            done.to().id()));
            for (String loss : done.losses()) {
                spec.commandLine().getOut().println("  " + loss);
            }
            return 0;
        }
    }
}
