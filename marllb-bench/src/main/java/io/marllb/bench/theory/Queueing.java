package io.marllb.bench.theory;

import java.util.Objects;

/**
 * Closed forms of queueing theory, in units of the mean service time (service rate 1 per server).
 *
 * <p>"Response" is waiting plus service. Utilisation is the offered work per server, in (0, 1). Every form is evaluated by recursions that
 * neither overflow nor cancel for thousands of servers. Sources: Kleinrock, Queueing Systems I (1975), chapters 3 to 5; Harchol-Balter,
 * Performance Modeling and Design of Computer Systems (2013), chapters 13 to 15, 23 and 30; others at their methods.
 */
public final class Queueing {

    /** Capacity of a system that never rejects. */
    public static final int UNLIMITED = Integer.MAX_VALUE;

    private static final double RESCALE_ABOVE = 1e200;

    private Queueing() {}

    /**
     * A system with finite room, or a state-dependent rate, in equilibrium.
     *
     * @param blocking share of the arrivals that are rejected
     * @param meanNumber mean number in the system
     * @param meanResponse mean response time of the accepted, by Little's law
     */
    public record Equilibrium(double blocking, double meanNumber, double meanResponse) {}

    /**
     * Mean response time of M/M/1: {@code 1 / (1 - rho)}.
     *
     * @param utilisation rho, in (0, 1)
     * @return mean service times
     */
    public static double mm1MeanResponse(double utilisation) {
        requireStable(utilisation);
        return 1 / (1 - utilisation);
    }

    /**
     * Quantile of the response time of M/M/1 in order of arrival, which is exponential: {@code -ln(1 - p) / (1 - rho)}.
     *
     * @param probability p, in [0, 1)
     * @param utilisation rho, in (0, 1)
     * @return mean service times
     */
    public static double mm1ResponseQuantile(double probability, double utilisation) {
        requireStable(utilisation);
        requireProbability(probability);
        return -StrictMath.log1p(-probability) / (1 - utilisation);
    }

    /**
     * Erlang's loss formula B(c, a): share of the arrivals that find all servers of M/G/c/c busy, whatever the service law.
     *
     * <p>By the recursion {@code B(j) = a B(j-1) / (j + a B(j-1))}, which stays in [0, 1]; O(c).
     *
     * @param servers c, {@code >= 1}
     * @param offered a, arrival rate times mean service time, finite, {@code > 0}
     * @return a probability
     */
    public static double erlangB(int servers, double offered) {
        requireServers(servers);
        requirePositive(offered, "offered");
        double blocking = 1;
        for (int j = 1; j <= servers; j++) {
            blocking = offered * blocking / (j + offered * blocking);
        }
        return blocking;
    }

    /**
     * Erlang's delay formula C(c, a): probability that an arrival of M/M/c waits, {@code B / (1 - rho (1 - B))} with {@code rho = a / c}.
     *
     * @param servers c, {@code >= 1}
     * @param offered a, in (0, c)
     * @return a probability
     */
    public static double erlangC(int servers, double offered) {
        double blocking = erlangB(servers, offered);
        double utilisation = offered / servers;
        requireStable(utilisation);
        return blocking / (1 - utilisation * (1 - blocking));
    }

    /**
     * Mean waiting time of M/M/c: {@code C(c, c rho) / (c (1 - rho))}.
     *
     * @param servers c, {@code >= 1}
     * @param utilisation rho, in (0, 1)
     * @return mean service times
     */
    public static double mmcMeanWait(int servers, double utilisation) {
        return erlangC(servers, servers * utilisation) / (servers * (1 - utilisation));
    }

    /**
     * Mean response time of M/M/c; also of M/G/c under processor sharing where no job is faster than one core, for every service law (Cohen,
     * The multiple phase service network with generalized processor sharing, Acta Informatica 12, 1979).
     *
     * @param servers c, {@code >= 1}
     * @param utilisation rho, in (0, 1)
     * @return mean service times
     */
    public static double mmcMeanResponse(int servers, double utilisation) {
        return 1 + mmcMeanWait(servers, utilisation);
    }

