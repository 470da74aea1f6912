package io.marllb.agents.es;

import io.marllb.agents.DivergenceException;
import io.marllb.agents.LearnerSetup;
import io.marllb.agents.Metrics;
import io.marllb.core.rl.AgentId;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.StepResult;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import io.marllb.policies.frozen.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/**
 * Evolution strategies, Salimans et al. (2017), arXiv:1703.03864, algorithm 1, with antithetic pairs (their 2.1) and Adam.
 *
 * <p>A generation: draw ε_k for each pair, play every episode of the batch with θ + σ ε_k and with θ - σ ε_k, and step along the sum of (R+ - R-) ε_k.
 * All members play the same episodes, same seed for same seed, so that the luck of an episode is in both R+ and R- (common random numbers).
 * Differs from the paper: returns are compared within a pair, relative to their size and clipped, instead of ranked over all; differences are
 * divided by their root mean square over the generation; what serves is a moving average of θ (Polyak and Juditsky, 1992).
 *
 * <p>The network is a {@link NetworkSpec.PerServer} without memory whose encoder is fixed: unit 2i is input i where positive, unit 2i + 1 where negative, and
 * the mix hands them on. Evolved are the linear heads: per server a piecewise linear function of its inputs, for the pool one of the means over
 * servers. They start at 0, so the first action is the codec's neutral one. Two hundred generations can move a hundred parameters, not thousands.
 *
 * <p>Not thread-safe; one thread.
 */
public final class EvolutionStrategy implements AutoCloseable {

    private static final double BETA_1 = 0.9; // Kingma and Ba (2015)
    private static final double BETA_2 =
            0.99; // a hundred generations: shorter than usual, since there are only hundreds
    private static final double EPSILON = 1e-8;

    private final EsConfig config;
    private final NetworkSpec.PerServer spec;
    private final Heads.Kind kind;
    private final Streams streams;
    private final long seed;
    private final List<ParallelEnv> environments;
    private final List<StepResult> results = new ArrayList<>();
    private final int servers;
    private final int[] live; // indices of the parameters that evolve
    private final float[] parameters;
    private final double[] average; // [live]
    private final double[] first; // [live], Adam
    private final double[] second; // [live], Adam
    private long generations;
    private long episodes;
    private long steps;

    /**
     * A strategy at the start.
     *
     * @param config its settings
     * @param setup the problem: inputs of n servers with a Box of n + 1 actions; its number of agents does not matter
     * @param environments take turns over a batch; {@link #close} closes them
     * @throws IllegalArgumentException if the problem has another form
     */
    public EvolutionStrategy(EsConfig config, LearnerSetup setup, List<ParallelEnv> environments) {
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
        spec = new NetworkSpec.PerServer(setup.features(), setup.globals(), List.of(2 * inputs), 0, 2, 2);
        seed = setup.seed();
        streams = Streams.of(seed);
        parameters = fixed(spec, inputs);
        live = live(spec);
        average = new double[live.length];
        first = new double[live.length];
        second = new double[live.length];
        for (ParallelEnv env : this.environments) {
            results.add(StepResult.of(env));
        }
    }

    /** Encoder and mix that hand every input on, its positive and its negative part apart. */
    private static float[] fixed(NetworkSpec.PerServer spec, int inputs) {
        float[] flat = new float[spec.parameters()];
        int width = 2 * inputs;
        for (NetworkSpec.Tensor t : spec.tensors()) {
            if (t.name().equals("encoder.0.weight")) {
                for (int i = 0; i < inputs; i++) {
                    flat[t.offset() + i * width + 2 * i] = 1;
                    flat[t.offset() + i * width + 2 * i + 1] = -1;
                }
            } else if (t.name().equals("mix.0.weight")) {
                for (int i = 0; i < width; i++) {
                    flat[t.offset() + i * width + i] = 1; // of the server's own, nothing of the pool's
                }
            }
        }
        return flat;
    }

