package io.marllb.agents.remote;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * One balancer's agent, around which a process can be made: joins a learner, acts with the parameters that it gets, keeps its recurrent state and its
 * trajectory, and hands that over at the end of each episode. Loads no ND4J.
 */
public final class ActorProcess {

    private ActorProcess() {}

    /**
     * Plays until the learner says that training is over.
     *
     * @param learner where the learner listens
     * @param agent index of the balancer, {@code >= 0}
     * @param anyHost whether the learner may be on another machine; see {@link RemoteConfig#requireSafe}
     * @param config how long to wait
     * @param notes told in a line what happens; from any thread
     * @throws IllegalArgumentException if the address is refused
     * @throws LearnerLostException if there is no learner, it went away and did not come back, or it does not want this actor
     */
    public static void run(
            InetSocketAddress learner, int agent, boolean anyHost, RemoteConfig config, Consumer<String> notes) {
        RemoteConfig.requireSafe(learner, anyHost);
        EventLoopGroup loop =
                new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("actor", true), NioIoHandler.newFactory());
        try {
            int failures = 0;
            while (true) {
                ActorSession session = new ActorSession(agent, config, notes);
                ActorSession.End end = play(learner, config, loop, session);
                if (end == ActorSession.End.OVER) {
                    notes.accept("training is over");
                    return;
                }
                if (end == ActorSession.End.REFUSED) {
                    throw new LearnerLostException("the learner refused actor " + agent + ": " + session.trouble());
                }
                failures = session.welcomed() ? 1 : failures + 1;
                if (failures > config.retries()) {
                    throw new LearnerLostException("there is no learner at " + learner.getHostString() + ":"
                            + learner.getPort() + ": tried " + failures + " times, " + config.timeoutText()
                            + " apart (" + session.trouble() + ")");
                }
                notes.accept("no learner (" + session.trouble() + "); trying again in " + config.timeoutText());
                pause(loop, config);
            }
        } finally {
            loop.shutdownGracefully(0, config.timeout().toMillis(), TimeUnit.MILLISECONDS)
                    .awaitUninterruptibly();
        }
    }

    private static ActorSession.End play(
            InetSocketAddress learner, RemoteConfig config, EventLoopGroup loop, ActorSession session) {
        ChannelFuture connected = new Bootstrap()
                .group(loop)
                .channel(NioSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int)
                        Math.min(Integer.MAX_VALUE, Math.max(1, config.timeout().toMillis())))
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(ActorServer.frames(config.mostBytes()), session);
                    }
                })
                .connect(learner)
                .awaitUninterruptibly();
        if (!connected.isSuccess()) {
            session.failed(connected.cause());
        }
        return session.end().join();
    }

    private static void pause(EventLoopGroup loop, RemoteConfig config) {
        loop.schedule(() -> {}, config.timeout().toNanos(), TimeUnit.NANOSECONDS)
                .awaitUninterruptibly();
    }
}
