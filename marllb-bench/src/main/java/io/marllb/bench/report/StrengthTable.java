package io.marllb.bench.report;

import io.marllb.bench.chart.Chart;
import java.util.ArrayList;
import java.util.List;
import tech.tablesaw.aggregate.AggregateFunction;
import tech.tablesaw.aggregate.AggregateFunctions;
import tech.tablesaw.aggregate.NumericAggregateFunction;
import tech.tablesaw.api.DoubleColumn;
import tech.tablesaw.api.NumericColumn;
import tech.tablesaw.api.Row;
import tech.tablesaw.api.StringColumn;
import tech.tablesaw.api.Table;

/** Numbers of servers, sliced by policy and by the servers' strength. */
final class StrengthTable {

    private static final String VALUE = "value";

    private static final NumericAggregateFunction PERCENTILE_5 = new NumericAggregateFunction("5th Percentile") {
        @Override
        public Double summarize(NumericColumn<?> column) {
            return AggregateFunctions.percentile(column, 5.0);
        }
    };

    private final ServerStrengths strengths;
    private final StringColumn policy = StringColumn.create("policy");
    private final StringColumn strength = StringColumn.create("strength");
    private final DoubleColumn value = DoubleColumn.create(VALUE);
    private final List<String> policies = new ArrayList<>();

    StrengthTable(ServerStrengths strengths) {
        this.strengths = strengths;
    }

    void add(String policyName, int server, double number) {
        if (policies.isEmpty() || !policies.get(policies.size() - 1).equals(policyName)) {
            policies.add(policyName);
        }
        policy.append(policyName);
        strength.append(strengths.name(strengths.group(server)));
        value.append(number);
    }

    boolean isEmpty() {
        return value.isEmpty();
    }

    /** One group per policy in the order in which they were added, one box per strength, the strongest first. */
    List<Chart.BoxGroup> boxes() {
        Table summary = Table.create("by strength", policy, strength, value)
                .summarize(
                        VALUE,
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
                number(row, PERCENTILE_5),
                number(row, AggregateFunctions.quartile1),
                number(row, AggregateFunctions.median),
                number(row, AggregateFunctions.quartile3),
                number(row, AggregateFunctions.percentile95),
                number(row, AggregateFunctions.mean));
    }

    private static double number(Row row, AggregateFunction<?, ?> function) {
        return row.getNumber(function.functionName() + " [" + VALUE + "]");
    }
}
