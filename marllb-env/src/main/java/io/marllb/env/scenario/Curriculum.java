package io.marllb.env.scenario;

import io.marllb.core.rng.Streams;
import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.Distribution;
import io.marllb.env.traffic.FlowClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.random.RandomGenerator;

/**
 * Random clusters to train and to tune on, so that what is learnt fits none of the named scenarios in particular. Immutable.
 *
 * <p>Drawn are utilisation (0.6 to 0.95), capacities (equal, two kinds, spread from 1 to 16 cores, or one core each at hidden speeds from 0.25 to
 * 2), the second hyper-thread's gain, the law of sizes (exponential, lognormal, bounded Pareto, or pages and files with I/O), flows per second and
 * core, and what happens: nothing, one change of speeds for good (two servers fail by half, or halves of the pool swap), or neighbours that slow a
 * quarter of the servers to 40 % for a while, over and over. Static weights are never known. At most 0.95 of the capacity left is ever used.
 *
 * <p>As a text: {@code curriculum}, {@code curriculum:servers=16:balancers=4}, and with {@code seed=7} one certain draw.
 *
 * @param servers n, {@code >= 2}
 * @param balancers m, {@code >= 1}
 */
public record Curriculum(int servers, int balancers) {

    /** First word of the text form. */
    public static final String NAME = "curriculum";

    /** Servers unless said otherwise: the size at which shipped agents are trained. */
    public static final int SERVERS = 8;

    /** Balancers unless said otherwise, as in most scenarios. */
    public static final int BALANCERS = 2;

    private static final double SECOND = 1e9;
    private static final double MILLISECOND = 1e6;
    private static final double EVENT_SPAN = 120 * SECOND; // events happen in the first two minutes
    private static final long TRAFFIC_SPAN = 120_000_000_000L;
    private static final int WORKERS = 64;
    private static final int BACKLOG = 256;
    private static final double SLOWED = 0.4; // an antagonist's servers, as in the published testbed
    private static final double MAX_RATE = 1_000; // keeps episodes short
    private static final double HEADROOM = 0.95;

    /** Checks the sizes. */
    public Curriculum {
        if (servers < 2 || servers > Scenario.MAX_SERVERS) {
            throw new IllegalArgumentException(
                    "servers must be in [2, " + Scenario.MAX_SERVERS + "], but was " + servers);
        }
        if (balancers < 1 || balancers > Scenario.MAX_BALANCERS) {
            throw new IllegalArgumentException(
                    "balancers must be in [1, " + Scenario.MAX_BALANCERS + "], but was " + balancers);
        }
    }

    /**
     * Whether a text means random clusters.
     *
     * @param text any
     * @return true if it starts with {@link #NAME}
     */
    public static boolean isNamed(String text) {
        return text.equals(NAME) || text.startsWith(NAME + ":");
    }

    /**
     * Whether a text means a new cluster for every episode: random clusters without a seed.
     *
     * @param text any
     * @return false for one certain draw
     */
    public static boolean isDrawn(String text) {
        return isNamed(text) && !text.contains(":seed=");
    }

    /**
     * Reads the text form.
     *
     * @param text such as {@code curriculum:balancers=4}; a seed is left to {@link Scenarios#load}
     * @return the distribution
     * @throws IllegalArgumentException if a key or a value is wrong
     */
    public static Curriculum parse(String text) {
        int n = SERVERS;
        int m = BALANCERS;
        for (String part : text.strip().split(":", -1)) {
            if (part.startsWith("servers=")) {
                n = whole(part);
            } else if (part.startsWith("balancers=")) {
                m = whole(part);
            } else if (!part.equals(NAME) && !part.startsWith("seed=")) {
                throw new IllegalArgumentException(
                        "'" + text + "' has '" + part + "'; curriculum knows servers, balancers and seed");
            }
        }
        return new Curriculum(n, m);
    }

    private static int whole(String part) {
        String value = part.substring(part.indexOf('=') + 1);
        if (!value.matches("\\d{1,9}")) {
            throw new IllegalArgumentException("'" + part + "' must have a whole number");
        }
        return Integer.parseInt(value);
    }

    /**
     * The form that {@link #parse} reads.
     *
     * @return such as {@code curriculum:servers=8:balancers=2}
     */
    public String text() {
        return NAME + ":servers=" + servers + ":balancers=" + balancers;
    }

    /** The draw that a text with a seed means, called after the seed. */
    static Scenario load(String text) {
        Curriculum curriculum = parse(text);
        long seed = 1;
        for (String part : text.split(":", -1)) {
            if (part.startsWith("seed=")) {
                seed = whole(part);
            }
        }
        return curriculum.draw(NAME + "-" + seed, Streams.of(seed).stream(NAME));
    }

    /**
     * Draws a cluster.
     *
     * @param random where every draw comes from
     * @return a scenario of two minutes
     */
    public Scenario draw(RandomGenerator random) {
        return draw(NAME, random);
    }

