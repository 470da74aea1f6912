package io.marllb.bench.report;

import io.marllb.bench.chart.Chart;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ScenarioEvent;
import io.marllb.env.scenario.ServerSpec;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What changed when: the scenario's events, joined where they happen at the same moment, numbered, in words. */
final class ScenarioMoments {

    private static final int MOST_SERVERS_NAMED = 6;
    private static final int MOST_SERVERS_FOLLOWED = 2; // what happens to more shows in the mean of their kind

    /**
     * A moment.
     *
     * @param seconds from the start of the run
     * @param what happened, in words
     */
    record Moment(double seconds, String what) {}

    private final List<Moment> moments = new ArrayList<>();
    private final Set<Integer> servers = new LinkedHashSet<>();

    ScenarioMoments(Scenario scenario) {
        Map<Long, List<String>> byTime = new TreeMap<>();
        int nextServer = scenario.servers().size();
        for (ScenarioEvent event : scenario.events()) {
            List<Integer> affected = affected(event, nextServer);
            if (affected.size() <= MOST_SERVERS_FOLLOWED) {
                servers.addAll(affected);
            }
            String what = event instanceof ScenarioEvent.Add add ? joins(add.server(), nextServer++) : describe(event);
            byTime.computeIfAbsent(event.at(), t -> new ArrayList<>()).add(what);
        }
        byTime.forEach((at, what) -> moments.add(new Moment(at / 1e9, String.join("; ", what))));
    }

    private static List<Integer> affected(ScenarioEvent event, int nextServer) {
        if (event instanceof ScenarioEvent.SetSpeed e) {
            return e.servers();
        } else if (event instanceof ScenarioEvent.SetDown e) {
            return e.servers();
        } else if (event instanceof ScenarioEvent.SetDrain e) {
            return e.servers();
        } else if (event instanceof ScenarioEvent.Remove e) {
            return e.servers();
        }
        return event instanceof ScenarioEvent.Add ? List.of(nextServer) : List.of();
    }

    private static String describe(ScenarioEvent event) {
        if (event instanceof ScenarioEvent.SetSpeed e) {
            return servers(e.servers()) + (e.servers().size() == 1 ? " runs" : " run") + " at speed "
                    + Numbers.plain(e.speed(), 4);
        } else if (event instanceof ScenarioEvent.SetDown e) {
            return servers(e.servers())
                    + (e.down()
                            ? (e.servers().size() == 1 ? " dies" : " die")
                            : (e.servers().size() == 1 ? " comes back" : " come back"));
        } else if (event instanceof ScenarioEvent.SetDrain e) {
            return servers(e.servers())
                    + (e.servers().size() == 1 ? " gets" : " get")
                    + (e.drain() ? " no new flows" : " new flows again");
        } else if (event instanceof ScenarioEvent.Remove e) {
            return servers(e.servers()) + (e.servers().size() == 1 ? " leaves" : " leave");
        } else if (event instanceof ScenarioEvent.SetRate e) {
            return "arrivals at " + Numbers.plain(e.factor(), 4) + " times the base rate";
        }
        throw new IllegalArgumentException("unknown event " + event);
    }

    private static String joins(ServerSpec server, int index) {
        return "server " + index + " joins (" + server.cores() + (server.cores() == 1 ? " core" : " cores") + ", speed "
                + Numbers.plain(server.speed(), 4) + ")";
    }

    private static String servers(List<Integer> indices) {
        if (indices.size() == 1) {
            return "server " + indices.get(0);
        }
        return indices.size() > MOST_SERVERS_NAMED
                ? indices.size() + " servers"
                : "servers "
                        + Verdict.join(indices.stream().map(String::valueOf).toList());
    }

    /** The servers to which something of their own happens, in that order. */
    List<Integer> servers() {
        return List.copyOf(servers);
    }

    List<Moment> moments() {
        return List.copyOf(moments);
    }

    /** Numbered markers on an axis of time in the given unit. */
    List<Chart.Marker> markers(double secondsPerUnit) {
        List<Chart.Marker> markers = new ArrayList<>();
        for (int i = 0; i < moments.size(); i++) {
            markers.add(new Chart.Marker(moments.get(i).seconds / secondsPerUnit, Integer.toString(i + 1)));
        }
        return markers;
    }
}
