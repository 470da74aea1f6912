package io.marllb.bench.learners;

import io.marllb.agents.problems.GameProblem;
import io.marllb.agents.train.Algorithm;
import io.marllb.env.Environments;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A small game, explored uniformly. Every seed must meet a bar, where there is one. */
record GameCase(GameProblem problem) implements LearnerCase {

    static Stream<LearnerCase> all() {
        return GameProblem.ALL.stream().map(GameCase::new);
    }

    @Override
    public String name() {
        return problem.game();
    }

    @Override
    public String learner() {
        return Arrays.stream(Algorithm.values())
                .filter(a -> a.valueBased() && a.mixer() == problem.mixer())
                .findFirst()
                .orElseThrow()
                .id();
    }

    @Override
    public String budget() {
        return String.format(Locale.ROOT, "%,d episodes", problem.episodes());
    }

    @Override
    public String bar() {
        if (problem.returns().isEmpty()) {
            return "reported";
        }
        String returns = problem.returns().stream()
                .map(r -> String.format(Locale.ROOT, "%.0f", r))
                .collect(Collectors.joining(" or "));
        String tables = problem.tables().stream()
                .map(t -> String.format(Locale.ROOT, "%.2g", t.tolerance()))
                .distinct()
                .collect(Collectors.joining(" or "));
        return "return " + returns + (tables.isEmpty() ? "" : ", joint values within " + tables + " of theory");
    }

    @Override
    public int required() {
        return problem.returns().isEmpty() ? 0 : LearnerSuite.SEEDS;
    }

    @Override
    public Outcome run(long seed) {
        GameProblem.Outcome o = problem.run(() -> Environments.make(problem.game()), seed);
        String text = String.format(Locale.ROOT, "%.4g", o.greedyReturn());
        if (!problem.tables().isEmpty()) {
            text += String.format(Locale.ROOT, " (values off by %.2g)", o.tableError());
        }
        return new Outcome(
                seed, o.greedyReturn(), text, problem.returns().isEmpty() ? Optional.empty() : Optional.of(o.holds()));
    }
}
