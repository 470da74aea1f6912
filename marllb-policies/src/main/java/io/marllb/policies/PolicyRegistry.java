package io.marllb.policies;

import io.marllb.core.FlowRule;
import io.marllb.core.Need;
import io.marllb.core.Outbox;
import io.marllb.core.Policy;
import io.marllb.core.PolicySetup;
import io.marllb.core.WeightPolicy;
import io.marllb.core.check.Nearest;
import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.AgentFileException;
import io.marllb.policies.frozen.FrozenPolicy;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The one place where every policy is registered, and the parser of what users write.
 *
 * <p>A policy is written {@code NAME}, {@code NAME:key=value:key=value}, or as the pair {@code RULE+WEIGHTS}, each half with its own
 * {@code :key=value}, such as {@code sed:bias=1/m+aquarius:alpha=0.3}; {@code agent:PATH} is a trained one in a file. Numbers may be fractions, also of m, the number of balancers;
 * times carry their unit. A parameter of a named policy goes to the half that knows its key. Thread-safe.
 */
public final class PolicyRegistry {

    private static final List<Half<FlowRule>> RULES = List.of(
            WeightedRandomRule.HALF,
            RoundRobinRule.HALF,
            MaglevRule.HALF,
            LeastFlowsRule.HALF,
            TwoChoicesRule.HALF,
            SedRule.HALF,
            NqRule.HALF,
            JiqRule.HALF,
            LeastRequestRule.HALF,
            PeakEwmaRule.HALF,
            C3Rule.HALF,
            PrequalRule.HALF,
            HclRule.HALF,
            GossipRule.HALF,
            GsqRule.HALF,
            OracleSedRule.HALF,
            OracleSrtRule.HALF);

    private static final List<Half<WeightPolicy>> WEIGHTS = List.of(
            EqualWeights.HALF,
            CapacityWeights.HALF,
            AwcmpWeights.HALF,
            AwrrWeights.HALF,
            AquariusWeights.HALF,
            HlbWeights.HALF,
            KnapsackWeights.HALF,
            RateWeights.HALF);

