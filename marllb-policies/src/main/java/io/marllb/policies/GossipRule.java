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
 * <p>The others' counts are as old as their last message. At {@code peers=1} balancers herd to whatever was empty; a part of it corrects the
 * partial view without that.
 */
final class GossipRule extends ArgminRule {

    static final Half<FlowRule> HALF = new Half<>(
            "gossip",
            "argmin (q + peers x others' stale counts + bias) / w^exponent",
            "own; measured in the headroom study (docs/policies.md)",
            GossipRule::new,
            Parameter.number("peers", "0.5/m", 0, 1, "how much the others' counts weigh; 1 herds"),
            SedRule.EXPONENT,
            Parameter.number("bias", "1/m", 0, 1000, "b: added to the count"),
            TIES);

    private final double peers;
    private final Powers powers;
    private final double bias;
    private final int[][] heard; // [m][n], what each balancer last said
    private final long[] others; // [n], their sum

    GossipRule(Arguments arguments, PolicySetup setup) {
        super(arguments.is("ties", "vpp"), setup);
        peers = arguments.number("peers");
        powers = new Powers(arguments.number("exponent"), setup.servers());
        bias = arguments.number("bias");
        heard = new int[setup.balancers()][setup.servers()];
        others = new long[setup.servers()];
    }

    @Override
    void refresh(View view) {
        powers.refresh(view);
    }

    @Override
    double key(int server, int inFlight) {
        return (inFlight + peers * others[server] + bias) / powers.of(server);
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
