package io.marllb.agents.remote;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.train.Actors;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.Heads;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.LengthFieldBasedFrameDecoder;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * Where actors report to a learner: listens, and makes {@link Actors} that play with whoever is there.
 *
 * <p>An agent whose actor is missing, silent or wrong is played by the learner itself until its actor is back, which joins at the next episode.
 * What an agent does is a function of parameters, seed and what it saw, so nothing of the result changes by it and nothing needs masking.
 *
 * <p><em>Guarantees</em>: the methods may be called from any thread; connections are served by one thread of its own, which answers even while the
 * learner computes. <em>Assumptions</em>: {@link #create} is called once, and its actors are used by one thread at a time.
 */
public final class ActorServer implements Actors.Factory, AutoCloseable {

    /** At a time: an actor per agent, those who come to replace them, and strangers. */
    static final int MOST_CONNECTIONS = 256;

    /** Where in a connection's pipeline its stream is cut. */
    static final String FRAMES = "frames";

    private static final int MOST_CONNECTIONS_WAITING = 64; // that have not been accepted yet

    private final RemoteConfig config;
    private final Consumer<String> notes;
    private final EventLoopGroup loop;
    private final Channel listening;
    private final Map<Integer, Peer> arrived =
            new HashMap<>(); // by agent, those who wait to be let in; guarded by this
    private final LongAdder messagesSent = new LongAdder();
    private final LongAdder bytesSent = new LongAdder();
    private final LongAdder messagesReceived = new LongAdder();
    private final LongAdder bytesReceived = new LongAdder();
    private final AtomicInteger connections = new AtomicInteger();
    private RemoteActors actors; // guarded by this
    private int agents = MOST_CONNECTIONS; // how many there are, once it is known; guarded by this

    /**
     * Starts to listen.
     *
     * @param address where; port 0 takes any that is free
     * @param anyHost whether an address is allowed that other machines can reach; see {@link RemoteConfig#requireSafe}
     * @param config how long to wait for answers
     * @param notes told in a line who came, went and was refused; from any thread
     * @throws IllegalArgumentException if the address is refused
     * @throws IllegalStateException if it is not possible to listen there
     */
    public ActorServer(InetSocketAddress address, boolean anyHost, RemoteConfig config, Consumer<String> notes) {
        RemoteConfig.requireSafe(address, anyHost);
        this.config = Objects.requireNonNull(config, "config");
        this.notes = Objects.requireNonNull(notes, "notes");
        loop = new MultiThreadIoEventLoopGroup(
                1, new DefaultThreadFactory("actor-server", true), NioIoHandler.newFactory());
        ChannelFuture bound = new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, MOST_CONNECTIONS_WAITING)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(FRAMES, frames(RemoteConfig.LEAST_BYTES)) // strangers have little to say
                                .addLast(new Peer(ActorServer.this, channel));
                    }
                })
                .bind(address)
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            loop.shutdownGracefully(0, 0, TimeUnit.SECONDS).awaitUninterruptibly();
            throw new IllegalStateException(
                    "cannot listen on " + address + ": " + bound.cause().getMessage() + "; choose another port",
                    bound.cause());
        }
        listening = bound.channel();
    }

    /** Cuts the stream into frames; longer ones fail before they are read. */
    static LengthFieldBasedFrameDecoder frames(int mostBytes) {
        return new LengthFieldBasedFrameDecoder(mostBytes, 0, Wire.LENGTH_BYTES, 0, Wire.LENGTH_BYTES);
    }

    /**
     * Where it listens.
     *
     * @return address and port
     */
    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    /**
     * Makes the actors of the one environment that is played.
     *
     * @throws IllegalStateException at the second call: actors elsewhere play one environment, not several
     * @throws IllegalArgumentException if an episode would not fit into a message
     */
    @Override
    public synchronized Actors create(List<FrozenNetwork> networks, Heads heads, LearnerSetup setup) {
        if (actors != null) {
            throw new IllegalStateException(
                    "actors in other processes play one environment at a time; set environments to 1");
        }
        actors = new RemoteActors(this, config, networks, heads, setup);
        agents = setup.agents();
        refuseOthers(agents); // who came before it was known
        return actors;
    }

    /**
     * Waits until enough actors are there, or for so long.
     *
     * @param count how many different agents
     * @param most how long to wait at most
     * @return how many are there
     * @throws InterruptedException if interrupted
     */
    public synchronized int await(int count, Duration most) throws InterruptedException {
        // Waits in slices of the timeout, since an arrival wakes one slice only; no clock is read.
        long slices = Math.max(1, most.toNanos() / config.timeout().toNanos());
        for (long s = 0; s < slices && arrived.size() < count; ) {
            int before = arrived.size();
            wait(Math.max(1, Math.min(most.toMillis(), config.timeout().toMillis())));
            s += arrived.size() == before ? 1 : 0;
        }
        return arrived.size();
    }

    /**
     * What went over the wire so far.
     *
     * @return counts
     */
    public TrafficCount traffic() {
        return new TrafficCount(messagesSent.sum(), bytesSent.sum(), messagesReceived.sum(), bytesReceived.sum());
    }

    void sent(int bytes) {
        messagesSent.increment();
        bytesSent.add(bytes);
    }

    void received(int bytes) {
        messagesReceived.increment();
        bytesReceived.add(bytes);
    }

    void note(String text) {
        notes.accept(text);
    }

    RemoteConfig config() {
        return config;
    }

    /** Counts a connection; false, and it is not counted, if there are too many. */
    boolean connected() {
        if (connections.incrementAndGet() > MOST_CONNECTIONS) {
            connections.decrementAndGet();
            return false;
        }
        return true;
    }

    void disconnected() {
        connections.decrementAndGet();
    }

    /** An actor wants to play; the newest of an agent replaces one that still waits. Why it may not, if so. */
    synchronized Optional<String> arrived(Peer peer) {
        if (peer.agent() >= agents) {
            return Optional.of("there are agents 0 to " + (agents - 1) + ", not " + peer.agent());
        }
        Peer older = arrived.put(peer.agent(), peer);
        if (older != null) {
            older.close();
        }
        notifyAll();
        return Optional.empty();
    }

    /** Whether it was still waiting. */
    synchronized boolean left(Peer peer) {
        return arrived.remove(peer.agent(), peer);
    }

    /** Takes who waits for an agent, or null. */
    synchronized Peer admit(int agent) {
        return arrived.remove(agent);
    }

    synchronized boolean waiting() {
        return !arrived.isEmpty();
    }

    /** Turns away who waits for an agent that there is not. */
    synchronized void refuseOthers(int agents) {
        arrived.entrySet().removeIf(e -> {
            boolean wrong = e.getKey() < 0 || e.getKey() >= agents;
            if (wrong) {
                e.getValue().refuse("there are agents 0 to " + (agents - 1) + ", not " + e.getKey());
            }
            return wrong;
        });
    }

    /** Tells the actors that training is over, and stops listening; a second call does nothing. */
    @Override
    public void close() {
        RemoteActors playing;
        List<Peer> waiting;
        synchronized (this) {
            playing = actors;
            waiting = List.copyOf(arrived.values());
            arrived.clear();
        }
        waiting.forEach(
                p -> p.bye(config.timeout())); // without the lock, which the connections' thread takes when they close
        if (playing != null) {
            playing.close();
        }
        listening.close().awaitUninterruptibly();
        loop.shutdownGracefully(0, config.timeout().toMillis(), TimeUnit.MILLISECONDS)
                .awaitUninterruptibly();
    }
}
