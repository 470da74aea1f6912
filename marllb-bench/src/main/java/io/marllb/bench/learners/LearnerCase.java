package io.marllb.bench.learners;

import java.util.List;
import java.util.Optional;

/** A learner on a problem whose answer is known. Runs of different seeds are independent and may overlap in threads. */
interface LearnerCase {

    /** What one seed came to. {@code holds} is empty where theory promises nothing, and the number is only reported. */
    record Outcome(long seed, double value, String text, Optional<Boolean> holds) {}

    /** Unique. */
    String name();

    /** Which learner. */
    String learner();

    /** How much it may play. */
    String budget();

    /** What it must reach, and where that comes from. */
    String bar();

    /** Of {@link LearnerSuite#SEEDS} seeds, how many must; 0 where nothing is promised. */
    int required();

    /** Whether what all seeds came to together is good enough, beside what each must reach. */
    default boolean together(List<Outcome> outcomes) {
        return true;
    }

    /** Learns. */
    Outcome run(long seed);
}
