package io.marllb.env.scenario;

import java.util.List;

/** Something that goes wrong or changes at a moment of a run. Times are nanoseconds from the start; servers are indices. */
public sealed interface ScenarioEvent {

    /**
     * When it happens.
     *
     * @return nanoseconds from the start of the run, {@code >= 0}
     */
    long at();

    /** Servers run at another speed from now on. @param at when @param servers which @param speed the new speed, {@code > 0}, absolute */
    record SetSpeed(long at, List<Integer> servers, double speed) implements ScenarioEvent {}

    /** Servers die (their flows are aborted) or come back. @param at when @param servers which @param down true to die */
    record SetDown(long at, List<Integer> servers, boolean down) implements ScenarioEvent {}

    /** Servers get no new flows, or get them again. @param at when @param servers which @param drain true to drain */
    record SetDrain(long at, List<Integer> servers, boolean drain) implements ScenarioEvent {}

    /** Servers leave for good; flows that they have are finished. @param at when @param servers which */
    record Remove(long at, List<Integer> servers) implements ScenarioEvent {}

    /** A server joins; it takes the next free index. @param at when @param server its description */
    record Add(long at, ServerSpec server) implements ScenarioEvent {}

    /** The arrival rate becomes this many times the base rate. @param at when @param factor {@code > 0} */
    record SetRate(long at, double factor) implements ScenarioEvent {}
}
