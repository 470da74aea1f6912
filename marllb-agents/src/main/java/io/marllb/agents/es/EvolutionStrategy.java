package io.marllb.agents.es;

import io.marllb.agents.DivergenceException;
import io.marllb.agents.LearnerSetup;
import io.marllb.agents.Metrics;
import io.marllb.core.rl.AgentId;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.StepResult;
import io.marllb.core.rng.Normal;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import io.marllb.policies.frozen.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;
import java.util.random.RandomGenerator;

/**
 * Evolution strategies, Salimans et al. (2017), arXiv:1703.03864, algorithm 1, with antithetic pairs (their 2.1) and Adam.
 *
 * <p>A generation: draw ε_k for each pair, play every episode of the batch with θ + σ ε_k and with θ - σ ε_k, and step along the sum of (R+ - R-) ε_k.
 * All members play the same episodes, same seed for same seed, so that the luck of an episode is in both R+ and R- (common random numbers).
 * Differs from the paper: returns and tails are compared within a pair, relative to their size and clipped, instead of ranked over all; differences are
 * divided by their root mean square over the generation; what serves is a moving average of θ (Polyak and Juditsky, 1992).
 *
 * <p>The network is a {@link NetworkSpec.PerServer} without memory whose encoder is fixed: unit i is input i plus {@value #OFFSET}, which is never
 * negative, so the ReLU lets it pass; the mix hands it on. Evolved are linear heads, with the offset taken out again: per server a weight of each of
 * its inputs but the active flag, and for the pool a weight of each global input and a constant. They start at 0 unless the settings say
 * otherwise, so the first action is the codec's neutral one. That is some twenty parameters: differences within a pair are about one per cent and as large as their noise, and a hundred
 * generations can find a direction among twenty, not among thousands (docs/algorithms/marllb.md has what was tried).
 *
 * <p>Not thread-safe; one thread.
 */
public final class EvolutionStrategy implements AutoCloseable {

    static final int OFFSET = 4; // inputs of the relative codec are in [-4, 4]

    private static final double BETA_1 = 0.9; // Kingma and Ba (2015)
    private static final double BETA_2 =
            0.99; // a hundred generations: shorter than usual, since there are only hundreds
    private static final double EPSILON = 1e-8;

    /** What an episode paid and how bad its worst was. */
    private record Outcome(double reward, double tail) {}

    private final EsConfig config;
    private final ToDoubleFunction<StepResult> tail;
    private final NetworkSpec.PerServer spec;
    private final Heads.Kind kind;
    private final Streams streams;
    private final long seed;
    private final List<ParallelEnv> environments;
    private final List<StepResult> results = new ArrayList<>();
    private final int servers;
    private final double[] parameters; // those that evolve
    private final double[] average;
    private final double[] first; // Adam
    private final double[] second; // Adam
    private long generations;
    private long episodes;
    private long steps;

    /**
     * A strategy at the start.
     *
     * @param config its settings
     * @param setup the problem: inputs of n servers with a Box of n + 1 actions; its number of agents does not matter
     * @param environments take turns over a batch; {@link #close} closes them
     * @param tail cost of an episode's worst, such as a 99th percentile, {@code >= 0}, from its last step
     * @throws IllegalArgumentException if the problem has another form
     */
    public EvolutionStrategy(
            EsConfig config, LearnerSetup setup, List<ParallelEnv> environments, ToDoubleFunction<StepResult> tail) {
        this.tail = tail;
        this.config = config;
        this.environments = List.copyOf(environments);
        servers = setup.servers();
        Heads heads = Heads.of(Heads.Kind.GAUSSIAN, setup.actionSpace());
        if (servers < 1 || heads.actionSize() != servers + 1) {
            throw new IllegalArgumentException(
                    "es learns corrections of weights and bias: it needs codec relative without levels, but the action space is "
                            + setup.actionSpace());
        }
        kind = heads.kind();
        int inputs = setup.features() + setup.globals();
        spec = new NetworkSpec.PerServer(setup.features(), setup.globals(), List.of(inputs), 0, 2, 2);
        seed = setup.seed();
        streams = Streams.of(seed);
        if (!config.start().isEmpty() && config.start().size() != inputs) {
            throw new IllegalArgumentException("start has " + config.start().size() + " numbers, but " + inputs
                    + " evolve with this codec: pass so many, or none");
        }
        parameters = new double[inputs];
        for (int i = 0; i < config.start().size(); i++) {
            parameters[i] = config.start().get(i);
        }
        average = new double[inputs];
        first = new double[inputs];
        second = new double[inputs];
        for (ParallelEnv env : this.environments) {
            results.add(StepResult.of(env));
        }
    }

