package io.marllb.agents.remote;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;

/** An actor as a process of its own, to be killed. Arguments: port, agent, timeout in ms, retries. */
final class ActorMain {

    private ActorMain() {}

    public static void main(String[] args) {
        ActorProcess.run(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(args[0])),
                Integer.parseInt(args[1]),
                false,
                new RemoteConfig(Duration.ofMillis(Long.parseLong(args[2])), Integer.parseInt(args[3]), 1 << 20),
                System.out::println);
    }
}
