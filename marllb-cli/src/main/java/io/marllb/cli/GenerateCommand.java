package io.marllb.cli;

import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.env.trace.TraceFormat;
import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.Distribution;
import io.marllb.env.traffic.FlowClass;
import io.marllb.env.traffic.TraceGenerator;
import io.marllb.env.traffic.WikipediaDay;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Generated traffic as trace files. */
@Command(
        name = "generate",
        description =
                "Writes generated traffic as a trace; the same arguments give the same bytes, and the file says how it was made.",
        subcommands = {
            GenerateCommand.OfPoisson.class,
            GenerateCommand.OfMmpp.class,
            GenerateCommand.OfWikipedia.class,
            GenerateCommand.OfScenario.class
        },
        footer = {"", "Example: marllb trace generate poisson p.csv.gz --rate 400 --duration 60s"})
final class GenerateCommand implements Runnable {

    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "trace generate needs one of "
                        + String.join(", ", spec.subcommands().keySet()));
    }

    /** Where a trace goes, and the seed that it comes from. */
    static final class Output {

        @Spec(Spec.Target.MIXEE)
        private CommandSpec spec;

        @Parameters(paramLabel = "OUT", description = "Where to write; a name that ends in .gz is compressed.")
        private Path out;

        @Option(
                names = "--to",
                paramLabel = "NAME",
                defaultValue = "csv",
                description =
                        "Format to write: ${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}, which loses nothing.",
                completionCandidates = TraceCommand.Formats.class)
        private String target;

        @Option(
                names = "--to-option",
                paramLabel = "KEY=VALUE",
                description = "An option of that format; may be repeated.")
        private List<String> targetOptions = List.of();

        @Option(
                names = "--seed",
                paramLabel = "N",
                defaultValue = "1",
                description = "Root of the random streams. Default: ${DEFAULT-VALUE}.")
        private long seed;

        TraceGenerator.Target checked() throws IOException {
            TraceFormat format = TraceFormat.of(target);
            OutputFile.check(out, "OUT");
            return new TraceGenerator.Target(out, format, targetOptions);
        }

        int done(long flows) {
            spec.commandLine().getOut().println(String.format(Locale.ROOT, "%,d flows -> %s (%s)", flows, out, target));
            return 0;
        }
    }

    /** How long a trace of arrivals that never end is to be. */
    static final class Length {

        @Spec(Spec.Target.MIXEE)
        private CommandSpec spec;

        @Option(names = "--flows", paramLabel = "N", description = "Number of flows.")
        private Long flows;

        @Option(
                names = "--duration",
                paramLabel = "TIME",
                converter = DurationConverter.class,
                description = "Time in which flows arrive, such as 60s.")
        private Duration duration;

        Length checked() {
            if (flows == null && duration == null) {
                throw new ParameterException(spec.commandLine(), "give --flows or --duration: the arrivals never end");
            }
            return orOf(null);
        }

        /** With the length of a run where nothing is said. */
        Length orOf(Scenario.Run run) {
            if (flows != null) {
                new Positive(spec).check("--flows", flows);
            } else if (duration == null && run != null) {
                run.flows().ifPresent(n -> flows = n);
                run.duration().ifPresent(nanos -> duration = Duration.ofNanos(nanos));
            }
            return this;
        }

        long flows() {
            return flows == null ? Long.MAX_VALUE : flows;
        }

        long nanos() {
            return duration == null ? Long.MAX_VALUE : duration.toNanos();
        }
    }

    /** The work of flows of one class. */
    static final class Work {

        @Option(
                names = "--mean",
                paramLabel = "TIME",
                defaultValue = "200ms",
                converter = DurationConverter.class,
                description =
                        "Mean of the exponential CPU work. Default: ${DEFAULT-VALUE}. Other laws: generate scenario.")
        private Duration mean;

        List<FlowClass> classes() {
            return List.of(new FlowClass("job", 1, new Distribution.Exponential(mean.toNanos()), Optional.empty()));
        }
    }

    @Command(
            name = "poisson",
            description = "Poisson arrivals with exponential work.",
            footer = {"", "Example: marllb trace generate poisson p.csv.gz --rate 400 --duration 60s"})
    static final class OfPoisson implements Callable<Integer> {

        @Mixin
        private Output output;

        @Option(names = "--rate", paramLabel = "X", required = true, description = "Flows per second.")
        private double rate;

        @Mixin
        private Length length;

        @Mixin
        private Work work;

        @Override
        public Integer call() throws IOException {
            length.checked();
            return output.done(TraceGenerator.generate(
                    new Arrivals.Poisson(rate),
                    work.classes(),
                    output.seed,
                    length.flows(),
                    length.nanos(),
                    output.checked()));
        }
    }

    @Command(
            name = "mmpp",
            description =
                    "Markov-modulated Poisson arrivals with exponential work: the rates take turns, each for an exponential time.",
            footer = {"", "Example: marllb trace generate mmpp bursts.csv --rates 50,500 --stays 9s,1s --duration 10m"})
    static final class OfMmpp implements Callable<Integer> {

        @Mixin
        private Output output;

        @Option(
                names = "--rates",
                paramLabel = "X,...",
                split = ",",
                hideParamSyntax = true,
                required = true,
                description = "Flows per second in each state.")
        private List<Double> rates;

        @Option(
                names = "--stays",
                paramLabel = "TIME,...",
                split = ",",
                hideParamSyntax = true,
                required = true,
                converter = DurationConverter.class,
                description = "Mean stay in each state.")
        private List<Duration> stays;

        @Mixin
        private Length length;

        @Mixin
        private Work work;

        @Override
        public Integer call() throws IOException {
            length.checked();
            List<Double> stayNanos =
                    stays.stream().map(d -> (double) d.toNanos()).toList();
            return output.done(TraceGenerator.generate(
                    new Arrivals.Mmpp(rates, stayNanos),
                    work.classes(),
                    output.seed,
                    length.flows(),
                    length.nanos(),
                    output.checked()));
        }
    }

    @Command(
            name = "wikipedia",
            description = {
                "Wikipedia-like hours: the published hourly rates and page shares of September 2007, Poisson within an hour.",
                "It is not the Wikipedia trace; the top of the file says what was published and what was filled in."
            },
            footer = {
                "",
                "Example: marllb trace generate wikipedia hour4.tsv --first-hour 4 --hours 1 --to wikipedia-replay"
            })
    static final class OfWikipedia implements Callable<Integer> {

        @Mixin
        private Output output;

        @Option(
                names = "--first-hour",
                paramLabel = "H",
                defaultValue = "0",
                description = "Hour of the day at which it starts, 0 to 23. Default: ${DEFAULT-VALUE}.")
        private int firstHour;

        @Option(
                names = "--hours",
                paramLabel = "N",
                defaultValue = "24",
                description = "Number of hours. Default: ${DEFAULT-VALUE}.")
        private int hours;

        @Option(
                names = "--per-hour",
                paramLabel = "TIME",
                defaultValue = "600s",
                converter = DurationConverter.class,
                description = "How long an hour is played. Default: ${DEFAULT-VALUE}, as the published samples.")
        private Duration perHour;

        @Option(
                names = "--rate-factor",
                paramLabel = "X",
                defaultValue = "1",
                description = "Times the published rates. Default: ${DEFAULT-VALUE}.")
        private double rateFactor;

        @Override
        public Integer call() throws IOException {
            WikipediaDay day = new WikipediaDay(firstHour, hours, perHour.toNanos(), rateFactor);
            return output.done(TraceGenerator.wikipedia(day, TraceGenerator.WIKIPEDIA, output.seed, output.checked()));
        }
    }

    @Command(
            name = "scenario",
            description =
                    "The traffic of a scenario: any arrivals, any classes, as long as its run unless said otherwise.",
            footer = {"", "Example: marllb trace generate scenario quickstart q.csv.gz --flows 10000"})
    static final class OfScenario implements Callable<Integer> {

        @Parameters(index = "0", paramLabel = "S", description = "A scenario that ships, or a YAML file.")
        private String scenario;

        @Mixin
        private Output output;

        @Mixin
        private Length length;

        @Override
        public Integer call() throws IOException {
            Scenario described = Scenarios.load(scenario);
            length.orOf(described.run());
            return output.done(TraceGenerator.generate(
                    described.traffic().arrivals(),
                    described.traffic().classes(),
                    output.seed,
                    length.flows(),
                    length.nanos(),
                    output.checked()));
        }
    }
}
