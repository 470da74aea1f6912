package io.marllb.policies.frozen;

import io.marllb.core.Need;
import io.marllb.core.Observation;
import io.marllb.core.Reduction;
import io.marllb.core.Reports;
import io.marllb.core.check.Nearest;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.MultiDiscrete;
import io.marllb.core.rl.Space;
import io.marllb.sampling.ServiceRates;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Actions as corrections of a passive estimate: {@code w_j = rate_j exp(reach a_j)} and bias {@code b = (bias / m) exp(biasReach a_n)}, so that the
 * action 0 is the best hand-made policy, {@code rate}, and learning starts there.
 *
 * <p>Inputs are logarithms of ratios to the mean over active servers wherever that makes sense, so that neither the unit of time, nor the speed of
 * the servers, nor their number matters. All are clamped to [-{@value #LIMIT}, {@value #LIMIT}]; what is not known yet is 0.
 *
 * <p>Per server: 0 active flag; 1 rate (memory), 2 rate (a tenth of the memory) against 1; 3 mean completion time; 4 discounted mean flow duration; 5 90th
 * percentile over mean of completion times; 6 own flows in flight over rate, now; 7 the same, mean of the interval; 8 last correction; 9 mean own flows
 * in flight while busy; 10 busy share of the interval; 11 completions known of; and with {@code exchange} 12 flows of all balancers over rate,
 * smoothed over the interval and the memory's tenth, 13 the same as last heard. Pool: 0 mean busy share; 1 mean own flows in flight; 2 number of balancers; 3
 * coefficient of variation of completion times; 4 own completions per server and interval; 5 last bias; 6 spread of the rates; 7 mean of 9.
 */
final class RelativeCodec implements Codec {

    /** Bound of every input. */
    static final int LIMIT = 4;

    private static final int FEATURES = 12;
    private static final int EXCHANGED = 2;
    private static final int GLOBALS = 8;
    private static final double SHORT = 0.1; // share of the memory for what is recent
    private static final double HALF = 0.5; // added to counts before a logarithm
    private static final double KNOWN = 0.2; // brings the logarithm of 0 to 1000s of completions to 0..1.5

    private final Spec spec;
    private final int n;
    private final int m;
    private final double intervalSeconds;
    private final ServiceRates rates;
    private final ServiceRates recent;
    private final double[] corrections; // [n + 1], the last action
    private final boolean[] active;
    private final double[] lastInFlight;
    private final long[] lastBusy;
    private final long[] lastCompleted;
    private final double[] concurrency; // [n], decayed flow-seconds
    private final double[] busy; // [n], decayed busy seconds
    private final double[] total; // [n], smoothed flows of all balancers
    private final double[] meanInFlight; // [n], of the interval
    private final double[] column; // [n], scratch
    private long lastNow;
    private boolean begun;

    private RelativeCodec(Spec spec, int servers, int balancers, long intervalNanos) {
        this.spec = spec;
        n = servers;
        m = balancers;
        intervalSeconds = intervalNanos * 1e-9;
        rates = new ServiceRates(n, spec.memoryNanos, spec.prior);
        recent = new ServiceRates(n, spec.memoryNanos * SHORT, spec.prior);
        corrections = new double[n + 1];
        active = new boolean[n];
        lastInFlight = new double[n];
        lastBusy = new long[n];
        lastCompleted = new long[n];
        concurrency = new double[n];
        busy = new double[n];
        total = new double[n];
        meanInFlight = new double[n];
        column = new double[n];
    }

    /**
     * The parameters. Text: {@code relative}, or {@code relative:levels=5:exchange=yes:...}.
     *
     * @param levels 0 for continuous actions in [-1, 1]; else K, odd, the middle one is 0
     * @param exchange whether balancers tell each other their counts
     * @param bias the bias times m at action 0, {@code > 0}
     * @param memoryNanos time constant of the rates
     * @param prior completions that the pooled rate counts for
     * @param reach largest logarithm of a correction
     * @param biasReach largest logarithm of a change of the bias
     */
    record Spec(
            int levels, boolean exchange, double bias, double memoryNanos, double prior, double reach, double biasReach)
            implements CodecSpec {

        static final String NAME = "relative";
        private static final List<String> KEYS =
                List.of("levels", "exchange", "bias", "memory", "prior", "reach", "bias-reach");

        /** As {@code rate}: bias 1/m, 20 s, prior 3; weights up to a factor of e^0.7 = 2, the bias up to e^2 = 7.4 off. */
        static final Spec DEFAULT = new Spec(0, false, 1, 20e9, 3, 0.7, 2);

        Spec {
            if (levels != 0 && (levels < 3 || levels > 99 || levels % 2 == 0)) {
                throw new IllegalArgumentException("levels must be 0 or an odd number in [3, 99], but was " + levels);
            }
            positive("bias", bias);
            positive("memory", memoryNanos);
            positive("prior", prior);
            positive("reach", reach);
            positive("bias-reach", biasReach);
        }

        private static void positive(String name, double x) {
            if (!(x > 0 && x <= 1e12)) {
                throw new IllegalArgumentException(name + " must be > 0 and finite, but was " + x);
            }
        }

        /** Reads keys and values; what is left out has its default. */
        static Spec parse(Map<String, String> values) {
            for (String key : values.keySet()) {
                if (!KEYS.contains(key)) {
                    throw new IllegalArgumentException("there is no parameter '" + key + "'" + Nearest.hint(key, KEYS));
                }
            }
            Spec d = DEFAULT;
            double levels = number(values, "levels", d.levels);
            if (levels != Math.rint(levels)) {
                throw new IllegalArgumentException("levels must be a whole number, but was " + levels);
            }
            String memory = values.get("memory");
            return new Spec(
                    (int) levels,
                    yes(values.getOrDefault("exchange", "no")),
                    bias(values.get("bias")),
                    memory == null ? d.memoryNanos : seconds(memory) * 1e9,
                    number(values, "prior", d.prior),
                    number(values, "reach", d.reach),
                    number(values, "bias-reach", d.biasReach));
        }

        private static double bias(String value) {
            if (value == null) {
                return DEFAULT.bias;
            }
            if (!value.endsWith("/m")) {
                throw new IllegalArgumentException("bias must be a share of m, such as 1/m, but was '" + value + "'");
            }
            return number("bias", value.substring(0, value.length() - 2));
        }

        private static double number(Map<String, String> values, String key, double otherwise) {
            String value = values.get(key);
            return value == null ? otherwise : number(key, value);
        }

        private static boolean yes(String value) {
            if (!value.equals("yes") && !value.equals("no")) {
                throw new IllegalArgumentException("exchange must be yes or no, but was '" + value + "'");
            }
            return value.equals("yes");
        }

        private static double seconds(String value) {
            if (!value.endsWith("s") || value.endsWith("ms")) {
                throw new IllegalArgumentException("memory must be in seconds, such as 20s, but was '" + value + "'");
            }
            return number("memory", value.substring(0, value.length() - 1));
        }

        private static double number(String key, String value) {
            try {
                return Double.parseDouble(value);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException(key + " must be a number, but was '" + value + "'", e);
            }
        }

        @Override
        public String text() {
            return String.format(
                    Locale.ROOT,
                    "%s:levels=%d:exchange=%s:bias=%s/m:memory=%ss:prior=%s:reach=%s:bias-reach=%s",
                    NAME,
                    levels,
                    exchange ? "yes" : "no",
                    bias,
                    memoryNanos / 1e9,
                    prior,
                    reach,
                    biasReach);
        }

        @Override
        public Codec create(int servers, int balancers, long intervalNanos) {
            return new RelativeCodec(this, servers, balancers, intervalNanos);
        }

        @Override
        public int features() {
            return FEATURES + (exchange ? EXCHANGED : 0);
        }

        @Override
        public int globals() {
            return GLOBALS;
        }

        @Override
        public Space actionSpace(int servers) {
            return levels == 0 ? Box.of(-1f, 1f, servers + 1) : MultiDiscrete.uniform(servers + 1, levels);
        }

        @Override
        public float[] neutral(int servers) {
            float[] action = new float[servers + 1];
            Arrays.fill(action, levels == 0 ? 0 : (levels - 1) / 2f);
            return action;
        }

        @Override
        public EnumSet<Need> needs() {
            EnumSet<Need> needs = EnumSet.of(Need.FLOW_END, Need.FLOW_AGE, Need.RESERVOIRS);
            if (exchange) {
                needs.add(Need.PEERS);
            }
            return needs;
        }
    }

    @Override
    public int inputs() {
        return spec.inputs(n);
    }

    @Override
    public Space actionSpace() {
        return spec.actionSpace(n);
    }

    @Override
    public void reset() {
        rates.reset();
        recent.reset();
        Arrays.fill(corrections, 0);
        Arrays.fill(lastInFlight, 0);
        Arrays.fill(lastBusy, 0);
        Arrays.fill(lastCompleted, 0);
        Arrays.fill(concurrency, 0);
        Arrays.fill(busy, 0);
        Arrays.fill(total, 0);
        begun = false;
    }

    @Override
    public void observe(Observation o, Reports reports, float[] inputs) {
        Objects.checkFromIndexSize(0, inputs(), inputs.length);
        rates.observe(o);
        recent.observe(o);
        double elapsed = begun ? (o.now() - lastNow) * 1e-9 : intervalSeconds;
        double kept = begun ? StrictMath.exp((lastNow - o.now()) / spec.memoryNanos) : 0;
        double keptShort = begun ? StrictMath.exp((lastNow - o.now()) / (spec.memoryNanos * SHORT)) : 0;
        begun = true;
        lastNow = o.now();
        Arrays.fill(inputs, 0);
        double busyShare = 0;
        double inFlight = 0;
        double completed = 0;
        double variation = 0;
        int sampled = 0;
        int count = 0;
        for (int j = 0; j < n; j++) {
            double area = (o.inFlightNanos(j) - lastInFlight[j]) * 1e-9;
            double seconds = (o.busyNanos(j) - lastBusy[j]) * 1e-9;
            double done = o.completed(j) - lastCompleted[j];
            lastInFlight[j] = o.inFlightNanos(j);
            lastBusy[j] = o.busyNanos(j);
            lastCompleted[j] = o.completed(j);
            concurrency[j] = concurrency[j] * kept + area;
            busy[j] = busy[j] * kept + seconds;
            double all = (double) o.inFlight(j) + o.peersInFlight(j);
            total[j] = total[j] * keptShort + all * (1 - keptShort);
            active[j] = o.active(j);
            meanInFlight[j] = elapsed > 0 ? area / elapsed : 0;
            if (!active[j]) {
                continue;
            }
            count++;
            double share = elapsed > 0 ? seconds / elapsed : 0;
            busyShare += share;
            inFlight += meanInFlight[j];
            completed += done;
            int at = j * spec.features();
            inputs[at] = 1;
            double fct = o.flowCompletionTime(j, Reduction.MEAN);
            if (fct > 0) {
                inputs[at + 5] = clamp(StrictMath.log(o.flowCompletionTime(j, Reduction.P90) / fct));
                variation += o.flowCompletionTime(j, Reduction.STD) / fct;
                sampled++;
            }
            inputs[at + 8] = (float) corrections[j];
            inputs[at + 9] = busy[j] > 0 ? clamp(StrictMath.log(concurrency[j] / busy[j])) : 0;
            inputs[at + 10] = clamp(share);
            inputs[at + 11] = clamp(KNOWN * StrictMath.log1p(rates.completions(j)));
        }
        relative(o, inputs);
        int at = n * spec.features();
        inputs[at] = count > 0 ? clamp(busyShare / count) : 0;
        inputs[at + 1] = count > 0 ? clamp(StrictMath.log(inFlight / count + HALF / m)) : 0;
        inputs[at + 2] = clamp(StrictMath.log(m));
        inputs[at + 3] = sampled > 0 ? clamp(StrictMath.log1p(variation / sampled)) : 0;
        inputs[at + 4] = count > 0 ? clamp(StrictMath.log(completed / count + HALF / m)) : 0;
        inputs[at + 5] = (float) corrections[n];
        inputs[at + 6] = clamp(spread(inputs, 1));
        inputs[at + 7] = clamp(mean(inputs, 9));
    }

    /** Fills in the features that are ratios to the pool's (geometric) mean. */
    private void relative(Observation o, float[] inputs) {
        boolean known = rates.known();
        for (int j = 0; j < n; j++) {
            column[j] = known ? StrictMath.log(rates.rate(j)) : Double.NaN;
        }
        write(inputs, 1);
        boolean both = known && recent.known();
        for (int j = 0; j < n; j++) {
            column[j] = both ? StrictMath.log(recent.rate(j) / rates.rate(j)) : Double.NaN;
        }
        write(inputs, 2);
        for (int j = 0; j < n; j++) {
            column[j] = StrictMath.log(o.flowCompletionTime(j, Reduction.MEAN));
        }
        write(inputs, 3);
        for (int j = 0; j < n; j++) {
            column[j] = StrictMath.log(o.flowDuration(j, Reduction.DISCOUNTED_MEAN));
        }
        write(inputs, 4);
        for (int j = 0; j < n; j++) {
            column[j] = StrictMath.log((o.inFlight(j) + HALF) / (known ? rates.rate(j) : 1));
        }
        write(inputs, 6);
        for (int j = 0; j < n; j++) {
            column[j] = StrictMath.log((meanInFlight[j] + HALF) / (known ? rates.rate(j) : 1));
        }
        write(inputs, 7);
        if (spec.exchange) {
            for (int j = 0; j < n; j++) {
                column[j] = StrictMath.log((total[j] + HALF) / (known ? rates.rate(j) : 1));
            }
            write(inputs, FEATURES);
            for (int j = 0; j < n; j++) {
                double all = (double) o.inFlight(j) + o.peersInFlight(j);
                column[j] = StrictMath.log((all + HALF) / (known ? rates.rate(j) : 1));
            }
            write(inputs, FEATURES + 1);
        }
    }

    /** Writes the column into a feature, less its mean over the active servers that have a value. */
    private void write(float[] inputs, int feature) {
        double sum = 0;
        int count = 0;
        for (int j = 0; j < n; j++) {
            if (active[j] && Math.abs(column[j]) < Double.POSITIVE_INFINITY) {
                sum += column[j];
                count++;
            }
        }
        for (int j = 0; j < n; j++) {
            if (active[j] && Math.abs(column[j]) < Double.POSITIVE_INFINITY) {
                inputs[j * spec.features() + feature] = clamp(column[j] - sum / count);
            }
        }
    }

    private double mean(float[] inputs, int feature) {
        double sum = 0;
        int count = 0;
        for (int j = 0; j < n; j++) {
            if (active[j]) {
                sum += inputs[j * spec.features() + feature];
                count++;
            }
        }
        return count == 0 ? 0 : sum / count;
    }

    /** Standard deviation over the active servers of a feature whose mean is 0. */
    private double spread(float[] inputs, int feature) {
        double sum = 0;
        int count = 0;
        for (int j = 0; j < n; j++) {
            if (active[j]) {
                double x = inputs[j * spec.features() + feature];
                sum += x * x;
                count++;
            }
        }
        return count == 0 ? 0 : Math.sqrt(sum / count);
    }

    private static float clamp(double x) {
        return (float) Math.max(-LIMIT, Math.min(LIMIT, x));
    }

    @Override
    public double act(float[] action, double[] weights) {
        for (int j = 0; j <= n; j++) {
            corrections[j] = spec.levels == 0 ? action[j] : 2.0 * action[j] / (spec.levels - 1) - 1;
        }
        for (int j = 0; j < n; j++) {
            double rate = rates.known() ? rates.rate(j) : 1;
            weights[j] = rate * StrictMath.exp(spec.reach * corrections[j]);
        }
        return spec.bias / m * StrictMath.exp(spec.biasReach * corrections[n]);
    }
}