    private static final List<Named> NAMED = List.of(
            new Named("ecmp", "weighted-random+equal", "a uniformly random server per flow", "RFC 2992; the floor"),
            new Named("rr", "round-robin+equal", "the servers in turn", "classic"),
            new Named(
                    "wrr",
                    "round-robin+capacity",
                    "the servers in turn, by configured weight",
                    "nginx smooth weighted round robin, 2012"),
            new Named(
                    "wcmp",
                    "weighted-random+capacity",
                    "a random server, in proportion to its configured weight",
                    "Zhou et al., WCMP, EuroSys 2014"),
            new Named(
                    "awcmp",
                    "weighted-random+awcmp",
                    "a random server, by configured weight over reported busy workers",
                    "MARLLB (CIKM 2022), active WCMP"),
            new Named(
                    "awrr",
                    "round-robin+awrr",
                    "the servers in turn, by weights that follow reported utilisation",
                    "Barbette et al., Cheetah, NSDI 2020 (our reading)"),
            new Named("maglev", "maglev+equal", "consistent hashing", "Eisenbud et al., Maglev, NSDI 2016"),
            new Named("lsq", "least-flows+equal", "fewest own flows in flight", "MARLLB (CIKM 2022), LSQ"),
            new Named(
                    "lsq2",
                    "two-choices+equal",
                    "the less loaded of two random servers",
                    "Mitzenmacher, IEEE TPDS 12(10), 2001"),
            new Named(
                    "sed",
                    "sed+capacity",
                    "shortest expected delay: argmin (q + 1) / w",
                    "IPVS sed; MARLLB (CIKM 2022)"),
            new Named(
                    "sed2",
                    "two-choices+capacity",
                    "the shorter expected delay of two random servers",
                    "MARLLB (CIKM 2022)"),
            new Named("wlc", "sed:bias=0+capacity", "weighted least connections: argmin q / w", "IPVS wlc"),
            new Named(
                    "nq",
                    "nq+capacity",
                    "an idle server if there is one, else sed",
                    "Weinrib and Shenker, Greed is not enough, INFOCOM 1988; IPVS nq"),
            new Named(
                    "jiq",
                    "jiq+capacity",
                    "a server that said it is idle, else a random one",
                    "Lu et al., Join-Idle-Queue, Performance Evaluation 68(11), 2011"),
            new Named(
                    "least-request",
                    "least-request+capacity",
                    "equal weights: the less busy of two; else round robin by w / (active + 1)",
                    "Envoy, weighted least request"),
            new Named(
                    "peak-ewma",
                    "peak-ewma+equal",
                    "the lower peak completion time x (q + 1) of two random servers",
                    "Finagle and linkerd, peak EWMA"),
            new Named(
                    "c3", "c3+equal", "C3's replica ranking, without its rate control", "Suresh et al., C3, NSDI 2015"),
            new Named(
                    "prequal",
                    "prequal+equal",
                    "hot-cold lexicographic choice over a pool of probe answers",
                    "Wydrowski et al., Prequal, NSDI 2024"),
            new Named("hcl", "hcl+equal", "Prequal's rule on passive signals", "own; after Prequal, NSDI 2024"),
            new Named(
                    "aquarius",
                    "sed+aquarius",
                    "sed with weights from mean flow durations",
                    "Yao et al., Aquarius, 2021; SimLB"),
            new Named(
                    "hlb",
                    "sed+hlb",
                    "sed with weights from Kalman-filtered flow durations",
                    "Yao et al., HLB, 2022; SimLB"),
            new Named(
                    "knapsack",
                    "weighted-random+knapsack",
                    "the static split that is best under learned latency curves",
                    "Gandhi and Narayana, KnapsackLB, 2024"),
            new Named(
                    "rate",
                    "sed:bias=1/m+rate",
                    "sed with bias 1/m and passively estimated service rates",
                    "own; measured in docs/policies.md"),
            new Named(
                    "gossip",
                    "gossip+capacity",
                    "sed that also counts what other balancers said they have in flight",
                    "own; measured in docs/policies.md"),
            new Named("gsq", "gsq+equal", "fewest flows of all balancers", "Winston, J. Appl. Prob. 14(1), 1977"),
            new Named(
                    "oracle-sed",
                    "oracle-sed+equal",
                    "sed on true counts and current capacities",
                    "the all-seeing bar of the headroom ladder"),
            new Named("oracle-srt", "oracle-srt+equal", "least work left over current capacity", "SimLB srt"));

    /** A name that stands for a pair. */
    private record Named(String name, String pair, String summary, String source) {}

    /** One half as it was written. */
    private record Written(String name, Map<String, String> arguments) {}

    private PolicyRegistry() {}

    /**
     * Parses what a user wrote.
     *
     * @param text {@code NAME}, {@code NAME:key=value:...}, {@code RULE+WEIGHTS} or {@code agent:PATH}, which is read here
     * @return the policy, checked, not built
     * @throws IllegalArgumentException if a name, a key or a value is unknown; the message names it, the rule and the nearest valid one
     */
    public static PolicySpec parse(String text) {
        String trimmed = text.strip();
        try {
            return trimmed.startsWith(AgentPolicies.PREFIX) ? agent(trimmed) : spec(trimmed);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("policy '" + trimmed + "': " + e.getMessage(), e);
        }
    }

    /**
     * Every named policy, in the order in which tables show them.
     *
     * @return an immutable list
     */
    public static List<PolicyInfo> policies() {
        return Stream.concat(NAMED.stream().map(Named::name), AgentPolicies.shipped().stream())
                .map(n -> parse(n).info())
                .toList();
    }

    /**
     * Every rule.
     *
     * @return an immutable list
     */
    public static List<PolicyInfo> rules() {
        return RULES.stream()
                .map(h -> info(h, h.build(Map.of(), smallest()).needs()))
                .toList();
    }

    /**
     * Every weight policy.
     *
     * @return an immutable list
     */
    public static List<PolicyInfo> weights() {
        return WEIGHTS.stream()
                .map(h -> info(h, h.build(Map.of(), smallest()).needs()))
                .toList();
    }

