package io.marllb.agents.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.marllb.core.rng.Streams;
import io.marllb.policies.frozen.NetworkSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Memory beside the Java heap must not grow while learning: everything is allocated once. */
class NativeMemoryTest {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final long KIB_PER_MIB = 1024;

    /** Resident memory of the process without the heap, in MiB: the heap's part moves as it likes. */
    private static long residentMib() throws IOException {
        for (String line : Files.readAllLines(STATUS)) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) / KIB_PER_MIB;
            }
        }
        throw new IllegalStateException("no VmRSS in " + STATUS);
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
        int warmUp = updates / 2; // compilers and the heap settle
        long before = 0;
        for (int i = 0; i < warmUp + updates; i++) {
            if (i == warmUp) {
                System.gc();
                before = residentMib();
            }
            gradient.fill(1e-3f);
            network.forward(inputs, time, batch, null);
            network.backward(gradient);
            adam.step();
        }
        System.gc();

        assertThat(residentMib() - before)
                .as("growth of resident memory in MiB")
                .isLessThan(mostMib);
    }

    @Test
    void twoThousandUpdatesDoNotGrowIt() throws IOException {
        // One buffer of this network that leaked would make 2,000 x 30 KiB = 60 MiB.
        bounded(new NetworkSpec.Recurrent(16, List.of(64), 64, List.of(), 8), 0, 2_000, 40);
    }

    @Test
    void norForNetworksPerServer() throws IOException {
        bounded(new NetworkSpec.PerServer(5, 2, List.of(16), 16, 2, 1), 4, 1_000, 40);
    }

    @Test
    @Tag("slow")
    void tenThousandUpdatesDoNotGrowIt() throws IOException {
        bounded(new NetworkSpec.Recurrent(64, List.of(64), 64, List.of(), 32), 0, 10_000, 40);
    }
}
