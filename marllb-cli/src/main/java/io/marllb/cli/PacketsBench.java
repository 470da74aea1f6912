package io.marllb.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.bench.packets.PacketSuite;
import io.marllb.bench.speed.SpeedSuite;
import io.marllb.bench.statistics.Median;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Packets per CPU second, beside DPDK's own programs. */
@Command(
        name = "packets",
        description = {
            "Packets per CPU second of the DPDK program on one core beside DPDK's l3fwd and testpmd, on the same packets, in turns.",
            "Needs root, hugepages, DPDK and its examples (Debian: libdpdk-dev, dpdk, dpdk-doc)."
        },
        exitCodeList = {
            "0:measured, and every promise holds",
            "1:a promise does not hold",
            "2:bad input",
            "3:skipped, since something is not installed",
            "130:interrupted"
        },
        footer = {"", "Example: marllb bench packets --rounds 5"})
final class PacketsBench implements Callable<Integer> {

    private static final int SKIPPED = 3;
    private static final double MILLION = 1e6;

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Turns of each program. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--millis",
            paramLabel = "N",
            defaultValue = "2000",
            description = "Length of each. Default: ${DEFAULT-VALUE}.")
    private int millis;

    @Option(
            names = "--sources",
            paramLabel = "DIR",
            defaultValue = ".",
            description = "The checkout. Default: ${DEFAULT-VALUE}.")
    private Path sources;

    @Mixin
    private JsonFile json;

    PacketsBench(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() throws IOException {
        new Positive(spec).check("--rounds", rounds).check("--millis", millis);
        json.check();
        PrintWriter out = spec.commandLine().getOut();
        Path checkout = sources.toAbsolutePath().normalize();
        List<String> missing = PacketSuite.missing(checkout);
        if (!missing.isEmpty()) {
            out.println("skipped; there is no " + String.join("; no ", missing));
            return SKIPPED;
        }
        PacketSuite.Result result;
        try (Progress progress = new Progress(terminal, spec.commandLine().getErr(), "packets", System::nanoTime)) {
            result = PacketSuite.run(checkout, rounds, millis, progress);
        }
        TextTable rates = new TextTable("program", ">million packets per CPU second", "rounds");
        for (PacketSuite.Case c : PacketSuite.Case.values()) {
            List<Double> each =
                    result.rates().get(c).stream().map(r -> r / MILLION).toList();
            rates.row(c.id(), BenchText.number("%.2f", Median.of(each)), BenchText.numbers("%.1f", each));
        }
        rates.print(out, terminal.columns());
        out.println();
        TextTable promises = new TextTable("program", "beside", ">ratio", ">promised", "kept");
        boolean all = true;
        for (PacketSuite.Promise p : PacketSuite.PROMISES) {
            double ratio = result.ratio(p.of(), p.peer());
            all &= ratio >= p.least();
            promises.row(
                    p.of().id(),
                    p.peer().id(),
                    BenchText.number("%.2f", ratio),
                    BenchText.number("%.2f", p.least()),
                    ratio >= p.least() ? "yes" : "NO");
        }
        promises.print(out, terminal.columns());
        out.flush();
        json.write(() -> toJson(result));
        return all ? 0 : 1;
    }

    private String toJson(PacketSuite.Result result) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode top = mapper.createObjectNode();
        top.put("schema", 1);
        top.put("command", "marllb bench packets --rounds " + rounds + " --millis " + millis);
        SpeedSuite.machine(top);
        ObjectNode rates = top.putObject("packets_per_cpu_second");
        for (PacketSuite.Case c : PacketSuite.Case.values()) {
            ArrayNode each = rates.putArray(c.id());
            result.rates().get(c).forEach(each::add);
        }
        ArrayNode ratios = top.putArray("ratios");
        for (PacketSuite.Promise p : PacketSuite.PROMISES) {
            ratios.addObject()
                    .put("of", p.of().id())
                    .put("beside", p.peer().id())
                    .put("ratio", result.ratio(p.of(), p.peer()))
                    .put("promised", p.least());
        }
        return mapper.writerWithDefaultPrettyPrinter().writeValueAsString(top) + "\n";
    }
}
