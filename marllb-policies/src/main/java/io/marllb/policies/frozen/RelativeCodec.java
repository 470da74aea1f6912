package io.marllb.policies.frozen;

import io.marllb.core.Need;
import io.marllb.core.Observation;
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
 * <p>Per server: 0 active flag; 1 rate over the memory; 2 rate over a tenth of the memory, against 1; 3 mean completion time over the memory (flow-seconds
 * over completions: Little's law) and 4 over a tenth of it, against 3; 5 own flows in flight over rate, now, and 6 their mean in the interval; 7 last
 * correction; 8 mean own flows in flight while busy; 9 busy share of the interval; 10 completions known of; and with {@code exchange} 11 flows of all
 * balancers over rate, smoothed over a tenth of the memory, and 12 as last heard. Pool: 0 mean busy share; 1 mean own flows in flight; 2 number of
 * balancers; 3 own completions per server and interval; 4 last bias; 5 spread of the rates; 6 mean of 8. All come from counters: reservoirs of durations
 * would double the cost of a simulated flow, and quantiles of them gained nothing where it was tried.
 */
final class RelativeCodec implements Codec {

    /** Bound of every input. */
    static final int LIMIT = 4;

    private static final int FEATURES = 11;
    private static final int EXCHANGED = 2;
    private static final int GLOBALS = 7;
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
    private final double[] areas; // [n], decayed flow-seconds
    private final double[] recentAreas; // [n]
    private final double[] busy; // [n], decayed busy seconds
    private final double[] total; // [n], smoothed flows of all balancers
    private final double[] meanInFlight; // [n], of the interval
    private final double[] logRate; // [n]
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
        areas = new double[n];
        recentAreas = new double[n];
        busy = new double[n];
        total = new double[n];
        meanInFlight = new double[n];
        logRate = new double[n];
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
        public boolean activeFirst() {
            return true;
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
            EnumSet<Need> needs = EnumSet.of(Need.FLOW_END);
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
    public double startBias() {
        return spec.bias / m;
    }

    @Override
    public void reset() {
        rates.reset();
        recent.reset();
        Arrays.fill(corrections, 0);
        Arrays.fill(lastInFlight, 0);
        Arrays.fill(lastBusy, 0);
        Arrays.fill(lastCompleted, 0);
        Arrays.fill(areas, 0);
        Arrays.fill(recentAreas, 0);
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
        int count = 0;
        for (int j = 0; j < n; j++) {
            double area = (o.inFlightNanos(j) - lastInFlight[j]) * 1e-9;
            double seconds = (o.busyNanos(j) - lastBusy[j]) * 1e-9;
            double done = o.completed(j) - lastCompleted[j];
            lastInFlight[j] = o.inFlightNanos(j);
            lastBusy[j] = o.busyNanos(j);
            lastCompleted[j] = o.completed(j);
            areas[j] = areas[j] * kept + area;
            busy[j] = busy[j] * kept + seconds;
            recentAreas[j] = recentAreas[j] * keptShort + area;
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
            inputs[at + 7] = (float) corrections[j];
            inputs[at + 8] = busy[j] > 0 ? clamp(StrictMath.log(areas[j] / busy[j])) : 0;
            inputs[at + 9] = clamp(share);
            inputs[at + 10] = clamp(KNOWN * StrictMath.log1p(rates.completions(j)));
        }
        relative(o, inputs);
        int at = n * spec.features();
        inputs[at] = count > 0 ? clamp(busyShare / count) : 0;
        inputs[at + 1] = count > 0 ? clamp(StrictMath.log(inFlight / count + HALF / m)) : 0;
        inputs[at + 2] = clamp(StrictMath.log(m));
        inputs[at + 3] = count > 0 ? clamp(StrictMath.log(completed / count + HALF / m)) : 0;
        inputs[at + 4] = (float) corrections[n];
        inputs[at + 5] = clamp(spread(inputs, 1));
        inputs[at + 6] = clamp(mean(inputs, 8));
    }

    /** Fills in the features that are ratios to the pool's (geometric) mean. */
    private void relative(Observation o, float[] inputs) {
        boolean known = rates.known();
        boolean both = known && recent.known();
        for (int j = 0; j < n; j++) {
            logRate[j] = known ? StrictMath.log(rates.rate(j)) : 0;
            column[j] = logRate[j];
        }
        write(inputs, 1);
        for (int j = 0; j < n; j++) {
            column[j] = both ? StrictMath.log(recent.rate(j)) - logRate[j] : Double.NaN;
        }
        write(inputs, 2);
        for (int j = 0; j < n; j++) {
            column[j] = StrictMath.log(areas[j] / rates.completions(j));
        }
        write(inputs, 3);
        for (int j = 0; j < n; j++) {
            column[j] = StrictMath.log(recentAreas[j] / recent.completions(j)) - column[j];
        }
        write(inputs, 4);
        for (int j = 0; j < n; j++) {
            column[j] = StrictMath.log(o.inFlight(j) + HALF) - logRate[j];
        }
        write(inputs, 5);
        for (int j = 0; j < n; j++) {
            column[j] = StrictMath.log(meanInFlight[j] + HALF) - logRate[j];
        }
        write(inputs, 6);
        if (spec.exchange) {
            for (int j = 0; j < n; j++) {
                column[j] = StrictMath.log(total[j] + HALF) - logRate[j];
            }
            write(inputs, FEATURES);
            for (int j = 0; j < n; j++) {
                column[j] = StrictMath.log((double) o.inFlight(j) + o.peersInFlight(j) + HALF) - logRate[j];
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
