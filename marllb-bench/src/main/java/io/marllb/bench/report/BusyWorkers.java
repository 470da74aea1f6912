package io.marllb.bench.report;

import io.marllb.bench.chart.Chart;
import io.marllb.bench.replay.Trajectory;
import java.util.ArrayList;
import java.util.List;
import tech.tablesaw.aggregate.AggregateFunctions;
import tech.tablesaw.aggregate.NumericAggregateFunction;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.NumericColumn;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** How many workers are busy on servers of each strength under each policy: a table of samples, sliced by policy and strength. */
final class BusyWorkers {

    private static final int MOST_ROWS = 400_000;

    private static final NumericAggregateFunction PERCENTILE_5 = new NumericAggregateFunction("5th Percentile") {
        @Override
        public Double summarize(NumericColumn<?> column) {
            return AggregateFunctions.percentile(column, 5.0);
        }
    };

    private final ServerStrengths strengths;
    private final StringColumn policy = StringColumn.create("policy");
    private final StringColumn strength = StringColumn.create("strength");
    private final DoubleColumn busy = DoubleColumn.create("busy");
    private final List<String> policies = new ArrayList<>();

    BusyWorkers(Ranking ranking, ServerStrengths strengths) {
        this.strengths = strengths;
        int rowsPerPolicy = MOST_ROWS / Math.max(1, ranking.rows().size());
        for (RankedPolicy row : ranking.rows()) {
            row.result().trajectory().ifPresent(t -> add(row.name(), t, rowsPerPolicy));
        }
    }

    private void add(String name, Trajectory trajectory, int mostRows) {
        policies.add(name);
        int servers = strengths.servers();
        int instants = Math.min(trajectory.instants(), Math.max(1, mostRows / servers));
        for (int k = 0; k < instants; k++) {
            int instant = (int) ((long) k * trajectory.instants() / instants);
            for (int j = 0; j < servers; j++) {
                if (trajectory.busyAt(instant, j) != Trajectory.ABSENT) {
                    policy.append(name);
                    strength.append(strengths.name(strengths.group(j)));
                    busy.append(trajectory.busyAt(instant, j));
                }
            }
        }
    }

    boolean isEmpty() {
        return busy.isEmpty();
    }

    /** One group per policy in the ranking's order, one box per strength, the strongest first. */
    List<Chart.BoxGroup> boxes() {
        Table summary = Table.create("busy workers", policy, strength, busy)
                .summarize(
                        "busy",
                        PERCENTILE_5,
                        AggregateFunctions.quartile1,
                        AggregateFunctions.median,
                        AggregateFunctions.quartile3,
                        AggregateFunctions.percentile95,
                        AggregateFunctions.mean)
                .by("policy", "strength");
        List<Chart.BoxGroup> groups = new ArrayList<>();
        for (String name : policies) {
            Table ofPolicy = summary.where(summary.stringColumn("policy").isEqualTo(name));
            List<Chart.Box> boxes = new ArrayList<>();
            for (int g = strengths.groups() - 1; g >= 0; g--) {
                String group = strengths.name(g);
                for (Row row : ofPolicy) {
                    if (row.getString("strength").equals(group)) {
                        boxes.add(box(group, g, row));
                    }
                }
            }
            groups.add(new Chart.BoxGroup(name, boxes));
        }
        return groups;
    }

    private Chart.Box box(String name, int group, Row row) {
        return new Chart.Box(
                name,
                strengths.style(group),
                value(row, PERCENTILE_5),
                value(row, AggregateFunctions.quartile1),
                value(row, AggregateFunctions.median),
                value(row, AggregateFunctions.quartile3),
                value(row, AggregateFunctions.percentile95),
                value(row, AggregateFunctions.mean));
    }

    private static double value(Row row, tech.tablesaw.aggregate.AggregateFunction<?, ?> function) {
        return row.getNumber(function.functionName() + " [busy]");
    }

    /** Ratio of the means on the strongest and the weakest servers, by policy in the ranking's order. */
    static double strongToWeak(Chart.BoxGroup group) {
        return group.boxes().get(0).mean()
                / group.boxes().get(group.boxes().size() - 1).mean();
    }
}
