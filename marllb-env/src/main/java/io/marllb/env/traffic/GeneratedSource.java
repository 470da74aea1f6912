package io.marllb.env.traffic;

import java.util.List;

/** Generated traffic: an arrival process, warped by the rate changes, and a mix of classes. */
final class GeneratedSource implements FlowSource {

    private final ArrivalProcess arrivals;
    private final TimeWarp warp;
    private final ClassMix mix;
    private long at;
    private int flowClass;

    GeneratedSource(ArrivalProcess arrivals, RateChanges changes, ClassMix mix) {
        this.arrivals = arrivals;
        this.warp = new TimeWarp(changes);
        this.mix = mix;
    }

    @Override
    public boolean advance() {
        if (at == Long.MAX_VALUE) {
            return false;
        }
        at = warp.toRun(arrivals.next());
        if (at == Long.MAX_VALUE) {
            return false;
        }
        flowClass = mix.drawClass();
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
