package io.marllb.env.scenario;

import io.marllb.core.config.Quantity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Follows events through time and says which of them cannot happen: they name servers that are not there, or take away the last one. */
final class EventTimeline {

    /** What is wrong with the event of an index among the sorted ones. */
    record Violation(int index, String text) {}

    private EventTimeline() {}

    /** All violations, for a number of servers at the start and events sorted by time. */
    static List<Violation> violations(int servers, List<ScenarioEvent> events) {
        List<Violation> found = new ArrayList<>();
        Map<Integer, Long> removed = new HashMap<>();
        int slots = servers;
        for (int i = 0; i < events.size(); i++) {
            ScenarioEvent event = events.get(i);
            if (event.at() < 0) {
                found.add(new Violation(i, "at must be >= 0, but was " + event.at() + " ns"));
            }
            if (event instanceof ScenarioEvent.Add) {
                slots++;
                continue;
            }
            for (String text : wrongServers(event, slots, removed)) {
                found.add(new Violation(i, text));
            }
            if (event instanceof ScenarioEvent.Remove remove) {
                for (int j : remove.servers()) {
                    if (j >= 0 && j < slots) {
                        removed.putIfAbsent(j, event.at());
                    }
                }
                if (removed.size() == slots) {
                    found.add(new Violation(i, "removes the last server; one must stay"));
                    return found;
                }
            }
        }
        return found;
    }

    private static List<String> wrongServers(ScenarioEvent event, int slots, Map<Integer, Long> removed) {
        List<String> found = new ArrayList<>();
        TreeSet<Integer> seen = new TreeSet<>();
        List<Integer> named = serversOf(event);
        if (named.isEmpty() && !(event instanceof ScenarioEvent.SetRate)) {
            found.add("names no server");
        }
        for (int j : named) {
            String when = Quantity.printDuration(event.at());
            if (j < 0 || j >= slots) {
                found.add("names server " + j + ", but at " + when + " there "
                        + (slots == 1 ? "is only server 0" : "are servers 0 to " + (slots - 1)));
            } else if (removed.containsKey(j)) {
                found.add("names server " + j + ", which was removed at " + Quantity.printDuration(removed.get(j)));
            } else if (!seen.add(j)) {
                found.add("names server " + j + " twice");
            }
        }
        return found;
    }

    /** The servers that an existing-server event is about; empty for the others. */
    static List<Integer> serversOf(ScenarioEvent event) {
        if (event instanceof ScenarioEvent.SetSpeed e) {
            return e.servers();
        } else if (event instanceof ScenarioEvent.SetDown e) {
            return e.servers();
        } else if (event instanceof ScenarioEvent.SetDrain e) {
            return e.servers();
        } else if (event instanceof ScenarioEvent.Remove e) {
            return e.servers();
        }
        return List.of();
    }
}
