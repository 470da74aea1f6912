package io.marllb.env.traffic;

import io.marllb.core.check.Checks;
import io.marllb.core.rng.Streams;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Opens the traffic that {@link Arrivals} and classes describe. */
public final class FlowSources {

    private static final double SHARE_TOLERANCE = 1e-6; // shares are written with a few decimals

    private FlowSources() {}

    /**
     * The traffic of one run. It draws from the streams {@code arrivals}, {@code class}, {@code cpu} and {@code io}, so that a change of one
     * law moves no draw of another.
     *
     * @param arrivals when flows arrive
     * @param classes what arrives; the shares sum to 1 within 1e-6
     * @param changes how the rate changes during the run
     * @param streams the run's random streams
     * @return a source at its start; close it after the run
     * @throws IllegalArgumentException if the classes are unusable
     */
    public static FlowSource of(Arrivals arrivals, List<FlowClass> classes, RateChanges changes, Streams streams) {
        checkClasses(classes);
        ClassMix mix = new ClassMix(classes, streams);
        return new GeneratedSource(process(arrivals, streams), changes, mix);
    }

    private static ArrivalProcess process(Arrivals arrivals, Streams streams) {
        if (arrivals instanceof Arrivals.Poisson poisson) {
            return new PoissonProcess(streams.stream("arrivals"), poisson.rate());
        } else if (arrivals instanceof Arrivals.Mmpp mmpp) {
            return new ModulatedPoisson(
                    streams.stream("arrivals"), new ModulatedPoisson.States(streams.stream("arrivals", 1), mmpp));
        }
        throw new IllegalArgumentException("arrivals of this kind can't be generated yet: " + arrivals);
    }

    private static void checkClasses(List<FlowClass> classes) {
        Checks checks = new Checks("classes").that(!classes.isEmpty(), "there must be at least one class");
        Set<String> names = new HashSet<>();
        double sum = 0;
        for (FlowClass c : classes) {
            checks.that(names.add(c.name()), "the name '" + c.name() + "' is there twice");
            sum += c.share();
        }
        checks.that(
                        classes.isEmpty() || Math.abs(sum - 1) <= SHARE_TOLERANCE,
                        "the shares must sum to 1, but sum to " + sum)
                .throwIfAny();
    }
}
