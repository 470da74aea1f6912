package io.marllb.cli;

import io.marllb.agents.remote.ActorServer;
import io.marllb.agents.remote.RemoteConfig;
import io.marllb.agents.remote.SpawnedActors;
import io.marllb.agents.train.Actors;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/** The actors of one training: here, spawned, or awaited. */
final class ActorPool implements AutoCloseable {

    private static final Duration ARRIVAL = Duration.ofSeconds(60);

    private final ActorServer server; // null: they act in this process
    private final SpawnedActors spawned; // null: somebody else starts them

    private ActorPool(ActorServer server, SpawnedActors spawned) {
        this.server = server;
        this.spawned = spawned;
    }

    static ActorPool none() {
        return new ActorPool(null, null);
    }

    static ActorPool start(InetSocketAddress address, boolean anyHost, boolean spawn, int agents, PrintWriter err)
            throws IOException {
        RemoteConfig config = RemoteConfig.DEFAULTS;
        ActorServer server;
        try {
            server = new ActorServer(address, anyHost, config, note -> say(err, note));
        } catch (IllegalStateException e) {
            throw new JobFailedException(e.getMessage());
        }
        SpawnedActors spawned = null;
        try {
            if (spawn) {
                spawned = new SpawnedActors(command(), server.address(), agents, config);
            } else {
                say(err, "waiting on " + server.address() + " for " + agents + " actors");
            }
            int there = server.await(agents, ARRIVAL);
            if (there < agents) {
                say(err, there + " of " + agents + " actors came; the others' parts are played here until they do");
            }
            return new ActorPool(server, spawned);
        } catch (IOException | InterruptedException e) {
            new ActorPool(server, spawned).close();
            throw new JobFailedException("no actors: " + e.getMessage());
        }
    }

    /** What starts an actor with the Java and the classes of this process. */
    static List<String> command() {
        List<String> command = OwnCommand.start("-Xmx256m");
        command.addAll(List.of("actor", "--quiet"));
        return command;
    }

    private static void say(PrintWriter err, String note) {
        synchronized (err) {
            err.println("marllb: " + note);
            err.flush();
        }
    }

    Actors.Factory factory() {
        return server == null ? Actors.Factory.LOCAL : server;
    }

    @Override
    public void close() {
        if (server != null) {
            server.close();
        }
        if (spawned != null) {
            spawned.close();
        }
    }
}
