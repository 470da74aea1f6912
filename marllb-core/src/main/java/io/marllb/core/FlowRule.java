package io.marllb.core;

import java.util.EnumSet;

/**
 * The fast path: picks one server for each new flow.
 *
 * <p>Called once per new flow; budget 100 ns, no allocation, O(1) or O(log n) (rules that need {@link Need#GLOBAL} or {@link Need#PROBE} are
 * exempt). State belongs to the rule and is advanced only by these calls, in one thread per balancer. Order of calls:
 * {@link #poolChanged} once before anything else, then per flow {@link #choose}, and, once the host's counters include the flow,
 * {@link #started}; any number of {@link #sampled}; {@link #ended} once the host's counters no longer include it. A choice that is not
 * followed by {@code started} did not happen. All times are nanoseconds on the host's clock.
 */
public interface FlowRule {

    /**
     * Picks a server for a new flow. Changes no state that later choices depend on, except through the words it draws and a turn counter.
     *
     * @param flow the new flow, borrowed
     * @param view the balancer's view, always the same object
     * @param words the rule's own random words
     * @return an eligible server in {@code [0, n)}, or -1 when none is eligible
     */
    int choose(Flow flow, View view, Words words);

    /**
     * What the rule must be given; constant.
     *
     * @return a new set
     */
    default EnumSet<Need> needs() {
        return EnumSet.noneOf(Need.class);
    }

    /**
     * A flow was opened at a server: {@code view.inFlight(server)} already counts it.
     *
     * @param server index in {@code [0, n)}
     * @param now time of the flow's first packet
     */
    default void started(int server, long now) {}

    /**
     * A packet of an established flow showed its age ({@link Need#FLOW_AGE}).
     *
     * @param server index in {@code [0, n)}
     * @param age nanoseconds since the flow's first packet
     * @param now current time
     */
    default void sampled(int server, long age, long now) {}

    /**
     * A flow ended ({@link Need#FLOW_END}): {@code view.inFlight(server)} no longer counts it.
     *
     * @param server index in {@code [0, n)}
     * @param fct flow completion time in nanoseconds, as this balancer measured it
     * @param outcome how it ended
     * @param now current time
     */
    default void ended(int server, long fct, Outcome outcome, long now) {}

    /**
     * Eligibility, weights or the pool changed; rules with tables rebuild here. Also called once before the first flow. O(n) is fine.
     *
     * @param view the balancer's view, always the same object
     */
    default void poolChanged(View view) {}

    /**
     * A message arrived ({@link Need#IDLE}, {@link Need#PROBE}, {@link Need#REPORT}, {@link Need#PEERS}).
     *
     * @param signal the message, borrowed
     * @param now current time
     */
    default void signal(Signal signal, long now) {}
}
