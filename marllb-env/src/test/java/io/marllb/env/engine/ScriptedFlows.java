package io.marllb.env.engine;

import io.marllb.env.traffic.FlowSource;
import java.util.List;

/** Traffic written by hand: rows of {arrival, cpu, io} in milliseconds. */
final class ScriptedFlows implements FlowSource {

    private final double[][] rows;
    private int i = -1;

    ScriptedFlows(double[]... rows) {
        this.rows = rows.clone();
    }

    @Override
    public boolean advance() {
        return ++i < rows.length;
    }

    @Override
    public long at() {
        return Math.round(rows[i][0] * 1e6);
    }

    @Override
    public int flowClass() {
        return 0;
    }

    @Override
    public double cpuNanos() {
        return rows[i][1] * 1e6;
    }

    @Override
    public long ioNanos() {
        return Math.round(rows[i][2] * 1e6);
    }

    @Override
    public List<String> classNames() {
        return List.of("all");
    }
}