    /** The heads' means; their log standard deviations serve no purpose here and stay 0. */
    private static int[] live(NetworkSpec spec) {
        List<Integer> indices = new ArrayList<>();
        for (NetworkSpec.Tensor t : spec.tensors()) {
            if (t.name().startsWith("output.") || t.name().startsWith("pooled.")) {
                for (int i = t.offset(); i < t.end(); i += 2) {
                    indices.add(i);
                }
            }
        }
        return indices.stream().mapToInt(Integer::intValue).toArray();
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
        double bias =
                1 - StrictMath.pow(config.averaging(), generations); // the average starts at 0, as Adam's moments do
        float[] flat = parameters.clone();
        for (int i = 0; i < live.length; i++) {
            flat[live[i]] = generations == 0 ? 0 : (float) (average[i] / bias);
        }
        return flat;
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
     * @throws DivergenceException if a return is not finite
     */
    public void generation(Metrics metrics) {
        long[] seeds = seeds("es-episodes", generations, config.batch());
        double[][] noise = new double[config.pairs()][live.length];
        double[] difference = new double[config.pairs()];
        double squares = 0;
        float[] changed = parameters.clone();
        for (int k = 0; k < config.pairs(); k++) {
            RandomGenerator random = streams.stream("es-noise", Math.toIntExact(generations * config.pairs() + k));
            for (int i = 0; i < live.length; i++) {
                noise[k][i] = random.nextGaussian();
            }
            double[] plus = play(changed(changed, noise[k], config.sigma()), seeds, generations * config.batch());
            double[] minus = play(changed(changed, noise[k], -config.sigma()), seeds, generations * config.batch());
            for (int e = 0; e < seeds.length; e++) {
                difference[k] += relative(plus[e], minus[e]) / seeds.length;
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
        for (int i = 0; i < live.length; i++) {
            double x = parameters[live[i]];
            average[i] = config.averaging() * average[i] + (1 - config.averaging()) * x;
            length += x * x;
        }
        metrics.record("train/pair_difference", size);
        metrics.record("train/parameter_norm", Math.sqrt(length));
    }

    private float[] changed(float[] into, double[] noise, double sigma) {
        for (int i = 0; i < live.length; i++) {
            into[live[i]] = (float) (parameters[live[i]] + sigma * noise[i]);
        }
        return into;
    }

    /** How much better the first is, relative to the size of both, so that no scenario counts more than another. */
    private double relative(double plus, double minus) {
        double size = (Math.abs(plus) + Math.abs(minus)) / 2;
        return size == 0 ? 0 : Math.max(-config.clip(), Math.min(config.clip(), (plus - minus) / size));
    }

    private void step(double[][] noise, double[] difference, double size) {
        double c1 = 1 - StrictMath.pow(BETA_1, generations);
        double c2 = 1 - StrictMath.pow(BETA_2, generations);
        for (int i = 0; i < live.length; i++) {
            double gradient = 0;
            for (int k = 0; k < noise.length; k++) {
                gradient += difference[k] / size * noise[k][i] / noise.length;
            }
            first[i] = BETA_1 * first[i] + (1 - BETA_1) * gradient;
            second[i] = BETA_2 * second[i] + (1 - BETA_2) * gradient * gradient;
            parameters[live[i]] += (float) (config.rate() * (first[i] / c1) / (Math.sqrt(second[i] / c2) + EPSILON));
        }
    }

    /**
     * How much less than the neutral action costs, on episodes that are always the same.
     *
     * @return mean over episodes of the relative gain of {@link #parameters} over all heads 0; positive is better
     */
    public double evaluate() {
        long[] seeds = seeds("es-evaluation", 0, config.evaluationEpisodes());
        long e = episodes;
        long s = steps;
        double[] ours = play(parameters(), seeds, 0);
        double[] neutral = play(fixed(spec, spec.features() + spec.globals()), seeds, 0);
        episodes = e;
        steps = s;
        double sum = 0;
        for (int i = 0; i < seeds.length; i++) {
            sum += relative(ours[i], neutral[i]);
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

    /** The return of every episode, the mean over agents. */
    private double[] play(float[] flat, long[] seeds, long turn) {
        FrozenNetwork network = FrozenNetwork.of(spec, flat);
        double[] returns = new double[seeds.length];
        for (int e = 0; e < seeds.length; e++) {
            int which = (int) ((turn + e) % environments.size());
            returns[e] = episode(environments.get(which), results.get(which), network, seeds[e]);
        }
        return returns;
    }

    private double episode(ParallelEnv env, StepResult result, FrozenNetwork network, long seed) {
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
        return sum;
    }

    /**
     * All that is needed to go on with the same bits.
     *
     * @param into filled
     */
    public void save(Tensors into) {
        into.put("es.parameters", parameters.clone());
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
        copy(from.longs("es.average"), average);
        copy(from.longs("es.first"), first);
        copy(from.longs("es.second"), second);
        float[] flat = from.floats("es.parameters");
        if (flat.length != parameters.length) {
            throw new IllegalArgumentException(
                    "the state is of " + flat.length + " parameters, but there are " + parameters.length);
        }
        System.arraycopy(flat, 0, parameters, 0, flat.length);
        long[] counters = from.longs("es.counters");
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
        if (bits.length != into.length) {
            throw new IllegalArgumentException(
                    "the state is of " + bits.length + " parameters, but " + into.length + " evolve");
        }
        for (int i = 0; i < bits.length; i++) {
            into[i] = Double.longBitsToDouble(bits[i]);
        }
    }

    @Override
    public void close() {
        environments.forEach(ParallelEnv::close);
    }
}
