package io.marllb.env.traffic;

import io.marllb.core.rng.Streams;
import io.marllb.core.select.AliasTable;
import java.util.List;
import java.util.random.RandomGenerator;

/** The mix of classes and the work of each flow, each from its own stream. A cursor like {@link FlowSource}; a draw allocates nothing. */
final class ClassMix {

    private static final Sampler NOTHING = new Sampler.Constant(0);

    private final List<String> names;
    private final AliasTable shares; // null with one class
    private final Sampler[] cpu; // [classes]
    private final Sampler[] io; // [classes]
    private final RandomGenerator classRandom;
    private final RandomGenerator cpuRandom;
    private final RandomGenerator ioRandom;
    private double cpuNanos;
    private long ioNanos;

    ClassMix(List<FlowClass> classes, Streams streams) {
        names = classes.stream().map(FlowClass::name).toList();
        cpu = classes.stream().map(c -> Sampler.of(c.cpu())).toArray(Sampler[]::new);
        io = classes.stream().map(c -> c.io().map(Sampler::of).orElse(NOTHING)).toArray(Sampler[]::new);
        if (classes.size() > 1) {
            shares = new AliasTable(classes.size());
            shares.build(classes.stream().mapToDouble(FlowClass::share).toArray());
        } else {
            shares = null;
        }
        classRandom = streams.stream("class");
        cpuRandom = streams.stream("cpu");
        ioRandom = streams.stream("io");
    }

    int drawClass() {
        return shares == null ? 0 : shares.draw(classRandom.nextLong());
    }

    /** Draws the work of a flow of a class. */
    void drawWork(int flowClass) {
        cpuNanos = cpu[flowClass].sample(cpuRandom);
        Sampler delay = io[flowClass];
        ioNanos = delay == NOTHING ? 0 : (long) delay.sample(ioRandom);
    }

    double cpuNanos() {
        return cpuNanos;
    }

    long ioNanos() {
        return ioNanos;
    }

    List<String> names() {
        return names;
    }
}
