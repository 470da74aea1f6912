package io.marllb.env.traffic;

import io.marllb.core.check.Checks;
import io.marllb.core.rng.Streams;
import io.marllb.env.trace.TraceContent;
import io.marllb.env.trace.TraceFormat;
import io.marllb.env.trace.TraceWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Writes generated traffic as a trace. The same arguments give the same bytes. */
public final class TraceGenerator {

    /** The class of the testbed's for-loop workload: exponential jobs of 200 ms on average. */
    public static final FlowClass FOR_LOOP =
            new FlowClass("for-loop", 1, new Distribution.Exponential(200e6), java.util.Optional.empty());

    /** The classes of the Wikipedia-like workload: pages and static files, with the laws of the calibrated moderate cluster. */
    public static final List<FlowClass> WIKIPEDIA = TraceSource.WIKIPEDIA;

    private static final long WIKIPEDIA_ORIGIN = 1_190_073_600_000_000_000L; // 18 September 2007 00:00 UTC

    private TraceGenerator() {}

    /**
     * Where to write, and how.
     *
     * @param file the file; it appears whole or not at all, and a name that ends in {@code .gz} is compressed
     * @param format what to write
     * @param options options of the format as {@code key=value}
     */
    public record Target(Path file, TraceFormat format, List<String> options) {
        /** Copies the options. */
        public Target {
            options = List.copyOf(options);
        }
    }

    /**
     * Writes arrivals with work drawn from classes.
     *
     * @param arrivals when flows arrive
     * @param classes what arrives
     * @param seed root of the random streams
     * @param flows most flows, {@code >= 1}; {@link Long#MAX_VALUE} for no limit
     * @param durationNanos flows arrive before it, {@code >= 1}; {@link Long#MAX_VALUE} for no limit
     * @param target where to write
     * @return number of flows
     * @throws IllegalArgumentException if the arguments are unusable, no flow arrives in time, or the format lacks a column that it needs
     * @throws java.io.UncheckedIOException if the file can't be written
     */
    public static long generate(
            Arrivals arrivals, List<FlowClass> classes, long seed, long flows, long durationNanos, Target target) {
        new Checks("generated trace")
                .atLeast("flows", flows, 1)
                .atLeast("durationNanos", durationNanos, 1)
                .that(
                        flows < Long.MAX_VALUE || durationNanos < Long.MAX_VALUE || arrivals instanceof Arrivals.Trace,
                        "a number of flows or a duration must be given; the arrivals never end")
                .throwIfAny();
        List<String> comments = new ArrayList<>();
        comments.add("generated, not recorded: " + arrivals + ", seed " + seed);
        classes.forEach(c -> comments.add(c.toString()));
        try (FlowSource source = FlowSources.of(arrivals, classes, RateChanges.NONE, Streams.of(seed))) {
            return write(source, flows, durationNanos, 0, target, comments);
        }
    }

    /**
     * Writes Wikipedia-like hours; the top of the file says what they are not.
     *
     * @param day which hours
     * @param classes laws of the page and the static file, in this order; see {@link #WIKIPEDIA}
     * @param seed root of the random streams
     * @param target where to write
     * @return number of flows
     * @throws IllegalArgumentException if the classes are not wiki and static, or no flow arrives in time
     * @throws java.io.UncheckedIOException if the file can't be written
     */
    public static long wikipedia(WikipediaDay day, List<FlowClass> classes, long seed, Target target) {
        List<String> names = classes.stream().map(FlowClass::name).toList();
        if (!names.equals(List.of("wiki", "static"))) {
            throw new IllegalArgumentException("classes must be wiki and static, in this order, but were " + names);
        }
        List<String> comments = new ArrayList<>(WikipediaDay.HEADER);
        comments.add(day + ", seed " + seed);
        long origin = WIKIPEDIA_ORIGIN + day.firstHour() * 3_600_000_000_000L;
        FlowSource source = new WikipediaSource(day, classes, Streams.of(seed));
        return write(source, Long.MAX_VALUE, Long.MAX_VALUE, origin, target, comments);
    }

    private static long write(
            FlowSource source, long flows, long durationNanos, long origin, Target target, List<String> comments) {
        TraceContent content = new TraceContent(source.classNames(), true, origin);
        try (TraceWriter writer =
                TraceWriter.create(target.file(), target.format(), target.options(), content, comments)) {
            long count = 0;
            while (count < flows && source.advance() && source.at() < durationNanos) {
                writer.write(source.at(), source.flowClass(), Math.rint(source.cpuNanos()), source.ioNanos());
                count++;
            }
            if (count == 0) {
                throw new IllegalArgumentException(
                        "no flow arrives within " + durationNanos * 1e-9 + " s; give more time or a higher rate");
            }
            return writer.commit();
        }
    }
}
