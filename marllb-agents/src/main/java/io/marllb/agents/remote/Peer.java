package io.marllb.agents.remote;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/** One actor's connection, on the learner's side: answers what needs no thought, queues the rest for the thread that plays. */
@SuppressWarnings("FutureReturnValueIgnored") // what fails on a channel ends in channelInactive or exceptionCaught
final class Peer extends SimpleChannelInboundHandler<ByteBuf> {

    /** In the queue: nothing will follow. The only one without a byte. */
    private static final ByteBuf CLOSED = Unpooled.EMPTY_BUFFER;

    /** An actor answers one question at a time, and again if it was asked again; more than this is an attack or a bug. */
    private static final int MOST_QUEUED = 64;

    /** Of the queue, in messages of the largest size: the one that is read, and the same asked for again. */
    private static final long MOST_QUEUED_LARGEST = 2;

    private final ActorServer server;
    private final Channel channel;
    private final BlockingQueue<ByteBuf> inbox = new LinkedBlockingQueue<>();
    private final AtomicLong queuedBytes = new AtomicLong();
    private final long mostQueuedBytes;
    private volatile int agent = -1;
    private volatile String trouble = "the connection was closed";
    private boolean counted; // among the server's connections; of the connections' thread
    private boolean refused; // what still comes is not read; of the connections' thread
    private Future<?> deadline; // to join; of the connections' thread
    private volatile boolean closed; // nobody reads the inbox any more

    Peer(ActorServer server, Channel channel) {
        this.server = server;
        this.channel = channel;
        mostQueuedBytes = MOST_QUEUED_LARGEST * server.config().mostBytes();
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        if (!server.connected()) {
            refused = true;
            refuse("there are " + ActorServer.MOST_CONNECTIONS + " connections already");
            return;
        }
        counted = true;
        long wait = server.config().patience().toNanos();
        deadline = context.executor().schedule(this::late, wait, TimeUnit.NANOSECONDS);
    }

    private void late() {
        if (agent < 0 && !refused) {
            refused = true;
            String why = "it did not join within " + server.config().patience().toMillis() + " ms";
            server.note("a connection from " + channel.remoteAddress() + " was closed: " + why);
            refuse(why);
        }
    }

    int agent() {
        return agent;
    }

    /** Why it is closed. */
    String trouble() {
        return trouble;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, ByteBuf in) {
        server.received(in.readableBytes() + Wire.LENGTH_BYTES);
        if (refused || closed) {
            return;
        }
        Wire.requireAtLeast(in, 1);
        byte type = in.getByte(in.readerIndex());
        if (type == Wire.SYNC) {
            Wire.requireAtLeast(in, 2);
            byte kind = in.getByte(in.readerIndex() + 1);
            if (kind == Wire.PING) {
                send(out -> out.writeByte(Wire.SYNC).writeByte(Wire.PONG));
                return;
            }
            if (kind == Wire.JOIN) {
                in.skipBytes(2);
                join(Wire.readJoin(in));
                return;
            }
        }
        if (agent < 0) {
            throw new IllegalArgumentException("a message of type " + type + " before joining");
        }
        if (inbox.size() >= MOST_QUEUED || queuedBytes.get() + in.readableBytes() > mostQueuedBytes) {
            throw new IllegalArgumentException("more answers than questions");
        }
        queuedBytes.addAndGet(in.readableBytes());
        inbox.add(in.retain());
        if (closed) { // meanwhile
            drain();
        }
    }

    private void join(int as) {
        if (agent >= 0) {
            throw new IllegalArgumentException("joined twice");
        }
        if (as < 0) {
            refuse("an agent's index must be >= 0, but was " + as);
            return;
        }
        agent = as;
        deadline.cancel(false);
        channel.pipeline()
                .replace(
                        ActorServer.FRAMES,
                        ActorServer.FRAMES,
                        ActorServer.frames(server.config().mostBytes()));
        server.arrived(this).ifPresent(why -> {
            refused = true;
            refuse(why);
        });
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        if (refused) {
            return;
        }
        refused = true;
        trouble = cause.getMessage() == null ? cause.toString() : cause.getMessage();
        if (agent < 0) {
            server.note("a connection from " + channel.remoteAddress() + " was closed: " + trouble);
            if (!(cause instanceof IOException)) {
                refuse(trouble);
                return;
            }
        }
        context.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (counted) {
            deadline.cancel(false);
            server.disconnected();
        }
        if (agent >= 0 && server.left(this)) {
            close(); // nobody will read what it said
        }
        inbox.add(CLOSED);
    }

    /** Counts down from the timeout; for who must not wait longer however many answers come. */
    ScheduledFuture<?> deadline(Duration timeout) {
        return channel.eventLoop().schedule(() -> {}, timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** The next answer; null after the timeout; one without a byte when there will be none any more. The caller releases it. */
    ByteBuf poll(Duration timeout) {
        try {
            ByteBuf answer = inbox.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
            if (answer != null) {
                queuedBytes.addAndGet(-answer.readableBytes());
            }
            return answer;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for actor " + agent, e);
        }
    }

    void send(Consumer<ByteBuf> body) {
        channel.writeAndFlush(frame(channel, body, server::sent), channel.voidPromise());
    }

    /** A frame with its length in front. */
    static ByteBuf frame(Channel channel, Consumer<ByteBuf> body, IntConsumer sent) {
        ByteBuf out = channel.alloc().buffer();
        out.writeInt(0);
        body.accept(out);
        out.setInt(0, out.readableBytes() - Wire.LENGTH_BYTES);
        sent.accept(out.readableBytes());
        return out;
    }

    void refuse(String why) {
        closed = true;
        drain();
        channel.writeAndFlush(frame(channel, out -> Wire.writeText(Wire.REFUSED, why, out), server::sent))
                .addListener(ChannelFutureListener.CLOSE);
    }

    /** Says that training is over, and waits until that is on its way, but no longer than the timeout. */
    void bye(Duration timeout) {
        channel.writeAndFlush(frame(channel, out -> out.writeByte(Wire.SYNC).writeByte(Wire.BYE), server::sent))
                .addListener(ChannelFutureListener.CLOSE)
                .awaitUninterruptibly(timeout.toMillis());
        close();
    }

    /** Closes it and releases what nobody will read. */
    void close() {
        closed = true;
        channel.close();
        drain();
    }

    private void drain() {
        for (ByteBuf left = inbox.poll(); left != null; left = inbox.poll()) {
            queuedBytes.addAndGet(-left.readableBytes());
            left.release(); // does nothing to CLOSED
        }
    }

    /** Bytes that wait to be read. */
    long queuedBytes() {
        return queuedBytes.get();
    }

    boolean open() {
        return channel.isActive();
    }
}
