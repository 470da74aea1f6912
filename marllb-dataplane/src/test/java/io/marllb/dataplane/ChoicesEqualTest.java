package io.marllb.dataplane;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Outbox;
import io.marllb.core.Outcome;
import io.marllb.core.PolicySetup;
import io.marllb.core.View;
import io.marllb.core.rng.Streams;
import io.marllb.core.select.AliasTable;
import io.marllb.policies.PolicyRegistry;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The rules in C choose as the rules in Java do: random sequences of starts, ends and changes of the pool go through the Java rules, and {@code
 * replay_choices} demands every choice again, from the same words and no more of them.
 */
class ChoicesEqualTest {

    private static final int EVENTS = 600; // of each rule and size
    private static final List<Integer> SIZES = List.of(1, 2, 3, 5, 8, 9, 31, 64, 65, 127, 200, 255, 256);
    private static final List<Variant> VARIANTS = List.of(
            new Variant("weighted-random", 0, 0, false, 1, 1, 1),
            new Variant("two-choices", 1, 2, false, 1, 1, 1),
            new Variant("two-choices:choices=1", 1, 1, false, 1, 1, 1),
            new Variant("two-choices:choices=3:bias=1/3", 1, 3, false, 3, 1, 1),
            new Variant("two-choices:choices=64:bias=0", 1, 64, false, 1, 0, 1),
            new Variant("two-choices:exponent=0.5", 1, 2, false, 1, 1, 0.5),
            new Variant("sed", 2, 2, false, 1, 1, 1),
            new Variant("sed:bias=0", 2, 2, false, 1, 0, 1),
            new Variant("sed:bias=1/3", 2, 2, false, 3, 1, 1),
            new Variant("sed:exponent=0", 2, 2, false, 1, 1, 0),
            new Variant("sed:exponent=2.5:bias=0.25", 2, 2, false, 1, 0.25, 2.5),
            new Variant("sed:ties=vpp", 2, 2, true, 1, 1, 1),
            new Variant("least-flows", 3, 2, false, 1, 1, 1),
            new Variant("least-flows:ties=vpp", 3, 2, true, 1, 1, 1),
            new Variant("maglev", 4, 2, false, 1, 1, 1));

    @TempDir
    Path directory;

