package io.marllb.core.check;

import java.util.Arrays;
import java.util.Collection;
import java.util.Optional;

/** Finds the valid name that a misspelt one probably meant. */
public final class Nearest {

    private Nearest() {}

    /**
     * The candidate with the smallest edit distance (insert, delete, replace, swap neighbours), if it is near enough to be meant:
     * at most a third of the longer length, and at least 1 edit is always tolerated. Ties go to the first candidate.
     *
     * @param given what was written
     * @param candidates the valid names
     * @return the nearest, or empty when nothing is near
     */
    public static Optional<String> name(String given, Collection<String> candidates) {
        String best = null;
        int bestDistance = Integer.MAX_VALUE;
        for (String candidate : candidates) {
            int distance = distance(given, candidate);
            int tolerated = Math.max(1, (Math.max(given.length(), candidate.length()) + 2) / 3);
            if (distance <= tolerated && distance < bestDistance) {
                best = candidate;
                bestDistance = distance;
            }
        }
        return Optional.ofNullable(best);
    }

    /**
     * A sentence to append to an error: {@code "; did you mean 'x'?"}, or the list of valid names when nothing is near.
     *
     * @param given what was written
     * @param candidates the valid names
     * @return the sentence, starting with "; "
     */
    public static String hint(String given, Collection<String> candidates) {
        return name(given, candidates)
                .map(n -> "; did you mean '" + n + "'?")
                .orElseGet(() -> "; valid are " + String.join(", ", candidates));
    }

    /** Optimal string alignment distance, case-insensitive. */
    private static int distance(String from, String to) {
        String a = from.toLowerCase(java.util.Locale.ROOT);
        String b = to.toLowerCase(java.util.Locale.ROOT);
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            Arrays.fill(d[i], 0);
            d[i][0] = i;
        }
        for (int j = 0; j <= b.length(); j++) {
            d[0][j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            for (int j = 1; j <= b.length(); j++) {
                int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(Math.min(d[i - 1][j] + 1, d[i][j - 1] + 1), d[i - 1][j - 1] + cost);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
