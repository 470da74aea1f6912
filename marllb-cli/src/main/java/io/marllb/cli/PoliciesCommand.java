package io.marllb.cli;

import io.marllb.core.Need;
import io.marllb.policies.PolicyInfo;
import io.marllb.policies.PolicyRegistry;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints what the registry knows. */
@Command(
        name = "policies",
        description = {
            "Lists every policy with what it does and where it was published; with a POLICY, all about that one.",
            "A policy is written NAME, NAME:key=value:..., or as the pair RULE+WEIGHTS."
        },
        footer = {"", "Example: marllb policies", "         marllb policies sed:bias=1/m"})
final class PoliciesCommand implements Callable<Integer> {

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "POLICY", arity = "0..*", description = "Show parameters, defaults and needs of these.")
    private List<String> names;

    PoliciesCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (names == null) {
            list(out);
        } else {
            List<PolicyInfo> infos =
                    names.stream().map(n -> PolicyRegistry.parse(n).info()).toList();
            infos.forEach(info -> detail(info, out));
        }
        return 0;
    }

    private void list(PrintWriter out) {
        TextTable policies = new TextTable("policy", "is", "needs", "what it does (source)");
        for (PolicyInfo p : PolicyRegistry.policies()) {
            policies.row(p.name(), p.pair(), needs(p.needs()), p.summary() + " (" + p.source() + ")");
        }
        policies.print(out, terminal.columns());
        halves("rule", PolicyRegistry.rules(), out);
        halves("weights", PolicyRegistry.weights(), out);
        out.println();
        out.println(
                "needs: passive = what every real balancer can observe; oracle = true state, in the simulator only.");
        out.println("Any rule goes with any weights, as in sed+equal. Parameters: marllb policies NAME");
    }

    private void halves(String kind, List<PolicyInfo> infos, PrintWriter out) {
        TextTable table = new TextTable(kind, "needs", "what it does (source); parameters");
        for (PolicyInfo info : infos) {
            String parameters = info.parameters().stream()
                    .map(p -> p.name() + "=" + p.defaultValue())
                    .collect(Collectors.joining(", "));
            table.row(
                    info.name(),
                    needs(info.needs()),
                    info.summary() + " (" + info.source() + ")" + (parameters.isEmpty() ? "" : "; " + parameters));
        }
        out.println();
        table.print(out, terminal.columns());
    }

    private void detail(PolicyInfo info, PrintWriter out) {
        out.println(info.name() + " = " + info.pair());
        out.println("  " + info.summary());
        out.println("  source: " + info.source());
        out.println("  needs:  " + needs(info.needs()));
        if (!info.parameters().isEmpty()) {
            out.println();
            TextTable table = new TextTable("parameter", "value", "range", "meaning");
            for (PolicyInfo.Parameter p : info.parameters()) {
                table.row(p.name(), p.defaultValue(), p.range(), p.meaning());
            }
            table.print(out, terminal.columns());
        }
        out.println();
    }

    /** What every back end offers needs no list; an oracle is marked as one in every table. */
    static String needs(Set<Need> needs) {
        if (needs.contains(Need.GLOBAL)) {
            return "oracle";
        }
        Set<Need> signals = needs.isEmpty() ? EnumSet.noneOf(Need.class) : EnumSet.copyOf(needs);
        signals.removeAll(Need.PASSIVE);
        return signals.isEmpty()
                ? "passive"
                : signals.stream().map(n -> n.name().toLowerCase(Locale.ROOT)).collect(Collectors.joining(" "));
    }
}