    /** Encoder and mix that hand every input on; the heads are 0. */
    private static float[] fixed(NetworkSpec.PerServer spec, int inputs) {
        float[] flat = new float[spec.parameters()];
        for (NetworkSpec.Tensor t : spec.tensors()) {
            if (t.name().equals("encoder.0.weight") || t.name().equals("mix.0.weight")) {
                for (int i = 0; i < inputs; i++) { // the mix: of the server's own, nothing of the pool's
                    flat[t.offset() + i * inputs + i] = 1;
                }
            } else if (t.name().equals("encoder.0.bias")) {
                Arrays.fill(flat, t.offset(), t.end(), OFFSET);
            }
        }
        return flat;
    }

    /** Writes the evolved numbers into the heads' means; their log standard deviations serve no purpose here and stay 0. */
    private float[] network(double[] evolved) {
        float[] flat = fixed(spec, spec.features() + spec.globals());
        int k = 0;
        for (NetworkSpec.Tensor t : spec.tensors()) {
            boolean perServer = t.name().startsWith("output.");
            if (t.name().equals("output.weight") || t.name().equals("pooled.weight")) {
                int from = perServer ? 1 : spec.features();
                int to = perServer ? spec.features() : spec.features() + spec.globals();
                double offset = 0;
                for (int i = from; i < to; i++) {
                    flat[t.offset() + 2 * i] = (float) evolved[k];
                    offset += OFFSET * (double) (float) evolved[k];
                    k++;
                }
                double constant = perServer ? 0 : evolved[k++];
                flat[t.end()] = (float) (constant - offset); // the bias is the next tensor
            }
        }
        return flat;
    }

    /**
     * The shape of the network.
     *
     * @return for any number of servers
     */
    public NetworkSpec actor() {
        return spec;
    }

    /**
     * How its outputs become an action.
     *
     * @return a Gaussian, of which only the mean is used
     */
    public Heads.Kind heads() {
        return kind;
    }

    /**
     * What serves: the average of the parameters.
     *
     * @return a new array, in the order of the network's tensors
     */
    public float[] parameters() {
        return network(evolved());
    }

    /**
     * The numbers behind {@link #parameters}: a weight of each input of a server but the active flag, a weight of each input of the pool, and the pool's
     * constant.
     *
     * @return a new array
     */
    public double[] evolved() {
        double bias =
                1 - StrictMath.pow(config.averaging(), generations); // the average starts at 0, as Adam's moments do
        double[] mean = parameters.clone();
        for (int i = 0; i < mean.length && generations > 0; i++) {
            mean[i] = average[i] / bias;
        }
        return mean;
    }

    /**
     * Generations so far.
     *
     * @return count
     */
    public long generations() {
        return generations;
    }

    /**
     * Episodes played so far, evaluations not counted.
     *
     * @return count
     */
    public long episodes() {
        return episodes;
    }

    /**
     * Environment steps so far, evaluations not counted.
     *
     * @return count
     */
    public long steps() {
        return steps;
    }

    /**
     * One generation.
     *
     * @param metrics told the root mean square difference within pairs and the length of the heads
     * @throws DivergenceException if a return is not finite or a parameter exploded
     */
    public void generation(Metrics metrics) {
        long[] seeds = seeds("es-episodes", generations, config.batch());
        double[][] noise = new double[config.pairs()][parameters.length];
        double[] difference = new double[config.pairs()];
        double squares = 0;
        for (int k = 0; k < config.pairs(); k++) {
            RandomGenerator random = streams.stream("es-noise", Math.toIntExact(generations * config.pairs() + k));
            for (int i = 0; i < parameters.length; i++) {
                noise[k][i] = Normal.sample(random);
            }
            Outcome[] plus = play(changed(noise[k], config.sigma()), seeds, generations * config.batch());
            Outcome[] minus = play(changed(noise[k], -config.sigma()), seeds, generations * config.batch());
            for (int e = 0; e < seeds.length; e++) {
                difference[k] += better(plus[e], minus[e]) / seeds.length;
            }
            squares += difference[k] * difference[k];
        }
        double size = Math.sqrt(squares / config.pairs());
        if (!(size < Double.POSITIVE_INFINITY)) {
            throw new DivergenceException("return", size, generations, seed);
        }
        generations++;
        if (size > 0) {
            step(noise, difference, size);
        }
        double length = 0;
        for (int i = 0; i < parameters.length; i++) {
            double x = parameters[i];
            average[i] = config.averaging() * average[i] + (1 - config.averaging()) * x;
            length += x * x;
        }
        DivergenceException.check("train/parameter_norm", Math.sqrt(length), generations, seed);
        metrics.record("train/pair_difference", size);
        metrics.record("train/parameter_norm", Math.sqrt(length));
    }

    private float[] changed(double[] noise, double sigma) {
        double[] changed = parameters.clone();
        for (int i = 0; i < changed.length; i++) {
            changed[i] += sigma * noise[i];
        }
        return network(changed);
    }

    private double better(Outcome plus, Outcome minus) {
        return relative(plus.reward, minus.reward) - config.tail() * relative(plus.tail, minus.tail);
    }

    /** How much larger the first is, relative to the size of both, so that no scenario counts more than another. */
    private double relative(double plus, double minus) {
        double size = (Math.abs(plus) + Math.abs(minus)) / 2;
        return size == 0 ? 0 : Math.max(-config.clip(), Math.min(config.clip(), (plus - minus) / size));
    }

