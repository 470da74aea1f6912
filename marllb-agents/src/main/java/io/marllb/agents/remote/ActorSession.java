package io.marllb.agents.remote;

import io.marllb.agents.train.ExploringActor;
import io.marllb.policies.frozen.FrozenNetwork;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One connection of an actor to its learner: everything from joining to the end, on the thread of the connection. */
@SuppressWarnings("FutureReturnValueIgnored") // what fails on a channel ends in channelInactive or exceptionCaught
final class ActorSession extends SimpleChannelInboundHandler<ByteBuf> {

    /** How a session ended. */
    enum End {
        /** The learner said that training is over. */
        OVER,
        /** The learner does not want this actor. */
        REFUSED,
        /** The connection broke, or nobody answered. */
        LOST
    }

    private final int agent;
    private final RemoteConfig config;
    private final Consumer<String> notes;
    private final CompletableFuture<End> end = new CompletableFuture<>();
    private volatile String trouble = "the connection was closed";
    private volatile boolean welcomed;
    private boolean heard;
    private int silences;

    private ActorSetup setup; // null before the welcome
    private FrozenNetwork network; // null before the first parameters
    private ExploringActor actor;
    private float[] observations; // [(horizon + 1) * inputs]
    private float[] actions; // [horizon * actionSize]
    private float[] rewards; // [horizon]
    private float[] action;
    private long seed;
    private int steps; // acted in this episode

    ActorSession(int agent, RemoteConfig config, Consumer<String> notes) {
        this.agent = agent;
        this.config = config;
        this.notes = notes;
    }

    CompletableFuture<End> end() {
        return end;
    }

    String trouble() {
        return trouble;
    }

    /** Whether it got as far as playing. */
    boolean welcomed() {
        return welcomed;
    }

    void failed(Throwable cause) {
        trouble = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        end.complete(End.LOST);
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        send(context, out -> Wire.writeJoin(agent, out));
        watch(context);
    }

    /** After each timeout without a word asks whether the learner is still there. */
    private void watch(ChannelHandlerContext context) {
        context.executor()
                .schedule(
                        () -> {
                            if (!context.channel().isActive()) {
                                return;
                            }
                            silences = heard ? 0 : silences + 1;
                            heard = false;
                            if (silences > config.retries()) {
                                trouble = "no word within " + silences + " x " + config.timeoutText();
                                context.close();
                                return;
                            }
                            send(context, out -> out.writeByte(Wire.SYNC).writeByte(Wire.PING));
                            watch(context);
                        },
                        config.timeout().toNanos(),
                        TimeUnit.NANOSECONDS);
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end.complete(End.LOST);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        trouble = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        context.close();
    }

    private static void send(ChannelHandlerContext context, Consumer<ByteBuf> body) {
        context.writeAndFlush(Peer.frame(context.channel(), body, bytes -> {}), context.voidPromise());
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf in) {
        heard = true;
        Wire.requireAtLeast(in, 1);
        byte type = in.readByte();
        switch (type) {
            case Wire.SYNC -> sync(context, in);
            case Wire.OBSERVATION -> observation(context, in);
            case Wire.REWARD -> reward(in);
            case Wire.EPISODE_END -> episodeEnd(context, in);
            default -> throw new IllegalArgumentException("a message of type " + type);
        }
    }

    private void sync(ChannelHandlerContext context, ByteBuf in) {
        Wire.requireAtLeast(in, 1);
        byte kind = in.readByte();
        switch (kind) {
            case Wire.WELCOME -> welcome(in);
            case Wire.PARAMETERS -> parameters(context, in);
            case Wire.PONG -> Wire.requireBytes(in, 0);
            case Wire.BYE -> {
                end.complete(End.OVER);
                context.close();
            }
            case Wire.REFUSED -> {
                trouble = Wire.readText(in);
                end.complete(End.REFUSED);
                context.close();
            }
            default -> throw new IllegalArgumentException("a SYNC of kind " + kind);
        }
    }

