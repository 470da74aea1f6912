package io.marllb.bench.report;

import io.marllb.bench.chart.Figure;
import io.marllb.bench.chart.Style;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ScenarioEvent;
import io.marllb.env.scenario.ServerSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Servers by strength, as the published figures show them: one group per configured capacity, or thirds if there are more than four capacities.
 * Servers that join during a run count as configured.
 */
final class ServerStrengths {

    private static final int MOST_GROUPS = 4;

    private final int[] groupOf; // [servers]
    private final List<String> names; // [groups], weakest first
    private final int[] sizes; // [groups]

    private ServerStrengths(int[] groupOf, List<String> names) {
        this.groupOf = groupOf;
        this.names = names;
        sizes = new int[names.size()];
        for (int g : groupOf) {
            sizes[g]++;
        }
    }

    static ServerStrengths of(Scenario scenario) {
        List<ServerSpec> servers = new ArrayList<>(scenario.servers());
        for (ScenarioEvent event : scenario.events()) {
            if (event instanceof ScenarioEvent.Add add) {
                servers.add(add.server());
            }
        }
        double[] capacities = servers.stream().mapToDouble(ServerSpec::capacity).toArray();
        double[] distinct = Arrays.stream(capacities).distinct().sorted().toArray();
        int[] group = new int[capacities.length];
        if (distinct.length <= MOST_GROUPS) {
            for (int j = 0; j < group.length; j++) {
                group[j] = Arrays.binarySearch(distinct, capacities[j]);
            }
            List<String> names = new ArrayList<>();
            for (int g = 0; g < distinct.length; g++) {
                names.add(named(distinct, g, servers));
            }
            return new ServerStrengths(group, names);
        }
        double[] sorted = capacities.clone();
        Arrays.sort(sorted);
        double low = sorted[(sorted.length - 1) / 3];
        double high = sorted[(sorted.length - 1) * 2 / 3];
        for (int j = 0; j < group.length; j++) {
            group[j] = capacities[j] <= low ? 0 : capacities[j] <= high ? 1 : 2;
        }
        if (low == high) {
            return new ServerStrengths(
                    Arrays.stream(group).map(g -> g == 0 ? 0 : 1).toArray(),
                    List.of("up to " + Numbers.plain(low, 4), "above"));
        }
        return new ServerStrengths(
                group,
                List.of(
                        "weak (capacity up to " + Numbers.plain(low, 4) + ")",
                        "middle (up to " + Numbers.plain(high, 4) + ")",
                        "strong (above)"));
    }

    private static String named(double[] distinct, int g, List<ServerSpec> servers) {
        String role = distinct.length != 2 ? "" : g == 0 ? "weak: " : "strong: ";
        ServerSpec first = servers.stream()
                .filter(s -> s.capacity() == distinct[g])
                .findFirst()
                .orElseThrow();
        boolean alike = servers.stream()
                .filter(s -> s.capacity() == distinct[g])
                .allMatch(s -> s.cores() == first.cores() && s.speed() == first.speed());
        long count = servers.stream().filter(s -> s.capacity() == distinct[g]).count();
        String cores = first.cores() + (first.cores() == 1 ? " core" : " cores");
        if (!alike) {
            return role + count + " × capacity " + Numbers.plain(distinct[g], 4);
        }
        return role + count + " × " + cores
                + (first.speed() == 1 ? "" : " of speed " + Numbers.plain(first.speed(), 4));
    }

    int servers() {
        return groupOf.length;
    }

    int groups() {
        return names.size();
    }

    int group(int server) {
        return groupOf[server];
    }

    String name(int group) {
        return names.get(group);
    }

    int size(int group) {
        return sizes[group];
    }

    Style style(int group) {
        return Style.step(group, names.size());
    }

    List<Figure.LegendEntry> legend() {
        List<Figure.LegendEntry> legend = new ArrayList<>();
        for (int g = 0; g < groups(); g++) {
            legend.add(new Figure.LegendEntry(name(g), style(g)));
        }
        return legend;
    }
}
