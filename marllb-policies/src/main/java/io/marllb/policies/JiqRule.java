package io.marllb.policies;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.PolicySetup;
import io.marllb.core.Signal;
import io.marllb.core.View;
import io.marllb.core.Words;
import java.util.Arrays;
import java.util.EnumSet;

/**
 * Join idle queue: the server that has waited longest on this balancer's idle list, else a random one in proportion to the weights.
 *
 * <p>A server joins the list when it tells this balancer that it went idle, and leaves it with the next flow of this balancer. It may have
 * got flows of other balancers meanwhile, as in the paper. The list starts empty: a server is known only once it has reported.
 */
final class JiqRule implements FlowRule {

    static final Half<FlowRule> HALF = new Half<>(
            "jiq",
            "a server that said it is idle, else a random one in proportion to weights",
            "Lu et al., Join-Idle-Queue, Performance Evaluation 68(11), 2011",
            JiqRule::new);

    private static final int NOT_LISTED = -1;

    private final WeightedDraw draw;
    private final boolean[] idle; // [n], said so and got no flow of ours since
    private final int[] next; // [n + 1], the list as a ring through the sentinel n; NOT_LISTED if not in it
    private final int[] previous; // [n + 1]
    private final int end; // the sentinel
    private View view;

    JiqRule(Arguments arguments, PolicySetup setup) {
        end = setup.servers();
        draw = new WeightedDraw(end);
        idle = new boolean[end];
        next = new int[end + 1];
        previous = new int[end + 1];
        clear();
    }

    private void clear() {
        Arrays.fill(next, NOT_LISTED);
        next[end] = end;
        previous[end] = end;
    }

    @Override
    public int choose(Flow flow, View view, Words words) {
        return next[end] != end ? next[end] : draw.draw(words);
    }

    @Override
    public void started(int server, long now) {
        idle[server] = false;
        if (next[server] != NOT_LISTED) {
            next[previous[server]] = next[server];
            previous[next[server]] = previous[server];
            next[server] = NOT_LISTED;
        }
    }

    @Override
    public void signal(Signal signal, long now) {
        if (signal.kind == Signal.Kind.IDLE) {
            idle[signal.server] = true;
            if (view.eligible(signal.server)) {
                append(signal.server);
            }
        }
    }

    private void append(int server) {
        if (next[server] == NOT_LISTED) {
            previous[server] = previous[end];
            next[server] = end;
            next[previous[end]] = server;
            previous[end] = server;
        }
    }

    /** Takes the ineligible off the list; the newly eligible that had said they are idle come last. */
    @Override
    public void poolChanged(View view) {
        this.view = view;
        draw.rebuild(view);
        for (int j = next[end]; j != end; ) {
            int after = next[j];
            if (!view.eligible(j)) {
                started(j, 0);
                idle[j] = true; // remembered, in case it returns
            }
            j = after;
        }
        for (int j = 0; j < end; j++) {
            if (idle[j] && view.eligible(j)) {
                append(j);
            }
        }
    }

    @Override
    public EnumSet<Need> needs() {
        return EnumSet.of(Need.IDLE);
    }
}
