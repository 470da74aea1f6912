package io.marllb.agents.train;

import io.marllb.agents.Learner;
import io.marllb.agents.LearnerSetup;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.StepResult;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.FrozenNetwork.Runner;
import io.marllb.policies.frozen.Heads;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * Plays whole episodes with the best actions of a learner's actors, always of the same seeds, so that two evaluations differ by the actors only.
 * The same numbers whatever the number of threads. Not thread-safe.
 */
public final class Evaluator implements AutoCloseable {

    private final LearnerSetup setup;
    private final EpisodeProbe probe;
    private final Snapshot snapshot;
    private final List<Player> players = new ArrayList<>();

    /**
     * An evaluator.
     *
     * @param learner whose actors play, as they are at each call of {@link #evaluate}
     * @param setup what the learner was made for; its seed gives those of the episodes
     * @param environments makes environments of the setup's sizes, one per thread
     * @param threads how many play at once, {@code >= 1}
     * @param probe what else to read from the episodes
     */
    public Evaluator(
            Learner learner, LearnerSetup setup, Supplier<ParallelEnv> environments, int threads, EpisodeProbe probe) {
        this.setup = setup;
        this.probe = probe;
        snapshot = new Snapshot(learner, setup);
        for (int i = 0; i < threads; i++) {
            players.add(new Player(environments.get()));
        }
    }

    /**
     * Evaluates.
     *
     * @param episodes how many, {@code >= 1}; the first ones are always the same
     * @return what they got
     */
    public Evaluation evaluate(int episodes) {
        snapshot.take();
        double[] returns = new double[episodes];
        double[] lengths = new double[episodes];
        List<Map<String, Double>> more = new ArrayList<>();
        for (int e = 0; e < episodes; e++) {
            more.add(new TreeMap<>());
        }
        play(episodes, returns, lengths, more);
        double mean = mean(returns);
        double squares = 0;
        for (double r : returns) {
            squares += (r - mean) * (r - mean);
        }
        Map<String, double[]> sums = new TreeMap<>();
        for (Map<String, Double> m : more) {
            m.forEach((key, x) -> {
                double[] sum = sums.computeIfAbsent(key, k -> new double[2]);
                sum[0] += x;
                sum[1]++;
            });
        }
        Map<String, Double> means = new TreeMap<>();
        sums.forEach((key, sum) -> means.put(key, sum[0] / sum[1]));
        return new Evaluation(episodes, mean, Math.sqrt(squares / episodes), mean(lengths), means);
    }

    private void play(int episodes, double[] returns, double[] lengths, List<Map<String, Double>> more) {
        int threads = players.size();
        if (threads == 1) {
            players.get(0).play(0, 1, episodes, returns, lengths, more);
            return;
        }
        ExecutorService executor = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> parts = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int first = t;
                parts.add(executor.submit(
                        () -> players.get(first).play(first, threads, episodes, returns, lengths, more)));
            }
            Concurrency.joinAll(parts);
        } finally {
            executor.shutdown();
        }
    }

    private static double mean(double[] values) {
        double sum = 0;
        for (double x : values) {
            sum += x;
        }
        return sum / values.length;
    }

    @Override
    public void close() {
        players.forEach(p -> p.env.close());
    }

    /** One environment with its own networks. */
    private final class Player {

        private final ParallelEnv env;
        private final Runner[] actors = snapshot.actors();
        private final Heads heads = snapshot.heads();
        private final float[] outputs = new float[snapshot.outputs()];
        private final float[][] actions =
                new float[setup.agents()][setup.actionSpace().size()];

        private Player(ParallelEnv env) {
            this.env = env;
            Collector.requireFit(setup, env);
        }

        private void play(
                int first,
                int stride,
                int episodes,
                double[] returns,
                double[] lengths,
                List<Map<String, Double>> more) {
            for (int e = first; e < episodes; e += stride) {
                long seed = Streams.of(setup.seed()).seed("evaluation", e);
                play(e, seed, returns, lengths, more);
            }
        }

        private void play(int e, long seed, double[] returns, double[] lengths, List<Map<String, Double>> more) {
            StepResult result = StepResult.of(env);
            env.reset(OptionalLong.of(seed), result);
            for (Runner a : actors) {
                a.reset();
            }
            int steps = 0;
            while (!env.agents().isEmpty() && steps < setup.horizon()) {
                for (int i = 0; i < actors.length; i++) {
                    actors[i].step(result.observation(i), outputs);
                    heads.greedy(outputs, actions[i]);
                }
                env.step(actions, result);
                steps++;
                double sum = 0;
                for (int i = 0; i < actors.length; i++) {
                    sum += result.reward(i);
                }
                returns[e] += sum / actors.length;
            }
            lengths[e] = steps;
            Map<String, Double> mine = more.get(e);
            synchronized (probe) {
                probe.read(result, (key, x) -> mine.put(key, x));
            }
        }
    }
}