    private void step(double[][] noise, double[] difference, double size) {
        double c1 = 1 - StrictMath.pow(BETA_1, generations);
        double c2 = 1 - StrictMath.pow(BETA_2, generations);
        for (int i = 0; i < parameters.length; i++) {
            double gradient = 0;
            for (int k = 0; k < noise.length; k++) {
                gradient += difference[k] / size * noise[k][i] / noise.length;
            }
            first[i] = BETA_1 * first[i] + (1 - BETA_1) * gradient;
            second[i] = BETA_2 * second[i] + (1 - BETA_2) * gradient * gradient;
            parameters[i] += config.rate() * (first[i] / c1) / (Math.sqrt(second[i] / c2) + EPSILON);
        }
    }

    /**
     * How much less than the neutral action costs, on episodes that are always the same.
     *
     * @return mean over episodes of the relative gain of {@link #parameters} over all heads 0, tails included; positive is better
     */
    public double evaluate() {
        long[] seeds = seeds("es-evaluation", 0, config.evaluationEpisodes());
        long e = episodes;
        long s = steps;
        Outcome[] ours = play(parameters(), seeds, 0);
        Outcome[] neutral = play(network(new double[parameters.length]), seeds, 0);
        episodes = e;
        steps = s;
        double sum = 0;
        for (int i = 0; i < seeds.length; i++) {
            sum += better(ours[i], neutral[i]);
        }
        return sum / seeds.length;
    }

    private long[] seeds(String name, long index, int count) {
        RandomGenerator random = streams.stream(name, Math.toIntExact(index));
        long[] seeds = new long[count];
        for (int i = 0; i < count; i++) {
            seeds[i] = random.nextLong();
        }
        return seeds;
    }

    /** Plays every episode; rewards are means over agents. */
    private Outcome[] play(float[] flat, long[] seeds, long turn) {
        FrozenNetwork network = FrozenNetwork.of(spec, flat);
        Outcome[] outcomes = new Outcome[seeds.length];
        for (int e = 0; e < seeds.length; e++) {
            int which = (int) ((turn + e) % environments.size());
            outcomes[e] = episode(environments.get(which), results.get(which), network, seeds[e]);
        }
        return outcomes;
    }

    private Outcome episode(ParallelEnv env, StepResult result, FrozenNetwork network, long seed) {
        List<AgentId> agents = env.possibleAgents();
        int m = agents.size();
        Heads heads = Heads.of(kind, env.actionSpace(agents.get(0)));
        FrozenNetwork.Runner runner = network.runner(servers); // without memory one serves all agents
        float[] outputs = new float[heads.outputs()];
        float[][] actions = new float[m][heads.actionSize()];
        env.reset(OptionalLong.of(seed), result);
        double sum = 0;
        boolean ended = false;
        while (!ended) {
            for (int a = 0; a < m; a++) {
                runner.step(result.observation(a), outputs);
                heads.greedy(outputs, actions[a]);
            }
            env.step(actions, result);
            for (int a = 0; a < m; a++) {
                sum += result.reward(a) / m;
            }
            ended = result.ended(0);
            steps++;
        }
        episodes++;
        return new Outcome(sum, tail.applyAsDouble(result));
    }

    /**
     * All that is needed to go on with the same bits.
     *
     * @param into filled
     */
    public void save(Tensors into) {
        into.put("es.parameters", bits(parameters));
        into.put("es.average", bits(average));
        into.put("es.first", bits(first));
        into.put("es.second", bits(second));
        into.put("es.counters", new long[] {generations, episodes, steps});
    }

    /**
     * Goes on from {@link #save}.
     *
     * @param from of a strategy with the same settings and problem
     * @throws IllegalArgumentException if something is missing or of another size
     */
    public void load(Tensors from) {
        copy(from.longs("es.average", average.length), average);
        copy(from.longs("es.first", first.length), first);
        copy(from.longs("es.second", second.length), second);
        copy(from.longs("es.parameters", parameters.length), parameters);
        long[] counters = from.longs("es.counters", 3);
        if (counters[0] < 0 || counters[1] < 0 || counters[2] < 0) {
            throw new IllegalArgumentException(
                    "tensor 'es.counters' must be >= 0, but was " + Arrays.toString(counters));
        }
        generations = counters[0];
        episodes = counters[1];
        steps = counters[2];
    }

    private static long[] bits(double[] values) {
        long[] bits = new long[values.length];
        for (int i = 0; i < bits.length; i++) {
            bits[i] = Double.doubleToRawLongBits(values[i]);
        }
        return bits;
    }

    private static void copy(long[] bits, double[] into) {
        for (int i = 0; i < bits.length; i++) {
            into[i] = Double.longBitsToDouble(bits[i]);
        }
    }

    @Override
    public void close() {
        environments.forEach(ParallelEnv::close);
    }
}