    private static PolicySetup smallest() {
        return new PolicySetup(1, 1, 0, 250_000_000L, 0, Outbox.NONE);
    }

    private static PolicyInfo info(Half<?> half, EnumSet<Need> needs) {
        return new PolicyInfo(half.name(), "", half.summary(), half.source(), shown(half, Map.of()), needs);
    }

    private static List<PolicyInfo.Parameter> shown(Half<?> half, Map<String, String> arguments) {
        return half.parameters().stream()
                .map(p -> p.info(arguments.getOrDefault(p.name(), p.defaultValue())))
                .toList();
    }

    private static PolicySpec agent(String text) {
        Path path;
        try {
            path = Path.of(text.substring(AgentPolicies.PREFIX.length()));
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("'" + e.getInput() + "' is no path", e);
        }
        return agent(text, AgentFile.read(path), null);
    }

    /** The rule of its manifest, with the agent's weights. */
    private static PolicySpec agent(String text, AgentFile agent, String summary) {
        String ruleText = AgentFileException.printable(agent.manifest().rule());
        if (ruleText.isEmpty()) {
            throw new IllegalArgumentException(AgentFileException.printable(agent.name() + " was trained on '"
                    + agent.manifest().scenario() + "', which is no load balancing; it sets no weights"));
        }
        Written rule = written(ruleText);
        Half<FlowRule> half = find(RULES, "rule", rule.name);
        check(half, rule.arguments);
        EnumSet<Need> needs = half.build(rule.arguments, smallest()).needs();
        needs.addAll(AgentPolicies.needs(agent));
        PolicyInfo info = new PolicyInfo(
                text,
                ruleText + "+" + text,
                summary == null ? AgentPolicies.summary(agent) : summary,
                AgentPolicies.SOURCE,
                shown(half, rule.arguments),
                needs);
        return new PolicySpec(
                info,
                agent.manifest()::serves,
                m -> RuleNumbers.of(half, rule.arguments, m),
                setup -> new Policy(text, half.build(rule.arguments, setup), new FrozenPolicy(agent, setup)));
    }

    private static PolicySpec spec(String text) {
        String[] halves = text.split("\\+(?=[^0-9.])|\\+$", -1); // a plus sign before a digit belongs to a number
        if (halves.length == 2) {
            Written rule = written(halves[0]);
            Written weights = written(halves[1]);
            return spec(
                    text,
                    find(RULES, "rule", rule.name),
                    rule.arguments,
                    find(WEIGHTS, "weight policy", weights.name),
                    weights.arguments,
                    null);
        }
        if (halves.length > 2) {
            throw new IllegalArgumentException(
                    "a pair is RULE+WEIGHTS, but this has " + (halves.length - 1) + " plus signs");
        }
        Written written = written(text);
        if (AgentPolicies.shipped().contains(written.name)) {
            if (!written.arguments.isEmpty()) {
                throw unknownKey(
                        written.name, written.arguments.keySet().iterator().next(), List.of());
            }
            return agent(written.name, AgentPolicies.load(written.name), AgentPolicies.line(written.name));
        }
        Named named = named(written.name);
        String[] pair = named.pair.split("\\+", 2);
        Written rule = written(pair[0]);
        Written weights = written(pair[1]);
        Half<FlowRule> ruleHalf = find(RULES, "rule", rule.name);
        Half<WeightPolicy> weightHalf = find(WEIGHTS, "weight policy", weights.name);
        Map<String, String> ruleArguments = new LinkedHashMap<>(rule.arguments);
        Map<String, String> weightArguments = new LinkedHashMap<>(weights.arguments);
        for (Map.Entry<String, String> argument : written.arguments.entrySet()) {
            boolean known = false;
            if (knows(ruleHalf, argument.getKey())) {
                ruleArguments.put(argument.getKey(), argument.getValue());
                known = true;
            }
            if (knows(weightHalf, argument.getKey())) {
                weightArguments.put(argument.getKey(), argument.getValue());
                known = true;
            }
            if (!known) {
                List<String> keys = new ArrayList<>(keys(ruleHalf));
                keys.addAll(keys(weightHalf));
                throw unknownKey(named.name, argument.getKey(), keys);
            }
        }
        return spec(text, ruleHalf, ruleArguments, weightHalf, weightArguments, named);
    }