    /**
     * Probability that an arrival of M/M/c waits longer than t, in order of arrival: {@code C e^(-c (1 - rho) t)}.
     *
     * @param servers c, {@code >= 1}
     * @param utilisation rho, in (0, 1)
     * @param time t, {@code >= 0}
     * @return a probability
     */
    public static double mmcWaitExceeds(int servers, double utilisation, double time) {
        requireNotNegative(time, "time");
        return erlangC(servers, servers * utilisation) * StrictMath.exp(-servers * (1 - utilisation) * time);
    }

    /**
     * Probability that the response time of M/M/c, in order of arrival, exceeds t.
     *
     * <p>With {@code theta = c (1 - rho)} and C the probability of waiting: {@code e^-t (1 + C (1 - e^(-(theta-1) t)) / (theta-1))}, the
     * convolution of the wait with an exponential service, written so that theta near 1 does not cancel.
     *
     * @param servers c, {@code >= 1}
     * @param utilisation rho, in (0, 1)
     * @param time t, {@code >= 0}
     * @return a probability
     */
    public static double mmcResponseExceeds(int servers, double utilisation, double time) {
        requireNotNegative(time, "time");
        return responseExceeds(erlangC(servers, servers * utilisation), servers * (1 - utilisation), time);
    }

    /**
     * Quantile of the response time of M/M/c, in order of arrival; by bisection to the last bits.
     *
     * @param probability p, in [0, 1)
     * @param servers c, {@code >= 1}
     * @param utilisation rho, in (0, 1)
     * @return mean service times
     */
    public static double mmcResponseQuantile(double probability, int servers, double utilisation) {
        requireProbability(probability);
        double waits = erlangC(servers, servers * utilisation);
        double theta = servers * (1 - utilisation);
        double tail = 1 - probability;
        double low = 0;
        double high = 1;
        while (responseExceeds(waits, theta, high) > tail) {
            high *= 2;
        }
        // 100 halvings end at neighbouring doubles; the bound only guards against a cycle between them.
        for (int i = 0; i < 100; i++) {
            double middle = low + (high - low) / 2;
            if (responseExceeds(waits, theta, middle) > tail) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return high;
    }

    private static double responseExceeds(double waits, double theta, double time) {
        // theta < 1: the wait decays slower than the service, so factor out its exponential to keep every term bounded.
        double x = (theta - 1) * time;
        if (x >= 0) {
            return StrictMath.exp(-time) * (1 + waits * time * relativeExpm1(x));
        }
        return StrictMath.exp(-time) + waits * time * StrictMath.exp(-theta * time) * relativeExpm1(-x);
    }

    /** (1 - e^-x) / x, 1 at x = 0. */
    private static double relativeExpm1(double x) {
        return x == 0 ? 1 : -StrictMath.expm1(-x) / x;
    }

    /**
     * M/M/c/K: c servers, room for K in all; the rest is rejected. Holds for any load.
     *
     * @param servers c, {@code >= 1}
     * @param capacity K, workers plus backlog, {@code >= c}
     * @param offered a, arrival rate times mean service time, finite, {@code > 0}
     * @return the equilibrium; response of the accepted
     */
    public static Equilibrium mmck(int servers, int capacity, double offered) {
        requireServers(servers);
        if (capacity < servers) {
            throw new IllegalArgumentException("capacity must be >= servers (" + servers + "), but was " + capacity
                    + "; it counts those in service too");
        }
        double[] rates = new double[servers];
        for (int k = 1; k <= servers; k++) {
            rates[k - 1] = k;
        }
        return stateDependent(offered, rates, capacity);
    }

    /**
     * A birth-death queue: Poisson arrivals, departure rate that depends on the number present, room for {@code capacity}.
     *
     * <p>With exponential service it holds for every discipline. Under processor sharing that gives each job an equal share, it holds for every
     * service law: the queue is symmetric (Kelly, Reversibility and Stochastic Networks, 1979, theorem 3.10), which covers cores and
     * simultaneous multithreading as long as nobody waits outside the sharing. Levels beyond the given rates are summed as a geometric series.
     *
     * @param arrivalRate arrivals per mean service time, finite, {@code > 0}
     * @param rates total departure rate with 1, 2, ... jobs, in mean services per mean service time, each {@code > 0}; the last holds beyond
     * @param capacity most jobs in the system, or {@link #UNLIMITED}
     * @return the equilibrium
     * @throws IllegalArgumentException if there is no equilibrium: unlimited capacity and an arrival rate not below the last rate
     */
    public static Equilibrium stateDependent(double arrivalRate, double[] rates, int capacity) {
        requirePositive(arrivalRate, "arrivalRate");
        Objects.requireNonNull(rates, "rates");
        if (rates.length == 0) {
            throw new IllegalArgumentException("rates must have at least one entry");
        }
        if (capacity < 1) {
            throw new IllegalArgumentException("capacity must be >= 1, but was " + capacity);
        }
        double last = rates[rates.length - 1];
        if (capacity == UNLIMITED && !(arrivalRate < last)) {
            throw new IllegalArgumentException("arrivalRate must be < the last departure rate " + last
                    + " when capacity is unlimited, but was " + arrivalRate);
        }
        double p = 1;
        double mass = 1;
        double number = 0;
        int explicit = Math.min(capacity, rates.length);
        // Finite rooms beyond the given rates are walked too: K is small, and the sum is exact for load 1, where the
        // geometric form is 0/0.
        int levels = capacity == UNLIMITED ? explicit : capacity;
        for (int k = 1; k <= levels; k++) {
            double rate = rates[Math.min(k, rates.length) - 1];
            requirePositive(rate, "rates[" + (Math.min(k, rates.length) - 1) + "]");
            p *= arrivalRate / rate;
            mass += p;
            number += k * p;
            if (mass > RESCALE_ABOVE) {
                p /= RESCALE_ABOVE;
                mass /= RESCALE_ABOVE;
                number /= RESCALE_ABOVE;
            }
        }
        double blocking = 0;
        if (capacity == UNLIMITED) {
            // Beyond level k: p r^j, j = 1, 2, ... with r < 1.
            double r = arrivalRate / last;
            double tail = p * r / (1 - r);
            mass += tail;
            number += tail * (explicit + 1 / (1 - r));
        } else {
            blocking = p / mass;
        }
        double meanNumber = number / mass;
        return new Equilibrium(blocking, meanNumber, meanNumber / (arrivalRate * (1 - blocking)));
    }

    /**
     * Mean waiting time of M/G/1 in order of arrival, Pollaczek-Khinchine: {@code rho (1 + c2) / (2 (1 - rho))}.
     *
     * @param utilisation rho, in (0, 1)
     * @param squaredCv c2, variance over squared mean of the service law, finite, {@code >= 0}
     * @return mean service times
     */
    public static double mg1MeanWait(double utilisation, double squaredCv) {
        requireStable(utilisation);
        requireNotNegative(squaredCv, "squaredCv");
        return utilisation * (1 + squaredCv) / (2 * (1 - utilisation));
    }

    /**
     * Mean response time of M/G/1 in order of arrival.
     *
     * @param utilisation rho, in (0, 1)
     * @param squaredCv c2 of the service law, finite, {@code >= 0}
     * @return mean service times
     */
    public static double mg1MeanResponse(double utilisation, double squaredCv) {
        return 1 + mg1MeanWait(utilisation, squaredCv);
    }

    /**
     * Mean response time of M/G/1 under processor sharing, {@code 1 / (1 - rho)} for every service law (Kleinrock,
     * Time-shared systems: a theoretical treatment, JACM 14, 1967; Sakata, Noguchi and Oizumi, Operations Research 19, 1971).
     *
     * @param utilisation rho, in (0, 1)
     * @return mean service times
     */
    public static double psMeanResponse(double utilisation) {
        return psConditionalResponse(utilisation, 1);
    }

    /**
     * Mean response time, under processor sharing, of a job of known size: {@code x / (1 - rho)}.
     *
     * @param utilisation rho, in (0, 1)
     * @param size x, in mean service times, {@code >= 0}
     * @return mean service times
     */
    public static double psConditionalResponse(double utilisation, double size) {
        requireStable(utilisation);
        requireNotNegative(size, "size");
        return size / (1 - utilisation);
    }

    /**
     * Mean response time of E_k/M/1 in order of arrival: what each of k exponential servers sees when Poisson arrivals go round robin.
     *
     * <p>{@code 1 / (1 - sigma)} with sigma the root in (0, 1) of {@code sigma = A*(1 - sigma)}, A* the transform of the gaps: Kleinrock I,
     * section 6.4. By bisection.
     *
     * @param stages k, {@code >= 1}
     * @param utilisation rho, in (0, 1)
     * @return mean service times
     */
    public static double erlangArrivalsMeanResponse(int stages, double utilisation) {
        requireServers(stages);
        requireStable(utilisation);
        double stageRate = stages * utilisation;
        double low = 0;
        double high = 1;
        // A*(1 - s) - s is > 0 below the root and < 0 between it and 1.
        for (int i = 0; i < 100; i++) {
            double middle = low + (high - low) / 2;
            double transform = StrictMath.exp(-stages * StrictMath.log1p((1 - middle) / stageRate));
            if (transform > middle) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return 1 / (1 - low);
    }

    /**
     * Probability that a queue holds at least k jobs under the power of d choices, as the number of servers grows without bound:
     * {@code rho^((d^k - 1) / (d - 1))} (Vvedenskaya, Dobrushin and Karpelevich 1996; Mitzenmacher 2001, doi:10.1109/71.963420).
     *
     * @param utilisation rho, in (0, 1)
     * @param choices d, {@code >= 1}
     * @param jobs k, {@code >= 0}
     * @return a probability
     */
    public static double supermarketTail(double utilisation, int choices, int jobs) {
        requireStable(utilisation);
        if (choices < 1) {
            throw new IllegalArgumentException("choices must be >= 1, but was " + choices);
        }
        if (jobs < 0) {
            throw new IllegalArgumentException("jobs must be >= 0, but was " + jobs);
        }
        double exponent = 0;
        for (int i = 0; i < jobs && exponent < Double.MAX_VALUE; i++) {
            exponent = 1 + choices * exponent;
        }
        return StrictMath.pow(utilisation, exponent);
    }

    /**
     * Mean response time under the power of d choices, as the number of servers grows without bound: {@code (1/rho) sum over k >= 1} of
     * {@link #supermarketTail}.
     *
     * @param utilisation rho, in (0, 1)
     * @param choices d, {@code >= 1}
     * @return mean service times
     */
    public static double supermarketMeanResponse(double utilisation, int choices) {
        if (choices == 1) {
            return mm1MeanResponse(utilisation);
        }
        double sum = 0;
        double term = supermarketTail(utilisation, choices, 1);
        for (int k = 2; term > 0; k++) {
            sum += term;
            term = supermarketTail(utilisation, choices, k);
        }
        return sum / utilisation;
    }

    /**
     * Mean response time under the power of d distinct choices among n servers, to order 1/n: the limit of {@link #supermarketMeanResponse(double,
     * int)} plus the correction of Gast and Van Houdt, A Refined Mean Field Approximation, POMACS 1(2), 2017. What is left out falls with
     * 1/n^2: of the order of 0.1 per cent at n = 64 and utilisation 0.9.
     *
     * @param utilisation rho, in (0, 1)
     * @param choices d, in [2, n]
     * @param servers n
     * @return mean service times
     */
    public static double supermarketMeanResponse(double utilisation, int choices, int servers) {
        requireStable(utilisation);
        if (!(choices >= 2 && choices <= servers)) {
            throw new IllegalArgumentException("choices must be in [2, " + servers + "], but was " + choices);
        }
        return SupermarketModel.meanResponse(utilisation, choices, servers);
    }

    private static void requireStable(double utilisation) {
        if (!(utilisation > 0 && utilisation < 1)) {
            throw new IllegalArgumentException("utilisation must be in (0, 1), but was " + utilisation);
        }
    }

    private static void requireProbability(double probability) {
        if (!(probability >= 0 && probability < 1)) {
            throw new IllegalArgumentException("probability must be in [0, 1), but was " + probability);
        }
    }

    private static void requireServers(int servers) {
        if (servers < 1) {
            throw new IllegalArgumentException("servers must be >= 1, but was " + servers);
        }
    }

    private static void requirePositive(double x, String name) {
        if (!(x > 0 && x < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + " must be finite and > 0, but was " + x);
        }
    }

    private static void requireNotNegative(double x, String name) {
        if (!(x >= 0 && x < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(name + " must be finite and >= 0, but was " + x);
        }
    }
}
