package io.marllb.cli;

import io.marllb.agents.remote.RemoteConfig;
import io.marllb.bench.training.TrainingPlan;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Where the actors of a training run. */
final class ActorOptions {

    static final String SPAWN = "spawn";
    static final String SCHEME = "tcp://";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    @Option(
            names = "--actors",
            paramLabel = "WHERE",
            description =
                    "Let the balancers' agents act in processes of their own while they explore: 'spawn' starts them here, "
                            + "tcp://HOST:PORT waits there for 'marllb actor'. Results are the same. Needs --set environments=1.")
    private String where;

    @Option(
            names = "--any-host",
            description =
                    "Let --actors listen where other machines can reach it. Nothing is encrypted or authenticated.")
    private boolean anyHost;

    boolean wanted() {
        return where != null;
    }

    /** Whether any of these options was given. */
    boolean given() {
        return where != null || anyHost;
    }

    /** Checks, listens, starts or awaits; a pool of nobody if actors are not wanted. */
    ActorPool start(TrainingPlan plan, PrintWriter err) throws IOException {
        if (where == null) {
            require(!anyHost, "--any-host belongs to --actors tcp://HOST:PORT");
            return ActorPool.none();
        }
        require(
                plan.options().environments() == 1,
                "--actors play one environment, but this training has "
                        + plan.options().environments() + "; use --set environments=1");
        require(
                plan.options().stepsPerIteration() == 0,
                "--actors play whole episodes; use --set steps-per-iteration=0");
        int agents = plan.problem().setup(plan.seed()).agents();
        boolean spawn = where.equals(SPAWN);
        require(
                spawn || where.startsWith(SCHEME),
                "--actors must be 'spawn' or tcp://HOST:PORT, but was '" + where + "'");
        InetSocketAddress address = spawn
                ? new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)
                : address(spec, where.substring(SCHEME.length()));
        try {
            RemoteConfig.requireSafe(address, anyHost);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--actors: " + e.getMessage() + " (--any-host)", e);
        }
        return ActorPool.start(address, anyHost, spawn, agents, err);
    }

    /** Reads HOST:PORT. */
    static InetSocketAddress address(CommandSpec spec, String text) {
        int colon = text.lastIndexOf(':');
        try {
            if (colon > 0) {
                return new InetSocketAddress(text.substring(0, colon), Integer.parseInt(text.substring(colon + 1)));
            }
        } catch (IllegalArgumentException e) { // not a number, or not a port
            throw new ParameterException(spec.commandLine(), "no port in [0, 65535]: '" + text + "'", e);
        }
        throw new ParameterException(
                spec.commandLine(), "an address must be HOST:PORT, such as 127.0.0.1:9000, but was '" + text + "'");
    }

    private void require(boolean condition, String message) {
        if (!condition) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }
}
