package io.marllb.agents.remote;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Processes on this machine, one per agent, that play for a learner. They end by themselves when the learner is gone. Not thread-safe. */
public final class SpawnedActors implements AutoCloseable {

    private final RemoteConfig config;
    private final List<Process> processes = new ArrayList<>();

    /**
     * Starts the processes.
     *
     * @param command what starts an actor; {@code --connect HOST:PORT --agent I} is added to it
     * @param learner where it listens
     * @param agents how many, agents 0 to agents - 1
     * @param config how long to wait for them to end
     * @throws IOException if one cannot be started
     */
    public SpawnedActors(List<String> command, InetSocketAddress learner, int agents, RemoteConfig config)
            throws IOException {
        this.config = config;
        for (int i = 0; i < agents; i++) {
            List<String> line = new ArrayList<>(command);
            line.addAll(List.of(
                    "--connect",
                    learner.getAddress().getHostAddress() + ":" + learner.getPort(),
                    "--agent",
                    Integer.toString(i)));
            try {
                processes.add(new ProcessBuilder(line)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start());
            } catch (IOException e) {
                processes.forEach(Process::destroy);
                throw e;
            }
        }
    }

    /**
     * How many processes there still are.
     *
     * @return count
     */
    public int running() {
        int n = 0;
        for (Process p : processes) {
            n += p.isAlive() ? 1 : 0;
        }
        return n;
    }

    /** Waits until they have ended, which they do when the learner says so; after the timeout they are made to. */
    @Override
    public void close() {
        boolean interrupted = false;
        for (Process p : processes) {
            try {
                if (interrupted || !p.waitFor(config.timeout().toNanos(), TimeUnit.NANOSECONDS)) {
                    p.destroy();
                }
            } catch (InterruptedException e) {
                interrupted = true;
                p.destroy();
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
