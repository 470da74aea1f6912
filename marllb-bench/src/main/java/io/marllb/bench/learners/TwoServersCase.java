package io.marllb.bench.learners;

import io.marllb.agents.problems.TwoServers;
import io.marllb.bench.theory.TwoServerChain;
import io.marllb.env.PerFlowEnv;
import io.marllb.env.scenario.Scenarios;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** {@link TwoServers}: what the learnt rule costs, exactly, against the optimum. */
final class TwoServersCase implements LearnerCase {

    private static final double OVERLOADED = Double.POSITIVE_INFINITY;
    private static final double PERCENT = 100;

    static Stream<LearnerCase> all() {
        return Stream.of(new TwoServersCase());
    }

    @Override
    public String name() {
        return "two-servers";
    }

    @Override
    public String learner() {
        return "iql";
    }

    @Override
    public String budget() {
        return String.format(
                Locale.ROOT, "%,d flows, beside those of starts", (long) TwoServers.EPISODES * TwoServers.HORIZON);
    }

    @Override
    public String bar() {
        return String.format(
                Locale.ROOT,
                "mean of seeds <= optimum +%.0f %%, each %.0f %% better than SED (%+.2f %%)",
                PERCENT * (TwoServers.MEAN_FACTOR - 1),
                PERCENT * (1 - TwoServers.SED_FACTOR),
                aboveOptimum(TwoServers.SED));
    }

    @Override
    public int required() {
        return LearnerSuite.SEEDS;
    }

    @Override
    public Outcome run(long seed) {
        double cost = cost(TwoServers.learn(
                horizon -> new PerFlowEnv(Scenarios.parse(TwoServers.SCENARIO, "two-servers", Path.of(".")), horizon),
                seed));
        String text =
                cost < OVERLOADED ? String.format(Locale.ROOT, "%+.2f %%", aboveOptimum(cost)) : "no equilibrium found";
        return new Outcome(seed, cost, text, Optional.of(cost <= TwoServers.SED_FACTOR * TwoServers.SED));
    }

    @Override
    public boolean together(List<Outcome> outcomes) {
        double sum = 0;
        for (Outcome o : outcomes) {
            sum += o.value();
        }
        return sum / outcomes.size() <= TwoServers.MEAN_FACTOR * TwoServers.OPTIMUM;
    }

    /** Mean time under a rule, from its chain; infinite if no equilibrium is found. */
    static double cost(TwoServers.Rule rule) {
        TwoServerChain chain = TwoServerChain.of(TwoServers.SLOW, TwoServers.FAST, TwoServers.UTILISATION);
        try {
            return chain.solve((slow, fast) -> rule.joinsSlow(slow, fast) ? 1 : 0)
                    .meanResponse();
        } catch (IllegalArgumentException
                | IllegalStateException e) { // a server overloaded, or nearly: that misses every bar
            return OVERLOADED;
        }
    }

    private static double aboveOptimum(double cost) {
        return PERCENT * (cost / TwoServers.OPTIMUM - 1);
    }
}
