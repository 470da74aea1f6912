package io.marllb.cli;

import io.marllb.agents.remote.ActorProcess;
import io.marllb.agents.remote.LearnerLostException;
import io.marllb.agents.remote.RemoteConfig;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** One balancer's agent as a process of its own. */
@Command(
        name = "actor",
        description = {
            "Acts for one balancer in a training elsewhere ('marllb train --actors tcp://HOST:PORT'), until that is over.",
            "It gets its parameters from the learner, keeps its recurrent state, and hands its trajectory over at the end of each episode. If the "
                    + "learner does not answer it asks and connects again, and then ends. It may be killed and started anew at any time."
        },
        exitCodeList = {"0:the training is over", "1:there is no learner any more, or it refused", "2:bad input"},
        footer = {"", "Example: marllb actor --connect 127.0.0.1:9000 --agent 0"})
final class ActorCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--connect",
            paramLabel = "HOST:PORT",
            required = true,
            description = "Where the learner listens; the usual port is " + RemoteConfig.PORT + ".")
    private String learner;

    @Option(names = "--agent", paramLabel = "I", required = true, description = "Index of the balancer, from 0.")
    private int agent;

    @Option(
            names = "--timeout",
            paramLabel = "T",
            converter = DurationConverter.class,
            description = "How long to wait for a word of the learner. Default: 5s.")
    private Duration timeout = RemoteConfig.DEFAULTS.timeout();

    @Option(
            names = "--retries",
            paramLabel = "N",
            description = "How often to ask or to connect again. Default: ${DEFAULT-VALUE}.")
    private int retries = RemoteConfig.DEFAULTS.retries();

    @Option(names = "--any-host", description = "Connect to other machines too. Nothing is encrypted or authenticated.")
    private boolean anyHost;

    @Option(names = "--quiet", description = "Say only why it failed.")
    private boolean quiet;

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        if (agent < 0) {
            throw new ParameterException(spec.commandLine(), "--agent must be >= 0, but was " + agent);
        }
        InetSocketAddress address = ActorOptions.address(spec, learner);
        try {
            RemoteConfig config = new RemoteConfig(timeout, retries, RemoteConfig.DEFAULTS.mostBytes());
            ActorProcess.run(address, agent, anyHost, config, note -> {
                if (!quiet) {
                    err.println("actor " + agent + ": " + note);
                    err.flush();
                }
            });
            return 0;
        } catch (LearnerLostException e) {
            throw new JobFailedException(e.getMessage());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "--connect: " + e.getMessage() + " (--any-host)", e);
        }
    }
}
