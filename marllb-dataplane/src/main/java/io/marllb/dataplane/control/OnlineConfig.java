package io.marllb.dataplane.control;

import io.marllb.core.check.Checks;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/**
 * Learning from live traffic: where experience goes and candidates come from, and what a candidate must show before it serves.
 *
 * @param folder holds {@code experience/}, {@code candidates/}, {@code served.marllb} and {@code verdicts.csv}
 * @param shadow how long a candidate decides beside the served agent first, without any effect
 * @param maxDivergence mean factor between its shares and the served agent's, in the shadow, {@code > 1}
 * @param pairs how many pairs of blocks then compare both in service, in [5, 20]
 * @param block length of a block
 * @param settle what is left out at the start of each block
 * @param leastCompletions a block with fewer completed flows is repeated
 * @param significance largest one-sided p-value of the paired differences that counts as better, in (0, 0.5]
 * @param abortFactor a candidate's block with a mean flow time so many times the served agent's ends its trial, {@code > 1}
 */
public record OnlineConfig(
        Path folder,
        Duration shadow,
        double maxDivergence,
        int pairs,
        Duration block,
        Duration settle,
        long leastCompletions,
        double significance,
        double abortFactor) {

    private static final int LEAST_PAIRS = 5; // fewer cannot reach 5 %: 2^-5 = 3 %
    private static final int MOST_PAIRS = 20; // all 2^20 sign patterns are looked at

    /** Checks every component. */
    public OnlineConfig {
        Objects.requireNonNull(folder, "folder");
        new Checks("online training")
                .positive("shadow", shadow)
                .that(maxDivergence > 1, "maxDivergence must be > 1, but was " + maxDivergence)
                .inRange("pairs", pairs, LEAST_PAIRS, MOST_PAIRS)
                .positive("block", block)
                .that(
                        !settle.isNegative() && settle.compareTo(block) < 0,
                        "settle must be >= 0 and shorter than a block, but was " + settle)
                .atLeast("leastCompletions", leastCompletions, 1)
                .inRange("significance", significance, Math.pow(2, -MOST_PAIRS), 0.5)
                .that(abortFactor > 1, "abortFactor must be > 1, but was " + abortFactor)
                .throwIfAny();
    }

    /**
     * Where the agent lies that won last, to be served after a restart.
     *
     * @return the file; need not be there
     */
    public Path served() {
        return folder.resolve("served.marllb");
    }

    /**
     * A minute in the shadow, then 12 pairs of blocks of 10 s, of which the first 2 s are left out: five minutes for each candidate, at 5 %.
     *
     * @param folder where experience goes and candidates come from
     * @return the configuration
     */
    public static OnlineConfig in(Path folder) {
        return new OnlineConfig(
                folder, Duration.ofSeconds(60), 4, 12, Duration.ofSeconds(10), Duration.ofSeconds(2), 50, 0.05, 1.5);
    }
}
