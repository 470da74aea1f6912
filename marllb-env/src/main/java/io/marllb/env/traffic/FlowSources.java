package io.marllb.env.traffic;

import io.marllb.core.check.Checks;
import io.marllb.core.rng.Streams;
import io.marllb.env.trace.RateProfile;
import io.marllb.env.trace.TraceInfo;
import io.marllb.env.trace.TraceReader;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Opens the traffic that {@link Arrivals} and classes describe. */
public final class FlowSources {

    private static final double SHARE_TOLERANCE = 1e-6; // shares are written with a few decimals

    private static final double MAX_STEPS_PER_FLOW = 1e6; // beyond it a run would do nothing but change steps

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
     * @throws IllegalArgumentException if the classes are unusable, or do not fit the trace
     * @throws io.marllb.env.trace.TraceFormatException if a trace or profile is malformed
     */
    public static FlowSource of(Arrivals arrivals, List<FlowClass> classes, RateChanges changes, Streams streams) {
        if (arrivals instanceof Arrivals.Trace trace) {
            return TraceSource.open(trace, classes, changes, streams);
        }
        checkClasses(classes);
        return new GeneratedSource(process(arrivals, streams), changes, new ClassMix(classes, streams));
    }

    /**
     * What the traffic asks for on average. A trace is read once, from start to end; its rate is taken over the time to its last flow.
     *
     * @param arrivals when flows arrive
     * @param classes what arrives, as for {@link #of}
     * @return mean rate and mean work
     * @throws IllegalArgumentException if the classes are unusable, or a trace has no two flows at different times
     * @throws io.marllb.env.trace.TraceFormatException if a trace or profile is malformed
     */
    public static OfferedLoad offered(Arrivals arrivals, List<FlowClass> classes) {
        if (arrivals instanceof Arrivals.Trace trace) {
            return offeredByTrace(trace, classes);
        }
        checkClasses(classes);
        double mean = 0;
        for (FlowClass c : classes) {
            mean += c.share() * c.cpu().mean();
        }
        return new OfferedLoad(rate(arrivals), mean);
    }

    private static double rate(Arrivals arrivals) {
        if (arrivals instanceof Arrivals.Poisson poisson) {
            return poisson.rate();
        } else if (arrivals instanceof Arrivals.Mmpp mmpp) {
            return mmpp.meanRate();
        }
        return profile((Arrivals.Nhpp) arrivals).meanRate();
    }

    private static OfferedLoad offeredByTrace(Arrivals.Trace trace, List<FlowClass> classes) {
        try (TraceReader reader = TraceSource.open(trace, Streams.of(1))) {
            TraceInfo info = reader.info();
            List<FlowClass> laws = info.sized() ? List.of() : TraceSource.classesFor(info, classes);
            double mixed = 0;
            for (FlowClass c : laws) {
                mixed += c.share() * c.cpu().mean();
            }
            boolean labelled = !info.classNames().isEmpty();
            long count = 0;
            double work = 0;
            while (reader.next()) {
                count++;
                work += info.sized()
                        ? reader.cpuNanos()
                        : labelled ? laws.get(reader.flowClass()).cpu().mean() : mixed;
            }
            if (count < 2 || reader.at() == 0) {
                throw new IllegalArgumentException(trace.file() + " has " + (count == 1 ? "1 flow" : count + " flows")
                        + ", all at one moment; a rate needs at least two moments");
            }
            return new OfferedLoad(count / (reader.at() * 1e-9) * trace.scale(), work / count);
        }
    }

    private static ArrivalProcess process(Arrivals arrivals, Streams streams) {
        if (arrivals instanceof Arrivals.Poisson poisson) {
            return new PoissonProcess(streams.stream("arrivals"), poisson.rate());
        } else if (arrivals instanceof Arrivals.Mmpp mmpp) {
            return new ModulatedPoisson(
                    streams.stream("arrivals"), new ModulatedPoisson.States(streams.stream("arrivals", 1), mmpp));
        }
        RateProfile profile = profile((Arrivals.Nhpp) arrivals);
        return new ModulatedPoisson(
                streams.stream("arrivals"), new ModulatedPoisson.Steps(profile.rates(), profile.stepNanos()));
    }

    private static RateProfile profile(Arrivals.Nhpp nhpp) {
        RateProfile profile = RateProfile.read(nhpp.profile()).scaled(nhpp.rate(), nhpp.stepNanos());
        double flowsPerStep = profile.meanRate() * profile.stepNanos() * 1e-9;
        if (!(flowsPerStep * MAX_STEPS_PER_FLOW >= 1)) {
            throw new IllegalArgumentException("nhpp: " + nhpp.profile() + " has only " + flowsPerStep
                    + " flows in a step on average, at least 1e-6 are needed; raise the rate or the step");
        }
        return profile;
    }

    static void checkClasses(List<FlowClass> classes) {
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
