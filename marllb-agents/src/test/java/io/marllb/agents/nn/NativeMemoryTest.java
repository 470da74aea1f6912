package io.marllb.agents.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.marllb.agents.Learner;
import io.marllb.agents.LearnerSetup;
import io.marllb.agents.qmix.Qmix;
import io.marllb.agents.qmix.QmixConfig;
import io.marllb.agents.replay.Episode;
import io.marllb.agents.sac.Sac;
import io.marllb.agents.sac.SacConfig;
import io.marllb.agents.train.Settings;
import io.marllb.core.rl.Box;
import io.marllb.core.rl.Discrete;
import io.marllb.core.rl.Space;
import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.NetworkSpec;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Memory beside the Java heap must not grow while learning: everything is allocated once. */
class NativeMemoryTest {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final long BYTES_PER_MIB = 1 << 20;
    private static final long KIB_PER_MIB = 1024;
    private static final int HORIZON = 10;
    private static final int UPDATES = 2_000;

    /**
     * Resident memory of the process less what the heap has taken from the system, in MiB. Pages of the heap that were taken but not yet touched make
     * it too low, so it may rise by as much as the heap is touched later; the warm-up is there for that, and the bounds leave room.
     */
    private static long residentMib() throws IOException {
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith("VmRSS:")) {
                long heap =
                        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getCommitted();
                return Long.parseLong(line.replaceAll("\\D", "")) / KIB_PER_MIB - heap / BYTES_PER_MIB;
            }
        }
        throw new IllegalStateException("no VmRSS in " + STATUS);
    }

    private static void bounded(Runnable update, int updates, long mostMib) throws IOException {
        int warmUp = updates / 2; // compilers and the heap settle
        for (int i = 0; i < warmUp; i++) {
            update.run();
        }
        System.gc();
        long before = residentMib();
        for (int i = 0; i < updates; i++) {
            update.run();
        }
        System.gc();

        assertThat(residentMib() - before)
                .as("growth of resident memory in MiB")
                .isLessThan(mostMib);
    }

    private static void bounded(NetworkSpec spec, int servers, int updates, long mostMib) throws IOException {
        assumeThat(STATUS).isReadable();
        int time = 5;
        int batch = 8;
        Parameters parameters = new Parameters(spec).initialise(Streams.of(1).stream("memory"));
        Network network = Network.of(spec, parameters, servers, time, batch);
        Adam adam = new Adam(parameters, 1e-4, 1e-8, 1);
        Matrix inputs = Matrix.zeros(time * batch, spec.inputs(servers));
        inputs.fill(0.5f);
        Matrix gradient = Matrix.zeros(time * batch, spec.outputs(servers));
        bounded(
                () -> {
                    gradient.fill(1e-3f);
                    network.forward(inputs, time, batch, null);
                    network.backward(gradient);
                    adam.step();
                },
                updates,
                mostMib);
    }

    private static void bounded(Learner learner, LearnerSetup setup) throws IOException {
        assumeThat(STATUS).isReadable();
        RandomGenerator random = Streams.of(1).stream("memory");
        int entries = setup.actionSpace().size();
        for (int e = 0; e < 8; e++) {
            Episode episode = new Episode(setup.agents(), setup.inputs(), entries, setup.stateSize(), setup.horizon());
            episode.begin(new float[setup.agents()][setup.inputs()], new float[setup.stateSize()]);
            for (int t = 0; t < HORIZON; t++) {
                float[][] acted = new float[setup.agents()][entries];
                float[][] seen = new float[setup.agents()][setup.inputs()];
                for (int i = 0; i < setup.agents(); i++) {
                    acted[i][0] = random.nextInt(2);
                    seen[i][0] = random.nextFloat();
                }
                episode.append(
                        acted,
                        new double[] {random.nextDouble(), random.nextDouble()},
                        false,
                        t == HORIZON - 1,
                        seen,
                        new float[setup.stateSize()]);
            }
            learner.add(episode);
        }
        // One buffer of 16 rows of 64 numbers that leaked would make 2,000 x 4 KiB = 8 MiB a buffer, and an update has
        // dozens.
        bounded(() -> learner.update((key, value) -> {}), UPDATES, 40);
    }

    private static LearnerSetup setup(Space actions) {
        return new LearnerSetup(2, 4, actions, 3, HORIZON, 0, 0, 0, 1);
    }

    private static <R extends Record> R small(R config, Class<R> type, Map<String, String> more) {
        Map<String, String> all = new HashMap<>(Map.of("network", "recurrent", "before", "16", "gru", "16"));
        all.putAll(Map.of("batch", "4", "burn-in", "2"));
        all.putAll(more);
        return Settings.of(config).with(all).get(type);
    }

    @Test
    void twoThousandUpdatesDoNotGrowIt() throws IOException {
        // One buffer of this network that leaked would make 2,000 x 30 KiB = 60 MiB.
        bounded(new NetworkSpec.Recurrent(16, List.of(64), 64, List.of(), 8), 0, UPDATES, 40);
    }

    @Test
    void norForNetworksPerServer() throws IOException {
        bounded(new NetworkSpec.PerServer(5, 2, List.of(16), 16, 2, 1), 4, 1_000, 40);
    }

    @Test
    @Tag("slow")
    void norDoUpdatesOfSoftActorCritic() throws IOException {
        for (Space actions : new Space[] {new Discrete(2), Box.of(-1, 1, 2)}) {
            SacConfig config = small(
                    SacConfig.defaults(),
                    SacConfig.class,
                    Map.of("actor-after", "none", "critic-after", "none", "time", "4", "warm-up", "0"));
            bounded(new Sac(config, setup(actions)), setup(actions));
        }
    }

    @Test
    @Tag("slow")
    void norDoUpdatesOfQmix() throws IOException {
        QmixConfig config = small(QmixConfig.defaults(), QmixConfig.class, Map.of("window", "4"));
        bounded(new Qmix(setup(new Discrete(2)), config), setup(new Discrete(2)));
    }

    @Test
    @Tag("slow")
    void tenThousandUpdatesDoNotGrowIt() throws IOException {
        bounded(new NetworkSpec.Recurrent(64, List.of(64), 64, List.of(), 32), 0, 10_000, 40);
    }
}