    /** A rule in Java's words and in the layout's; scale and offset are its own bias. */
    private record Variant(
            String text, int rule, int choices, boolean vppTies, double scale, double offset, double exponent) {}

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4})
    void everyChoiceOfTheRulesInJavaIsThatOfTheRulesInC(int level) throws Exception {
        Path log = directory.resolve("choices.log");
        try (BufferedWriter out = Files.newBufferedWriter(log)) {
            for (Variant variant : VARIANTS) {
                for (int servers : SIZES) {
                    boolean slow = variant.text.equals("maglev"); // a table of 65,537 slots for every change
                    if (!slow || servers == 1 || servers == 8 || servers == 256) {
                        new Host(variant, servers, out).play(slow ? EVENTS / 10 : EVENTS);
                    }
                }
            }
        }

        NativeBuild.Result result = NativeBuild.program("replay_choices", log, level);

        assertThat(result.status()).as(result.output()).isZero();
        assertThat(result.output()).contains("choices equal, x86-64-v" + level);
    }

    @Test
    void aLogWithOneWrongChoiceIsRefusedWithItsLine() throws Exception {
        Path log = directory.resolve("choices.log");
        try (BufferedWriter out = Files.newBufferedWriter(log)) {
            new Host(VARIANTS.get(6), 8, out).play(EVENTS);
        }
        List<String> lines = Files.readAllLines(log);
        int last = lines.size() - 1;
        while (!lines.get(last).startsWith("choose")) {
            last--;
        }
        String[] fields = lines.get(last).split(" ");
        fields[2] = fields[2].equals("1") ? "2" : "1";
        lines.set(last, String.join(" ", fields));
        Files.write(log, lines);

        NativeBuild.Result result = NativeBuild.program("replay_choices", log);

        assertThat(result.status()).isEqualTo(1);
        assertThat(result.output()).contains(log + ":" + (last + 1) + ": Java chose");
    }

    /** Drives one rule as a data plane does, and writes down what happens. */
    private static final class Host implements View, Flow {

        private final Variant variant;
        private final int n;
        private final BufferedWriter out;
        private final RandomGenerator random;
        private final RandomGenerator ruleWords;
        private final FlowRule rule;
        private final boolean[] active;
        private final double[] published; // what a controller says
        private final double[] effective;
        private final boolean[] eligible;
        private final double[] staticWeights;
        private final int[] inFlight;
        private final StringBuilder words = new StringBuilder();
        private int drawn;
        private double bias = Double.NaN;
        private long hash;

        Host(Variant variant, int n, BufferedWriter out) {
            this.variant = variant;
            this.n = n;
            this.out = out;
            Streams streams = Streams.of(20_26);
            random = streams.stream("choices-" + variant.text, n);
            ruleWords = streams.stream("words-" + variant.text, n);
            rule = PolicyRegistry.parse(variant.text + "+equal")
                    .build(new PolicySetup(n, 1, 0, 50_000_000L, 0, Outbox.NONE))
                    .rule();
            active = new boolean[n];
            published = new double[n];
            effective = new double[n];
            eligible = new boolean[n];
            staticWeights = new double[n];
            inFlight = new int[n];
            for (int j = 0; j < n; j++) {
                staticWeights[j] = 1 + random.nextInt(4);
            }
        }

        void play(int events) throws IOException {
            line("policy", n, variant.rule, variant.choices, variant.vppTies ? 1 : 0);
            changePool();
            for (int i = 0; i < events; i++) {
                int what = random.nextInt(100);
                if (what < 60) {
                    choose();
                } else if (what < 97) {
                    end();
                } else {
                    changePool();
                }
            }
        }

        private void changePool() throws IOException {
            int kind = random.nextInt(8);
            if (variant.exponent != 1 && kind >= 3 && kind <= 5) {
                kind = 6; // the powers of those would not be numbers
            }
            for (int j = 0; j < n; j++) {
                active[j] = kind == 0 ? random.nextInt(10) == 0 : random.nextInt(10) != 0;
                published[j] = kind == 1 ? 0 : newWeight(kind);
            }
            bias = variant.rule <= 2 && random.nextInt(3) == 0 ? random.nextInt(5) * 0.25 : Double.NaN;
            boolean any = false;
            for (int j = 0; j < n; j++) {
                effective[j] = published[j];
                eligible[j] = active[j] && published[j] > 0;
                any |= eligible[j];
            }
            for (int j = 0; j < n && !any; j++) {
                effective[j] = 1;
                eligible[j] = active[j];
            }
            rule.poolChanged(this);
            boolean own = Double.isNaN(bias);
            out.write("pool " + hex(own ? variant.scale : 1) + " " + hex(own ? variant.offset : bias));
            for (int j = 0; j < n; j++) {
                out.write(" " + (active[j] ? 1 : 0) + " " + hex(powered(published[j])) + " " + hex(staticWeights[j]));
            }
            out.newLine();
            writeCells();
        }

        /** What a controller publishes where a rule has an exponent. */
        private double powered(double weight) {
            return weight == 0 || variant.exponent == 1 ? weight : StrictMath.pow(weight, variant.exponent);
        }

        private double newWeight(int kind) {
            return switch (kind) {
                case 2 -> random.nextInt(5) == 0 ? 0 : random.nextDouble();
                case 3 -> random.nextInt(2) == 0 ? 1e-280 : 1e280;
                case 4 -> random.nextInt(4) == 0 ? Double.MAX_VALUE : 1 + random.nextInt(3);
                case 5 -> Double.MIN_VALUE * random.nextInt(3);
                default -> random.nextInt(4); // small numbers tie
            };
        }

        private void writeCells() throws IOException {
            if (variant.rule != 0 || Arrays.equals(eligible, new boolean[n])) {
                return;
            }
            double[] drawing = new double[n];
            for (int j = 0; j < n; j++) {
                drawing[j] = eligible[j] ? effective[j] : 0;
            }
            AliasTable table = new AliasTable(n);
            table.build(drawing);
            out.write("cells");
            for (int j = 0; j < n; j++) {
                out.write(" " + Long.toHexString(table.threshold(j)) + " " + Integer.toHexString(table.alias(j)));
            }
            out.newLine();
        }

        private void choose() throws IOException {
            hash = random.nextLong();
            words.setLength(0);
            drawn = 0;
            int server = rule.choose(this, this, this::word);
            out.write("choose " + Long.toHexString(hash) + " " + Integer.toHexString(server + 1) + " "
                    + Integer.toHexString(drawn) + words);
            out.newLine();
            if (server >= 0 && random.nextInt(20) != 0) { // now and then a choice is not taken
                inFlight[server]++;
                rule.started(server, 0);
                line("start", server);
            }
        }

        private long word() {
            long word = ruleWords.nextLong();
            words.append(' ').append(Long.toHexString(word));
            drawn++;
            return word;
        }

        private void end() throws IOException {
            int server = random.nextInt(n);
            if (inFlight[server] > 0) {
                inFlight[server]--;
                rule.ended(server, 1, Outcome.COMPLETED, 0);
                line("end", server);
            }
        }

        private void line(String what, int... numbers) {
            try {
                out.write(what);
                for (int number : numbers) {
                    out.write(" " + Integer.toHexString(number));
                }
                out.newLine();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static String hex(double x) {
            return Long.toHexString(Double.doubleToRawLongBits(x));
        }

        @Override
        public int n() {
            return n;
        }

        @Override
        public boolean eligible(int server) {
            return eligible[server];
        }

        @Override
        public int inFlight(int server) {
            return inFlight[server];
        }

        @Override
        public double weight(int server) {
            return effective[server];
        }

        @Override
        public double staticWeight(int server) {
            return staticWeights[server];
        }

        @Override
        public double bias() {
            return bias;
        }

        @Override
        public long hash() {
            return hash;
        }

        @Override
        public long now() {
            return 0;
        }
    }
}