    private Scenario draw(String name, RandomGenerator random) {
        List<ServerSpec> specs = cluster(random);
        List<ScenarioEvent> events = new ArrayList<>();
        double left = happen(random, specs, events);
        double utilisation = Math.min(uniform(random, 0.6, 0.95), HEADROOM * left);
        double full = 0;
        double cores = 0;
        for (ServerSpec s : specs) {
            full += s.fullRate();
            cores += s.capacity();
        }
        double perCore = logUniform(random, 8, 100); // flows per second and core: service times of some 8 to 120 ms
        double rate = Math.min(perCore * cores, MAX_RATE);
        double meanWork = utilisation * full / rate * SECOND;
        return new Scenario(
                name,
                balancers,
                specs,
                false,
                new Scenario.Traffic(new Arrivals.Poisson(rate), classes(random, meanWork), 2),
                Scenario.Network.none(),
                events,
                Scenario.Control.defaults(),
                new Scenario.Run(OptionalLong.empty(), OptionalLong.of(TRAFFIC_SPAN), 0.1, 1));
    }

    private List<ServerSpec> cluster(RandomGenerator random) {
        int kind = random.nextInt(7); // clusters that spread from 1 to 16 cores would outweigh the rest: one in seven
        double smt = random.nextInt(3) == 0 ? 0.2 : 0; // as fitted to the published testbed
        int weak = 1 << random.nextInt(3);
        List<ServerSpec> specs = new ArrayList<>();
        for (int j = 0; j < servers; j++) {
            switch (kind) {
                case 0, 1 -> specs.add(server(weak, 1, smt));
                case 2, 3 -> specs.add(server(random.nextBoolean() ? weak : 2 * weak, 1, smt));
                case 4 -> specs.add(server(1 << random.nextInt(5), 1, smt));
                default -> specs.add(server(1, logUniform(random, 0.25, 2), smt));
            }
        }
        return specs;
    }

    private static ServerSpec server(int cores, double speed, double smt) {
        return new ServerSpec(cores, speed, smt, WORKERS, BACKLOG, Discipline.PS);
    }

    /** Adds events; the share of the capacity that is left at the worst time. */
    private double happen(RandomGenerator random, List<ServerSpec> specs, List<ScenarioEvent> events) {
        double total = specs.stream().mapToDouble(ServerSpec::fullRate).sum();
        int kind = random.nextInt(4);
        if (kind < 2) {
            return 1;
        }
        if (kind == 2) {
            long at = (long) (uniform(random, 0.15, 0.7) * EVENT_SPAN);
            boolean swap = random.nextBoolean();
            double after = 0;
            for (int j = 0; j < servers; j++) {
                double factor = swap ? (j < servers / 2 ? 0.5 : 2) : j < 2 ? 0.5 : 1;
                after += specs.get(j).fullRate() * factor;
                if (factor != 1) {
                    events.add(new ScenarioEvent.SetSpeed(
                            at, List.of(j), specs.get(j).speed() * factor));
                }
            }
            return Math.min(1, after / total);
        }
        int group = Math.max(1, servers / 4);
        double onNanos = uniform(random, 10, 30) * SECOND;
        double pause = uniform(random, 0, 15) * SECOND;
        double worst = 1;
        for (double t = uniform(random, 2, 10) * SECOND; t < EVENT_SPAN; t += onNanos + pause) {
            List<Integer> slowed = new ArrayList<>();
            double left = total;
            int from = random.nextInt(servers);
            for (int i = 0; i < group; i++) {
                int j = (from + i) % servers;
                slowed.add(j);
                left -= specs.get(j).fullRate() * (1 - SLOWED);
            }
            worst = Math.min(worst, left / total);
            for (int j : slowed) {
                double speed = specs.get(j).speed();
                events.add(new ScenarioEvent.SetSpeed((long) t, List.of(j), speed * SLOWED));
                events.add(new ScenarioEvent.SetSpeed((long) (t + onNanos), List.of(j), speed));
            }
        }
        return worst;
    }

    private static List<FlowClass> classes(RandomGenerator random, double mean) {
        return switch (random.nextInt(5)) {
            case 0 -> List.of(job(new Distribution.Lognormal(mean, 1.5)));
            case 1 -> List.of(job(new Distribution.Lognormal(mean, 4)));
            case 2 -> {
                Distribution.ParetoBounded unit = new Distribution.ParetoBounded(1.5, MILLISECOND, 2500 * MILLISECOND);
                double scale = mean / unit.mean();
                yield List.of(job(new Distribution.ParetoBounded(1.5, unit.min() * scale, unit.max() * scale)));
            }
            case 3 -> {
                double file = mean / 4; // files are small, pages carry the rest of the mean
                double page = (mean - 0.7 * file) / 0.3;
                yield List.of(
                        new FlowClass(
                                "page",
                                0.3,
                                new Distribution.Lognormal(page, 1.5),
                                Optional.of(new Distribution.Exponential(page / 3))),
                        new FlowClass("file", 0.7, new Distribution.Exponential(file), Optional.empty()));
            }
            default -> List.of(job(new Distribution.Exponential(mean)));
        };
    }

    private static FlowClass job(Distribution cpu) {
        return new FlowClass("job", 1, cpu, Optional.empty());
    }

    private static double uniform(RandomGenerator random, double low, double high) {
        return low + (high - low) * random.nextDouble();
    }

    private static double logUniform(RandomGenerator random, double low, double high) {
        return low * StrictMath.pow(high / low, random.nextDouble());
    }
}
