package io.marllb.env.traffic;

import io.marllb.core.check.Nearest;
import io.marllb.core.rng.Streams;
import io.marllb.env.trace.TraceInfo;
import io.marllb.env.trace.TraceReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Recorded arrivals. Where the trace has sizes, they are the work; where it names classes only, the scenario's class of that name draws it;
 * where it has neither, the scenario's mix does.
 */
final class TraceSource implements FlowSource {

    /** Laws for the classes of the Wikipedia replay where the scenario has none of that name: those of the calibrated moderate cluster. */
    static final List<FlowClass> WIKIPEDIA = List.of(
            new FlowClass(
                    "wiki",
                    0.459,
                    new Distribution.Lognormal(33e6, 1.5),
                    Optional.of(new Distribution.Exponential(11e6))),
            new FlowClass("static", 0.541, new Distribution.Exponential(1.8e6), Optional.empty()));

    private final TraceReader reader;
    private final boolean sized;
    private final boolean labelled;
    private final double scale;
    private final TimeWarp warp;
    private final ClassMix mix; // null if sized
    private final List<String> classNames;
    private long at;
    private int flowClass;
    private boolean ended;

    private TraceSource(TraceReader reader, double scale, RateChanges changes, ClassMix mix) {
        TraceInfo info = reader.info();
        this.reader = reader;
        this.sized = info.sized();
        this.labelled = !info.classNames().isEmpty();
        this.scale = scale;
        this.warp = new TimeWarp(changes);
        this.mix = mix;
        this.classNames = sized ? info.classNames() : mix.names();
    }

    static TraceSource open(Arrivals.Trace trace, List<FlowClass> classes, RateChanges changes, Streams streams) {
        TraceReader reader = open(trace, streams);
        try {
            TraceInfo info = reader.info();
            ClassMix mix = info.sized() ? null : new ClassMix(classesFor(info, classes), streams);
            return new TraceSource(reader, trace.scale(), changes, mix);
        } catch (RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    static TraceReader open(Arrivals.Trace trace, Streams streams) {
        boolean seeded = trace.options().stream().anyMatch(o -> o.startsWith("seed="));
        return seeded
                ? TraceReader.open(trace.file(), trace.format(), trace.options())
                : TraceReader.open(trace.file(), trace.format(), trace.options(), streams.stream("arrivals"));
    }

    /** The laws that draw the work of a trace without sizes: one per class that it names, or the scenario's mix. */
    static List<FlowClass> classesFor(TraceInfo info, List<FlowClass> classes) {
        if (info.classNames().isEmpty()) {
            FlowSources.checkClasses(classes);
            return classes;
        }
        List<FlowClass> found = new ArrayList<>();
        for (String name : info.classNames()) {
            found.add(find(name, classes)
                    .or(() -> find(name, WIKIPEDIA))
                    .orElseThrow(() -> new IllegalArgumentException(info.file() + " has flows of class '" + name
                            + "' without sizes, and the scenario has no class of that name"
                            + Nearest.hint(
                                    name, classes.stream().map(FlowClass::name).toList()))));
        }
        return found;
    }

    private static Optional<FlowClass> find(String name, List<FlowClass> classes) {
        return classes.stream().filter(c -> c.name().equals(name)).findFirst();
    }

    @Override
    public boolean advance() {
        if (ended || !reader.next()) {
            close();
            return false;
        }
        at = warp.toRun(scale == 1 ? reader.at() : reader.at() / scale);
        if (at == Long.MAX_VALUE) {
            close();
            return false;
        }
        if (sized) {
            flowClass = reader.flowClass();
        } else {
            flowClass = labelled ? reader.flowClass() : mix.drawClass();
            mix.drawWork(flowClass);
        }
        return true;
    }

    @Override
    public long at() {
        return at;
    }

    @Override
    public int flowClass() {
        return flowClass;
    }

    @Override
    public double cpuNanos() {
        return sized ? reader.cpuNanos() : mix.cpuNanos();
    }

    @Override
    public long ioNanos() {
        return sized ? reader.ioNanos() : mix.ioNanos();
    }

    @Override
    public List<String> classNames() {
        return classNames;
    }

    @Override
    public void close() {
        ended = true;
        reader.close();
    }
}
