package io.marllb.bench.remote;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.marllb.agents.LearnerSetup;
import io.marllb.agents.remote.ActorServer;
import io.marllb.agents.remote.RemoteConfig;
import io.marllb.agents.remote.SpawnedActors;
import io.marllb.agents.remote.TrafficCount;
import io.marllb.agents.replay.Episode;
import io.marllb.agents.train.Actors;
import io.marllb.agents.train.Trainer;
import io.marllb.bench.speed.SpeedSuite;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.StepResult;
import io.marllb.core.rng.Streams;
import io.marllb.env.LoadBalanceConfig;
import io.marllb.env.ParallelLoadBalanceEnv;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;

/**
 * Messages, bytes and time of a step with the balancers' agents in processes of their own, against the same agents in this process.
 *
 * <p>The cluster is {@value #SCENARIO} with as many balancers as there are agents, on the network of the published agents' size (hidden 64, GRU 64).
 * A step's time is from the observations to all actions, and the rewards sent: what is added to a control interval.
 */
public final class RemoteCost {

    /** The cluster. */
    public static final String SCENARIO = "paper-moderate-690";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration ARRIVAL = Duration.ofSeconds(60);
    private static final int HORIZON = 240;
    private static final int WARM_UP_EPISODES = 4;
    private static final int HIDDEN = 64;
    private static final double EPSILON = 0.1;
    private static final double PERCENT_99 = 0.99;
    private static final double NANOS_PER_MICRO = 1e3;

    private RemoteCost() {}

    /**
     * What was measured for a number of agents.
     *
     * @param agents m
     * @param steps measured
     * @param messagesPerStep both directions, all agents
     * @param bytesPerStep both directions, all agents, frames with their length fields
     * @param bytesPerEpisodeEnd trajectories of all agents, for an episode of 240 steps
     * @param bytesPerSync parameters to all agents and their answers
     * @param localMedianMicros time of a step in this process
     * @param localP99Micros 99th percentile of it
     * @param remoteMedianMicros time of a step with processes
     * @param remoteP99Micros 99th percentile of it
     * @param syncMedianMicros time until all have new parameters
     */
    public record Row(
            int agents,
            int steps,
            double messagesPerStep,
            double bytesPerStep,
            double bytesPerEpisodeEnd,
            double bytesPerSync,
            double localMedianMicros,
            double localP99Micros,
            double remoteMedianMicros,
            double remoteP99Micros,
            double syncMedianMicros) {}

    /**
     * The rows as JSON, with the machine that they hold for.
     *
     * @param rows what {@link #measure} returned
     * @param command the command that reproduces them
     * @return a JSON object, indented
     */
    public static String json(List<Row> rows, String command) {
        ObjectNode root = JSON.createObjectNode();
        root.put("command", command);
        root.put("scenario", SCENARIO);
        SpeedSuite.machine(root);
        ArrayNode list = root.putArray("rows");
        for (Row r : rows) {
            list.addObject()
                    .put("agents", r.agents())
                    .put("steps", r.steps())
                    .put("messages_per_step", r.messagesPerStep())
                    .put("bytes_per_step", r.bytesPerStep())
                    .put("bytes_per_episode_end", r.bytesPerEpisodeEnd())
                    .put("bytes_per_sync", r.bytesPerSync())
                    .put("step_here_p50_us", r.localMedianMicros())
                    .put("step_here_p99_us", r.localP99Micros())
                    .put("step_remote_p50_us", r.remoteMedianMicros())
                    .put("step_remote_p99_us", r.remoteP99Micros())
                    .put("sync_p50_us", r.syncMedianMicros());
        }
        return root.toPrettyString() + System.lineSeparator();
    }

    /** Times of one kind of actors. */
    private static final class Times {
        private final long[] steps;
        private final long[] syncs;
        private int step;
        private int sync;

        private Times(int episodes) {
            steps = new long[episodes * (HORIZON - 1)];
            syncs = new long[episodes];
        }

