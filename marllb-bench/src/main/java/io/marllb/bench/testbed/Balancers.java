package io.marllb.bench.testbed;

import io.marllb.bench.process.ProgramException;
import io.marllb.bench.process.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The balancers of one run: a data plane and its controller at each, under one policy, until closed. Not thread-safe. */
public final class Balancers implements AutoCloseable {

    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(20); // the DPDK program takes less than one
    private static final long PAUSE_NANOS = 20_000_000;

    private final Testbed testbed;
    private final DataPlaneKind kind;
    private final String policy;
    private final Tools tools;
    private final Path folder;
    private final List<Process> dataPlanes = new ArrayList<>();
    private final List<Process> controllers = new ArrayList<>(); // none of proxies, which have their own
    private final List<Path> logs = new ArrayList<>();

    private Balancers(Testbed testbed, DataPlaneKind kind, String policy, Tools tools, Path folder) {
        this.testbed = testbed;
        this.kind = kind;
        this.policy = policy;
        this.tools = tools;
        this.folder = folder;
    }

    /**
     * Starts them and waits until the service answers.
     *
     * @param testbed that is up
     * @param kind what carries the flows
     * @param policy as {@code marllb policies} names it
     * @param tools the programs for it
     * @param folder for configurations and logs, exists
     * @return the running balancers
     * @throws ProgramException if one of them does not start or the service does not answer
     * @throws IOException if a file can't be written
     */
    public static Balancers start(Testbed testbed, DataPlaneKind kind, String policy, Tools tools, Path folder)
            throws IOException {
        Balancers balancers = new Balancers(testbed, kind, policy, tools, folder);
        try {
            for (int i = 0; i < testbed.spec().balancers(); i++) {
                if (kind == DataPlaneKind.PROXY) {
                    balancers.proxy(i);
                } else {
                    balancers.dpdk(i);
                }
            }
            if (kind == DataPlaneKind.NAT) {
                testbed.answerThroughTheBalancer();
            }
            if (kind != DataPlaneKind.PROXY) {
                balancers.startControllers();
            }
            if (!testbed.serves()) {
                throw new ProgramException("the service does not answer through the balancers (" + kind.id() + ", "
                        + policy + "); " + balancers.lastWords());
            }
            return balancers;
        } catch (ProgramException | IOException e) {
            balancers.close();
            throw e;
        }
    }

    private void proxy(int i) {
        List<String> servers = new ArrayList<>();
        for (int j = 0; j < testbed.spec().speeds().size(); j++) {
            servers.add(testbed.serverAddress(j) + ":" + Testbed.PORT + "=" + weight(j));
        }
        testbed.giveVip(i);
        List<String> command = new ArrayList<>(tools.marllb());
        command.addAll(List.of(
                "proxy",
                "--listen",
                Testbed.VIP + ":" + Testbed.PORT,
                "--servers",
                String.join(",", servers),
                "--policy",
                policy,
                "--balancers",
                Integer.toString(testbed.spec().balancers())));
        dataPlanes.add(launch(i, folder.resolve("proxy" + i + ".log"), command));
    }

    private static Path segment(int i) {
        return SHARED_MEMORY.resolve("marllb-tb-lb" + i);
    }

    private void dpdk(int i) throws IOException {
        Files.deleteIfExists(segment(i)); // of a program that was killed; it would look as if this one had started
        Path conf = folder.resolve("lb" + i + ".conf");
        Files.writeString(conf, configuration(i));
        List<String> eal = List.of(
                "--no-huge",
                "-m",
                "256",
                "--no-pci",
                "-l",
                "0",
                "--file-prefix",
                "marllb-tb-lb" + i,
                "--vdev",
                "net_af_packet0,iface=eth0",
                "--",
                "--config",
                conf.toString());
        List<String> program = new ArrayList<>(List.of(tools.dpdk().toString()));
        program.addAll(eal);
        Process started = launch(i, folder.resolve("dpdk" + i + ".log"), program);
        dataPlanes.add(started);
        await(started, segment(i));
    }

    /** What carries the flows of a balancer. */
    Process dataPlane(int i) {
        return dataPlanes.get(i);
    }

    /** Starts a controller at each balancer; the data planes that are up go on meanwhile. */
    public void startControllers() {
        for (int i = 0; i < testbed.spec().balancers(); i++) {
            List<String> controller = new ArrayList<>(tools.marllb());
            controller.addAll(List.of("controller", "--dataplane", "shm:" + segment(i), "--policy", policy));
            controllers.add(launch(i, folder.resolve("controller" + i + ".log"), controller));
        }
    }

    /** Kills every controller at once, as a crash would. */
    public void killControllers() {
        for (Process p : controllers) {
            Programs.kill(p);
        }
        controllers.clear();
    }

    private void await(Process program, Path segment) {
        long from = System.nanoTime();
        while (!Files.exists(segment)) {
            if (!program.isAlive() || System.nanoTime() - from > START_NANOS) {
                throw new ProgramException("the DPDK program has not started; " + lastWords());
            }
            LockSupport.parkNanos(PAUSE_NANOS);
        }
    }

    private String configuration(int i) {
        StringBuilder s = new StringBuilder(String.format(
                Locale.ROOT,
                """
                [vip]
                address  = %s
                port     = %d
                protocol = tcp
                mode     = %s
                [port]
                address = %s/16
                [flows]
                size = 65536
                [control]
                segment   = %s
                balancers = %d
                """,
                Testbed.VIP,
                Testbed.PORT,
                kind.id(),
                testbed.balancerAddress(i),
                segment(i),
                testbed.spec().balancers()));
        for (int j = 0; j < testbed.spec().speeds().size(); j++) {
            s.append("[server]\naddress = ")
                    .append(testbed.serverAddress(j))
                    .append("\nweight = ")
                    .append(weight(j))
                    .append('\n');
        }
        return s.toString();
    }

    private double weight(int server) {
        return testbed.spec().weightsKnown() ? testbed.spec().speeds().get(server) : 1;
    }

    private Process launch(int i, Path log, List<String> command) {
        logs.add(log);
        return testbed.startAtBalancer(i, log, command);
    }

    /** The end of each log, for messages. */
    private String lastWords() {
        StringBuilder s = new StringBuilder();
        for (Path log : logs) {
            try {
                String text = Files.readString(log).strip();
                s.append(log.getFileName())
                        .append(" ends with: ")
                        .append(text.substring(Math.max(0, text.length() - 400)))
                        .append(' ');
            } catch (IOException e) {
                s.append(log.getFileName())
                        .append(" can't be read: ")
                        .append(e.getMessage())
                        .append(' ');
            }
        }
        return s.toString().strip();
    }

    /** Ends them, controllers first. */
    @Override
    public void close() {
        controllers.forEach(Programs::stop);
        dataPlanes.forEach(Programs::stop);
    }
}