    private static PolicySpec spec(
            String text,
            Half<FlowRule> rule,
            Map<String, String> ruleArguments,
            Half<WeightPolicy> weights,
            Map<String, String> weightArguments,
            Named named) {
        check(rule, ruleArguments);
        check(weights, weightArguments);
        List<PolicyInfo.Parameter> parameters = new ArrayList<>(shown(rule, ruleArguments));
        parameters.addAll(shown(weights, weightArguments));
        EnumSet<Need> needs = rule.build(ruleArguments, smallest()).needs();
        needs.addAll(weights.build(weightArguments, smallest()).needs());
        PolicyInfo info = new PolicyInfo(
                text,
                named == null ? rule.name() + "+" + weights.name() : named.pair,
                named == null ? rule.summary() + "; weights: " + weights.summary() : named.summary,
                named == null ? rule.source() + "; " + weights.source() : named.source,
                parameters,
                needs);
        return new PolicySpec(
                info,
                servers -> true,
                m -> RuleNumbers.of(rule, ruleArguments, m),
                setup -> new Policy(text, rule.build(ruleArguments, setup), weights.build(weightArguments, setup)));
    }

    private static Named named(String name) {
        for (Named candidate : NAMED) {
            if (candidate.name.equals(name)) {
                return candidate;
            }
        }
        if (RULES.stream().anyMatch(h -> h.name().equals(name))) {
            throw new IllegalArgumentException(
                    "'" + name + "' is a rule and needs weights; write a pair such as " + name + "+equal");
        }
        if (WEIGHTS.stream().anyMatch(h -> h.name().equals(name))) {
            throw new IllegalArgumentException(
                    "'" + name + "' is a weight policy and needs a rule; write a pair such as sed+" + name);
        }
        List<String> names = new ArrayList<>(NAMED.stream().map(Named::name).toList());
        names.addAll(AgentPolicies.shipped());
        throw new IllegalArgumentException("there is no policy '" + name + "'" + Nearest.hint(name, names));
    }

    private static <T> Half<T> find(List<Half<T>> halves, String kind, String name) {
        for (Half<T> half : halves) {
            if (half.name().equals(name)) {
                return half;
            }
        }
        List<String> names = halves.stream().map(Half::name).toList();
        throw new IllegalArgumentException(
                "there is no " + kind + " '" + name + "' (a pair is RULE+WEIGHTS)" + Nearest.hint(name, names));
    }

    private static Written written(String text) {
        String[] parts = text.split(":", -1);
        Map<String, String> arguments = new LinkedHashMap<>();
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            if (equals <= 0) {
                throw new IllegalArgumentException(
                        "after '" + parts[0] + "' comes :key=value, but found '" + parts[i] + "'");
            }
            if (arguments.put(parts[i].substring(0, equals), parts[i].substring(equals + 1)) != null) {
                throw new IllegalArgumentException("parameter '" + parts[i].substring(0, equals) + "' is given twice");
            }
        }
        return new Written(parts[0], arguments);
    }

    private static void check(Half<?> half, Map<String, String> arguments) {
        for (Map.Entry<String, String> argument : arguments.entrySet()) {
            if (!knows(half, argument.getKey())) {
                throw unknownKey(half.name(), argument.getKey(), keys(half));
            }
        }
        for (Parameter parameter : half.parameters()) {
            parameter.check(arguments.getOrDefault(parameter.name(), parameter.defaultValue()));
        }
    }

    private static boolean knows(Half<?> half, String key) {
        return keys(half).contains(key);
    }

    private static List<String> keys(Half<?> half) {
        return half.parameters().stream().map(Parameter::name).toList();
    }

    private static IllegalArgumentException unknownKey(String owner, String key, List<String> keys) {
        return new IllegalArgumentException(owner + " has no parameter '" + key + "'"
                + (keys.isEmpty() ? "; it has none" : Nearest.hint(key, keys)));
    }
}
