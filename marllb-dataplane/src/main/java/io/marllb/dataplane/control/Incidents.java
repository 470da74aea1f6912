package io.marllb.dataplane.control;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What goes wrong, by cause: counted each time, said once until it is over. Causes are names of this program's own, never texts from outside, so
 * there are few. Used by the controller's thread only.
 */
final class Incidents {

    private static final Logger LOG = System.getLogger("io.marllb.controller");

    private final Map<String, Long> counts = new TreeMap<>();
    private final Set<String> going = new TreeSet<>();

    /** Counts, and says it unless it was said and is not over. */
    void note(String cause, String detail) {
        counts.merge(cause, 1L, Long::sum);
        if (going.add(cause)) {
            say(Level.WARNING, cause, detail);
        }
    }

    /** The same of what a program error caused: with its trace. */
    void note(String cause, Throwable error) {
        counts.merge(cause, 1L, Long::sum);
        if (going.add(cause)) {
            LOG.log(Level.ERROR, "event=" + cause + " detail=" + quoted(String.valueOf(error)), error);
        }
    }

    /** The cause is gone; said if it was noted before. */
    void over(String cause) {
        if (going.remove(cause)) {
            say(Level.INFO, cause + "-over", "seen " + counts.get(cause) + " times so far");
        }
    }

    /** Something that is no trouble. */
    static void info(String event, String detail) {
        say(Level.INFO, event, detail);
    }

    private static void say(Level level, String event, String detail) {
        LOG.log(level, "event=" + event + " detail=" + quoted(detail));
    }

    private static String quoted(String text) {
        return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", " ") + '"';
    }

    /** Whether it was noted and is not over. */
    boolean going(String cause) {
        return going.contains(cause);
    }

    Map<String, Long> counts() {
        return Map.copyOf(counts);
    }

    long count(String cause) {
        return counts.getOrDefault(cause, 0L);
    }
}
