package io.marllb.bench.learners;

import io.marllb.agents.problems.SacProblem;
import io.marllb.agents.problems.SacProblems;
import io.marllb.env.Environments;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** A control task with soft actor-critic: solved, or where memory is needed and there is none, demonstrably not. */
record ControlCase(SacProblem problem) implements LearnerCase {

    static Stream<LearnerCase> all() {
        return SacProblems.ALL.stream().map(ControlCase::new);
    }

    @Override
    public String name() {
        return problem.name();
    }

    @Override
    public String learner() {
        return problem.config().gru() > 0 ? "sac-gru" : "sac";
    }

    @Override
    public String budget() {
        return String.format(Locale.ROOT, "%,d steps", problem.budget());
    }

    @Override
    public String bar() {
        return String.format(
                Locale.ROOT, problem.solvable() ? "mean of 100 >= %.0f" : "stays below %.0f", problem.bar());
    }

    @Override
    public int required() {
        return problem.solvable() ? SacProblem.REQUIRED : LearnerSuite.SEEDS;
    }

    @Override
    public Outcome run(long seed) {
        SacProblem.Outcome o = problem.run(
                () -> Environments.make(problem.environment(), "horizon", Integer.toString(problem.horizon())), seed);
        String at = o.solved() ? String.format(Locale.ROOT, " at %,d", o.solvedAt()) : "";
        return new Outcome(
                seed,
                o.meanReturn(),
                String.format(Locale.ROOT, "%.0f%s", o.meanReturn(), at),
                Optional.of(o.solved() == problem.solvable()));
    }
}
