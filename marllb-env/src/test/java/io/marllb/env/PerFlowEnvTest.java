package io.marllb.env;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.marllb.core.rl.StepResult;
import io.marllb.core.rng.Streams;
import io.marllb.env.engine.RunResult;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.function.ToIntFunction;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** Two exponential servers of speeds 1 and 4 at utilisation 0.8: the exact mean times come from the solved chain and from value iteration. */
class PerFlowEnvTest {

    private static final int BATCHES = 40;
    private static final double SED = 1.222833; // solved chain
    private static final double WLC = 1.191460;
    private static final double JSQ = 1.473795;
    private static final double OPTIMUM = 1.15614; // relative value iteration
    private static final double MAX_ERROR = 0.015;

    private static Scenario twoServers() {
        return Scenarios.parse("""
                servers: [{speed: 1, discipline: fifo}, {speed: 4, discipline: fifo}]
                traffic:
                  arrivals: {type: poisson, rate: 40}
                  classes: [{name: job, share: 1, cpu: {type: exponential, mean: 100ms}}]
                control: {interval: 3600s}
                run: {duration: 1s}
                """, "two-servers", Path.of("."));
    }

    /** Mean reward over an episode, with its standard error by batch means. */
    private static double[] mean(ToIntFunction<float[]> choice, int flows) {
        PerFlowEnv env = new PerFlowEnv(twoServers(), flows);
        StepResult r = StepResult.single(6);
        double[] sums = new double[BATCHES];
        float[] action = new float[1];
        env.reset(OptionalLong.of(11), r);
        for (int k = 0; k < flows; k++) {
            action[0] = choice.applyAsInt(r.observation());
            env.step(action, r);
            sums[(int) ((long) k * BATCHES / flows)] += r.reward();
        }
        assertThat(r.truncated()).isTrue();
        double total = 0;
        for (double s : sums) {
            total += s;
        }
        double mean = total / flows;
        double squares = 0;
        for (double s : sums) {
            double d = s * BATCHES / flows - mean;
            squares += d * d;
        }
        return new double[] {-mean, Math.sqrt(squares / (BATCHES - 1) / BATCHES)};
    }

    private static void meets(double truth, ToIntFunction<float[]> choice) {
        double[] got = mean(choice, 600_000);

        // 5 standard errors with 39 degrees of freedom: significance 1.2e-5, seed fixed
        assertThat(got[0]).isCloseTo(truth, within(5 * got[1])).isCloseTo(truth, within(MAX_ERROR * truth));
    }

    @Test
    void theHeuristicsMeetTheSolvedChain() {
        // ties by a coin, as the chain has it
        RandomGenerator coin = Streams.of(1).stream("coin");
        meets(SED, o -> least((o[0] + 1) / o[1], (o[3] + 1) / o[4], coin.nextLong()));
        meets(WLC, o -> least(o[0] / o[1], o[3] / o[4], coin.nextLong()));
        meets(JSQ, o -> least(o[0], o[3], coin.nextLong()));
    }

    private static int least(double first, double second, long word) {
        return first < second || (first == second && word < 0) ? 0 : 1;
    }

    @Test
    void theOptimalPolicyOfValueIterationMeetsTheKnownOptimum() {
        int cap = 60;
        boolean[][] slow = new boolean[cap][cap];
        double optimum = valueIteration(cap, slow);

        assertThat(optimum).isCloseTo(OPTIMUM, within(1e-5));
        meets(optimum, o -> slow[(int) Math.min(o[0], cap - 1)][(int) Math.min(o[3], cap - 1)] ? 0 : 1);
    }

    /** Uniformised relative value iteration, rates 4 (arrivals), 1 and 4; mean time in system; fills in where the slow server is chosen. */
    private static double valueIteration(int cap, boolean[][] slow) {
        double rate = 9;
        double[][] h = new double[cap][cap];
        double gain = 0;
        double span = 1;
        while (span > 1e-8) {
            double[][] next = new double[cap][cap];
            double lowest = Double.POSITIVE_INFINITY;
            double highest = Double.NEGATIVE_INFINITY;
            for (int i = 0; i < cap; i++) {
                for (int j = 0; j < cap; j++) {
                    double toSlow = i + 1 < cap ? h[i + 1][j] : Double.POSITIVE_INFINITY;
                    double toFast = j + 1 < cap ? h[i][j + 1] : Double.POSITIVE_INFINITY;
                    slow[i][j] = toSlow < toFast;
                    double best = Math.min(toSlow, toFast);
                    double arrival = best == Double.POSITIVE_INFINITY ? h[i][j] : best;
                    next[i][j] = (i + j + 4 * arrival + h[Math.max(i - 1, 0)][j] + 4 * h[i][Math.max(j - 1, 0)]) / rate;
                    double change = next[i][j] - h[i][j];
                    lowest = Math.min(lowest, change);
                    highest = Math.max(highest, change);
                }
            }
            gain = (lowest + highest) / 2;
            span = highest - lowest;
            double base = next[0][0];
            for (double[] row : next) {
                for (int j = 0; j < cap; j++) {
                    row[j] -= base;
                }
            }
            h = next;
        }
        return gain * rate / 4; // mean number in system over the arrival rate
    }

    @Test
    void theMeanRewardIsMinusTheMeanCompletionTime() {
        PerFlowEnv env = new PerFlowEnv(twoServers(), 5_000);
        StepResult r = env.reset(3);
        double sum = 0;
        int steps = 0;
        while (!r.truncated()) {
            r = env.step(r.observation()[0] + 1 < (r.observation()[3] + 1) / 4 ? 0 : 1);
            sum += r.reward();
            steps++;
        }
        RunResult result = (RunResult) r.info().get(ParallelLoadBalanceEnv.RUN_RESULT);

        assertThat(steps).isEqualTo(5_000);
        assertThat(env.render()).contains("decision 5000 of 5000");
        // the few flows in flight at the end are in one of them only: below 2 % of 5,000
        assertThat(-sum / steps).isCloseTo(result.meanFctNanos() / 1e8, within(0.02 * result.meanFctNanos() / 1e8));
    }

    @Test
    void aServerThatTakesNoPartPassesTheFlowOn() {
        Scenario s = Scenarios.parse("""
                servers: [{count: 3}]
                traffic:
                  arrivals: {type: poisson, rate: 10}
                  classes: [{name: job, share: 1, cpu: {type: exponential, mean: 100ms}}]
                events: [{at: 1us, servers: [1], drain: true}]
                run: {duration: 1s}
                """, "drained", Path.of("."));
        PerFlowEnv env = new PerFlowEnv(s, 50);
        StepResult r = env.reset(1);
        assertThat(r.observation()).containsExactly(0, 1, 1, 0, 1, 0, 0, 1, 1);
        float most = 0;
        while (!r.truncated()) {
            r = env.step(1);
            assertThat(r.observation()[3]).isZero();
            assertThat(r.observation()[0]).isZero();
            most = Math.max(most, r.observation()[6]);
        }

        assertThat(most).isPositive();
        assertThatThrownBy(() -> env.step(3)).isInstanceOf(IllegalStateException.class);
    }
}
