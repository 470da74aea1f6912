package io.marllb.core.rl;

import java.util.List;

/**
 * What {@link EnvChecker} found.
 *
 * @param env name of the environment
 * @param violations every broken rule, one entry per rule and kind
 * @param notExamined what the run could not show, such as the end of an episode that never came
 */
public record EnvReport(String env, List<Violation> violations, List<String> notExamined) {

    /** The rules of {@link ParallelEnv}. */
    public enum Rule {
        /** {@code possibleAgents} is not empty, in order of index, with unique names, and constant; {@code agents} is right at all times. */
        AGENTS,
        /** Spaces are the same at every call and in every instance. */
        SPACES_CONSTANT,
        /** {@code step}, {@code state} and a {@code reset} without seed are refused before the first seeded reset. */
        ORDER_BEFORE_RESET,
        /** Every observation is in its space. */
        OBSERVATION_IN_SPACE,
        /** Every state is in the state space. */
        STATE_IN_SPACE,
        /** Rewards are finite. */
        REWARD_FINITE,
        /** After a reset rewards are 0 and no flag is set; nothing stale is left in the result. */
        RESULT_OVERWRITTEN,
        /** No reference to a result or to actions is kept, and actions are not written. */
        NO_ALIASES,
        /** The same seed and actions give the same bits, in another instance and again in the same one. */
        SAME_SEED_SAME_TRAJECTORY,
        /** A reset without seed continues the stream: it gives another episode, the same in another instance. */
        RESET_CONTINUES_STREAM,
        /** Different seeds give different episodes, unless the environment says that it is deterministic. */
        SEEDS_DIFFER,
        /** {@code state} and {@code render} change nothing. */
        READING_CHANGES_NOTHING,
        /** Actions drawn from the space, and its corners, are accepted. */
        ACTIONS_ACCEPTED,
        /** Any other action is refused by an IllegalArgumentException whose message names the agent, the rule and the value. */
        BAD_ACTION_REFUSED,
        /** A refused action leaves the environment as it was. */
        REFUSAL_CHANGES_NOTHING,
        /** A step after the end is refused by an IllegalStateException. */
        STEP_AFTER_END_REFUSED,
        /** A reset after the end works. */
        RESET_AFTER_END,
        /** Closing twice is allowed, anything else after closing refused. */
        CLOSE,
        /** Nothing else is thrown. */
        NO_OTHER_EXCEPTION
    }

    /**
     * A broken rule.
     *
     * @param rule which
     * @param what when and how, with the values
     */
    public record Violation(Rule rule, String what) {}

    /** Copies the lists. */
    public EnvReport {
        violations = List.copyOf(violations);
        notExamined = List.copyOf(notExamined);
    }

    /**
     * Whether no rule is broken.
     *
     * @return true if there is no violation
     */
    public boolean ok() {
        return violations.isEmpty();
    }

    /**
     * Ends the check.
     *
     * @throws IllegalStateException with every violation, if there is any
     */
    public void throwIfAny() {
        if (!ok()) {
            throw new IllegalStateException(toString());
        }
    }

    @Override
    public String toString() {
        StringBuilder s = new StringBuilder(env)
                .append(ok() ? " keeps the contract" : " breaks the contract " + violations.size() + " times");
        for (Violation v : violations) {
            s.append("\n  ").append(v.rule()).append(": ").append(v.what());
        }
        for (String n : notExamined) {
            s.append("\n  not examined: ").append(n);
        }
        return s.toString();
    }
}
