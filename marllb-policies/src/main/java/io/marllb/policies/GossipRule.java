package io.marllb.policies;

import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.PolicySetup;
import io.marllb.core.Signal;
import io.marllb.core.View;
import java.util.EnumSet;

/**
 * Shortest expected delay that also counts what the other balancers said they have in flight: argmin
 * {@code (q + peers x others + b) / w^e}.
 *
 * <p>The others' counts are as old as their last message, and every balancer reacts to the same ones. At {@code peers=1} all herd to
 * whatever was empty; about {@code 1/m} of it corrects the partial view without that, less where flows are shorter than the interval.
 */
final class GossipRule extends ArgminRule {

    static final Half<FlowRule> HALF = new Half<>(
            "gossip",
            "argmin (q + peers x others' stale counts + bias) / w^exponent",
            "own; measured in docs/policies.md",
            GossipRule::new,
            Parameter.number("peers", "0.5/m", 0, 1, "how much the others' counts weigh; 1 herds"),
            Delay.EXPONENT,
            Delay.bias("1/m"),
            TIES);

    private final double peers;
    private final Delay delay;
    private final int[][] heard; // [m][n], what each balancer last said
    private final long[] others; // [n], their sum

    GossipRule(Arguments arguments, PolicySetup setup) {
        super(arguments.is("ties", "vpp"), setup);
        peers = arguments.number("peers");
        delay = new Delay(arguments, setup);
        heard = new int[setup.balancers()][setup.servers()];
        others = new long[setup.servers()];
    }

    @Override
    void refresh(View view) {
        delay.refresh(view);
    }

    @Override
    double key(int server, int inFlight) {
        return delay.of(server, inFlight + peers * others[server]);
    }

    @Override
    public void signal(Signal signal, long now) {
        if (signal.kind == Signal.Kind.PEERS) {
            int[] of = heard[signal.balancer];
            others[signal.server] += signal.inFlight - of[signal.server];
            of[signal.server] = signal.inFlight;
            update(signal.server);
        }
    }

    @Override
    public EnumSet<Need> needs() {
        EnumSet<Need> needs = super.needs();
        needs.add(Need.PEERS);
        return needs;
    }
}