    private void welcome(ByteBuf in) {
        ActorSetup given = Wire.readSetup(in);
        given.requireFits(config.mostBytes());
        observations = new float[(given.horizon() + 1) * given.inputs()];
        actions = new float[given.horizon() * given.actionSize()];
        rewards = new float[given.horizon()];
        action = new float[given.actionSize()];
        setup = given;
        welcomed = true;
        notes.accept("joined as agent " + agent + ": " + given.inputs() + " inputs, actions " + given.actionSpace());
    }

    private void parameters(ChannelHandlerContext context, ByteBuf in) {
        requireSetup();
        Wire.requireAtLeast(in, Long.BYTES + Integer.BYTES);
        long generation = in.readLong();
        int count = in.readInt();
        if (count != setup.spec().parameters()) {
            throw new IllegalArgumentException(
                    count + " parameters for a network of " + setup.spec().parameters());
        }
        Wire.requireBytes(in, (long) count * Float.BYTES);
        float[] flat = new float[count];
        Wire.readFloats(in, flat, 0, count);
        if (network == null) {
            network = FrozenNetwork.of(setup.spec(), flat);
            actor = new ExploringActor(network, setup.heads(), setup.actionSpace(), agent, setup.servers());
        } else {
            network.load(flat);
        }
        send(context, out -> out.writeByte(Wire.SYNC).writeByte(Wire.READY).writeLong(generation));
    }

    private void observation(ChannelHandlerContext context, ByteBuf in) {
        requireParameters();
        Wire.requireBytes(in, Long.BYTES + Integer.BYTES + Double.BYTES + (long) setup.inputs() * Float.BYTES);
        long episode = in.readLong();
        int step = in.readInt();
        double epsilon = in.readDouble();
        if (!(epsilon >= 0 && epsilon <= 1)) {
            throw new IllegalArgumentException("epsilon " + epsilon);
        }
        boolean again = episode == seed && steps > 0 && step == steps - 1;
        if (!again) {
            if (step == 0) {
                seed = episode;
                steps = 0;
                actor.begin(seed);
            }
            requirePlace(episode, step, steps);
            if (step >= setup.horizon()) {
                throw new IllegalArgumentException("step " + step + " of an episode of " + setup.horizon());
            }
            Wire.readFloats(in, observations, step * setup.inputs(), setup.inputs());
            actor.act(observations, step, epsilon, action);
            System.arraycopy(action, 0, actions, step * action.length, action.length);
            steps++;
        }
        send(context, out -> {
            out.writeByte(Wire.ACTION).writeLong(seed).writeInt(step);
            Wire.writeFloats(actions, step * action.length, action.length, out);
        });
    }

    private void reward(ByteBuf in) {
        requireParameters();
        Wire.requireBytes(in, Long.BYTES + Integer.BYTES + Float.BYTES);
        requirePlace(in.readLong(), in.readInt(), steps - 1);
        rewards[steps - 1] = in.readFloat();
    }

    private void episodeEnd(ChannelHandlerContext context, ByteBuf in) {
        requireParameters();
        Wire.requireBytes(in, Long.BYTES + Integer.BYTES + (long) setup.inputs() * Float.BYTES);
        requirePlace(in.readLong(), in.readInt(), steps);
        Wire.readFloats(in, observations, steps * setup.inputs(), setup.inputs());
        send(context, out -> {
            out.writeByte(Wire.EPISODE_END).writeLong(seed).writeInt(steps);
            Wire.writeFloats(observations, 0, (steps + 1) * setup.inputs(), out);
            Wire.writeFloats(actions, 0, steps * action.length, out);
            Wire.writeFloats(rewards, 0, steps, out);
        });
    }

    private void requireSetup() {
        if (setup == null) {
            throw new IllegalArgumentException("parameters before a welcome");
        }
    }

    private void requireParameters() {
        if (actor == null) {
            throw new IllegalArgumentException("an episode before parameters");
        }
    }

    private void requirePlace(long episode, int step, int expected) {
        if (episode != seed || step != expected || expected < 0) {
            throw new IllegalArgumentException(
                    "step " + step + " of an episode, where step " + expected + " of it was expected");
        }
    }
}
