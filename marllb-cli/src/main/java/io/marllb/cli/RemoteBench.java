package io.marllb.cli;

import io.marllb.bench.remote.RemoteCost;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What actors in processes of their own cost. */
@Command(
        name = "remote",
        description = {
            "Messages, bytes and time per step with the balancers' agents in processes of their own on this machine, against the same agents in "
                    + "one process.",
            "A step's time is from the observations to all actions, and the rewards sent."
        },
        exitCodeList = {"0:measured", "1:an actor or the result file failed", "2:bad input"},
        footer = {"", "Example: marllb bench remote --agents 2,4,8"})
final class RemoteBench implements Callable<Integer> {

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--agents",
            paramLabel = "M,...",
            split = ",",
            hideParamSyntax = true,
            defaultValue = "2,4,8",
            description = "Numbers of balancers. Default: ${DEFAULT-VALUE}.")
    private List<Integer> agents;

    @Option(
            names = "--episodes",
            paramLabel = "N",
            defaultValue = "20",
            description = "Episodes of 240 steps to measure, after four to warm up. Default: ${DEFAULT-VALUE}.")
    private int episodes;

    @Mixin
    private JsonFile json;

    RemoteBench(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException, InterruptedException {
        new Positive(spec).check("--episodes", episodes);
        for (int m : agents) {
            new Positive(spec).check("--agents", m);
        }
        json.check();
        List<RemoteCost.Row> rows = new ArrayList<>();
        TextTable table = new TextTable(
                ">agents",
                ">messages/step",
                ">bytes/step",
                ">bytes/episode end",
                ">bytes/sync",
                ">here p50 us",
                ">here p99 us",
                ">remote p50 us",
                ">remote p99 us",
                ">sync p50 us");
        for (int m : agents) {
            RemoteCost.Row r = RemoteCost.measure(m, episodes, ActorPool.command(), System::nanoTime);
            rows.add(r);
            table.row(
                    Integer.toString(r.agents()),
                    number(r.messagesPerStep()),
                    number(r.bytesPerStep()),
                    number(r.bytesPerEpisodeEnd()),
                    number(r.bytesPerSync()),
                    number(r.localMedianMicros()),
                    number(r.localP99Micros()),
                    number(r.remoteMedianMicros()),
                    number(r.remoteP99Micros()),
                    number(r.syncMedianMicros()));
        }
        PrintWriter out = spec.commandLine().getOut();
        table.print(out, terminal.columns());
        json.write(() -> {
            String all = agents.stream().map(String::valueOf).collect(Collectors.joining(","));
            return RemoteCost.json(rows, "marllb bench remote --agents " + all + " --episodes " + episodes);
        });
        return 0;
    }

    private static String number(double x) {
        return String.format(Locale.ROOT, x < 100 ? "%.1f" : "%,.0f", x);
    }
}
