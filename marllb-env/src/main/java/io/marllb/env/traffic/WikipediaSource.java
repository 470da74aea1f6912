package io.marllb.env.traffic;

import io.marllb.core.Words;
import io.marllb.core.rng.Streams;
import java.util.List;
import java.util.random.RandomGenerator;

/** Wikipedia-like traffic: a rate and a page share for each hour. Class 0 is the page, class 1 the static file. */
final class WikipediaSource implements FlowSource {

    private final WikipediaDay day;
    private final ArrivalProcess arrivals;
    private final RandomGenerator classRandom;
    private final double[] pageShares; // [hours]
    private final ClassMix mix;
    private long at;
    private int flowClass;

    WikipediaSource(WikipediaDay day, List<FlowClass> classes, Streams streams) {
        this.day = day;
        double[] rates = new double[day.hours()];
        pageShares = new double[day.hours()];
        for (int i = 0; i < rates.length; i++) {
            rates[i] = WikipediaDay.rate(day.hour(i)) * day.rateFactor();
            pageShares[i] = WikipediaDay.pageShare(day.hour(i));
        }
        arrivals =
                new ModulatedPoisson(streams.stream("arrivals"), new ModulatedPoisson.Steps(rates, day.nanosPerHour()));
        classRandom = streams.stream("class");
        mix = new ClassMix(classes, streams);
    }

    @Override
    public boolean advance() {
        double next = arrivals.next();
        int hour = (int) Math.min(next / day.nanosPerHour(), pageShares.length);
        if (hour == pageShares.length) {
            return false;
        }
        at = (long) next;
        flowClass = Words.unit(classRandom.nextLong()) < pageShares[hour] ? 0 : 1;
        mix.drawWork(flowClass);
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
        return mix.cpuNanos();
    }

    @Override
    public long ioNanos() {
        return mix.ioNanos();
    }

    @Override
    public List<String> classNames() {
        return mix.names();
    }
}