        private static double micros(long[] nanos, double quantile) {
            long[] sorted = nanos.clone();
            Arrays.sort(sorted);
            return sorted[(int) Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))] / NANOS_PER_MICRO;
        }
    }

    /**
     * Measures.
     *
     * @param agents m, {@code >= 1}
     * @param episodes of 240 steps each, {@code >= 1}, after four to warm up
     * @param actorCommand what starts an actor's process, as {@link SpawnedActors} takes it
     * @param nanoClock for the times
     * @return the row
     * @throws IOException if a process cannot be started
     * @throws InterruptedException if interrupted
     */
    public static Row measure(int agents, int episodes, List<String> actorCommand, LongSupplier nanoClock)
            throws IOException, InterruptedException {
        Scenario scenario = withBalancers(Scenarios.load(SCENARIO), agents);
        LoadBalanceConfig problem = LoadBalanceConfig.of(scenario).withHorizon(HORIZON);
        RemoteConfig config = RemoteConfig.DEFAULTS;
        try (ParallelEnv env = new ParallelLoadBalanceEnv(problem)) {
            LearnerSetup setup = Trainer.setup(env, HORIZON, 1);
            Heads heads = Heads.of(Heads.Kind.VALUES, setup.actionSpace());
            FrozenNetwork network = network(setup, heads);
            List<FrozenNetwork> networks = Collections.nCopies(agents, network);
            Times local = new Times(episodes);
            try (Actors here = Actors.Factory.LOCAL.create(networks, heads, setup)) {
                play(env, setup, here, WARM_UP_EPISODES, new Times(WARM_UP_EPISODES), nanoClock, null);
                play(env, setup, here, episodes, local, nanoClock, null);
            }
            InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
            ActorServer listening = new ActorServer(any, false, config, note -> {});
            // Closed from right to left: first the server says goodbye, then the processes end by themselves.
            try (SpawnedActors processes = new SpawnedActors(actorCommand, listening.address(), agents, config);
                    ActorServer server = listening) {
                if (server.await(agents, ARRIVAL) < agents) {
                    throw new IOException("not all of " + agents + " actors came within " + ARRIVAL.toSeconds() + " s; "
                            + processes.running() + " processes are running");
                }
                Times remote = new Times(episodes);
                Actors there = server.create(networks, heads, setup);
                play(env, setup, there, WARM_UP_EPISODES, new Times(WARM_UP_EPISODES), nanoClock, server);
                Traffic traffic = play(env, setup, there, episodes, remote, nanoClock, server);
                return new Row(
                        agents,
                        remote.steps.length,
                        (double) traffic.stepMessages / remote.steps.length,
                        (double) traffic.stepBytes / remote.steps.length,
                        (double) traffic.endBytes / episodes,
                        (double) traffic.syncBytes / episodes,
                        Times.micros(local.steps, 0.5),
                        Times.micros(local.steps, PERCENT_99),
                        Times.micros(remote.steps, 0.5),
                        Times.micros(remote.steps, PERCENT_99),
                        Times.micros(remote.syncs, 0.5));
            }
        }
    }

    /** What went over the wire, by occasion. */
    private static final class Traffic {
        private long stepMessages;
        private long stepBytes;
        private long endBytes;
        private long syncBytes;
    }

    private static Traffic play(
            ParallelEnv env,
            LearnerSetup setup,
            Actors actors,
            int episodes,
            Times times,
            LongSupplier clock,
            ActorServer server) {
        Traffic traffic = new Traffic();
        StepResult result = StepResult.of(env);
        float[][] actions = new float[setup.agents()][setup.actionSpace().size()];
        float[][] seen = new float[setup.agents()][];
        double[] rewards = new double[setup.agents()];
        for (int i = 0; i < seen.length; i++) {
            seen[i] = result.observation(i);
        }
        for (int e = 0; e < episodes; e++) {
            TrafficCount before = count(server);
            long began = clock.getAsLong();
            actors.sync();
            times.syncs[times.sync++] = clock.getAsLong() - began;
            traffic.syncBytes += bytes(count(server).since(before));
            env.reset(OptionalLong.of(e), result);
            Episode episode = new Episode(setup.agents(), setup.inputs(), actions[0].length, 0, HORIZON);
            episode.begin(seen, new float[0]);
            actors.begin(e, episode);
            for (int step = 0; step < HORIZON; step++) {
                before = count(server);
                long start = clock.getAsLong();
                actors.act(step, EPSILON, actions);
                long chosen = clock.getAsLong();
                env.step(actions, result);
                for (int i = 0; i < rewards.length; i++) {
                    rewards[i] = result.reward(i);
                }
                boolean last = step == HORIZON - 1;
                episode.append(actions, rewards, false, last, seen, new float[0]);
                long stepped = clock.getAsLong();
                actors.acted(step);
                long done = clock.getAsLong();
                TrafficCount went = count(server).since(before);
                if (last) {
                    traffic.endBytes += bytes(went);
                } else {
                    times.steps[times.step++] = chosen - start + done - stepped;
                    traffic.stepBytes += bytes(went);
                    traffic.stepMessages += went.messagesSent() + went.messagesReceived();
                }
            }
        }
        return traffic;
    }

    private static TrafficCount count(ActorServer server) {
        return server == null ? new TrafficCount(0, 0, 0, 0) : server.traffic();
    }

    private static long bytes(TrafficCount traffic) {
        return traffic.bytesSent() + traffic.bytesReceived();
    }

    private static FrozenNetwork network(LearnerSetup setup, Heads heads) {
        NetworkSpec spec =
                new NetworkSpec.Recurrent(setup.inputs(), List.of(HIDDEN), HIDDEN, List.of(), heads.outputs());
        float[] flat = new float[spec.parameters()];
        RandomGenerator random = Streams.of(1).stream("remote-cost");
        for (int i = 0; i < flat.length; i++) {
            flat[i] = (float) (0.1 * random.nextGaussian());
        }
        return FrozenNetwork.of(spec, flat);
    }

    private static Scenario withBalancers(Scenario s, int balancers) {
        return new Scenario(
                s.name(),
                balancers,
                s.servers(),
                s.weightsKnown(),
                s.traffic(),
                s.network(),
                s.events(),
                s.control(),
                s.run());
    }
}
