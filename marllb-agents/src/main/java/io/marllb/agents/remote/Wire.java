package io.marllb.agents.remote;

import io.marllb.core.rl.Box;
import io.marllb.core.rl.Discrete;
import io.marllb.core.rl.MultiDiscrete;
import io.marllb.core.rl.Space;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The messages. A frame is its length (4 bytes, of what follows), a type, and the body; numbers are big-endian, floats IEEE 754 binary32.
 *
 * <pre>
 *  learner -> actor                                     actor -> learner
 *  SYNC WELCOME     setup                               SYNC JOIN   magic, version, agent
 *  SYNC PARAMETERS  generation, count, floats           SYNC READY  generation
 *  SYNC PONG | BYE  -                                   SYNC PING   -
 *  SYNC REFUSED     text
 *  OBSERVATION  episode, step, epsilon, floats          ACTION       episode, step, floats
 *  REWARD       episode, step, reward
 *  EPISODE_END  episode, steps, floats                  EPISODE_END  episode, steps, observations, actions, rewards
 * </pre>
 *
 * <p>Reading checks every length against the bytes that are there before it allocates, and throws {@link IllegalArgumentException} otherwise.
 */
final class Wire {

    static final int LENGTH_BYTES = 4;

    static final byte SYNC = 1;
    static final byte OBSERVATION = 2;
    static final byte ACTION = 3;
    static final byte REWARD = 4;
    static final byte EPISODE_END = 5;

    static final byte JOIN = 1;
    static final byte WELCOME = 2;
    static final byte PARAMETERS = 3;
    static final byte READY = 4;
    static final byte PING = 5;
    static final byte PONG = 6;
    static final byte BYE = 7;
    static final byte REFUSED = 8;

    private static final int MAGIC = 0x4d4c4231; // "MLB1"
    private static final short VERSION = 1;
    private static final int MOST_TEXT = 1000;
    private static final int MOST_LAYERS = 64;
    private static final byte RECURRENT = 0;
    private static final byte PER_SERVER = 1;
    private static final byte DISCRETE = 0;
    private static final byte MULTI_DISCRETE = 1;
    private static final byte BOX = 2;

    private Wire() {}

    static void writeJoin(int agent, ByteBuf out) {
        out.writeByte(SYNC).writeByte(JOIN).writeInt(MAGIC).writeShort(VERSION).writeInt(agent);
    }

    /** The agent that wants to join, after the two type bytes. */
    static int readJoin(ByteBuf in) {
        requireBytes(in, Integer.BYTES + Short.BYTES + Integer.BYTES);
        int magic = in.readInt();
        short version = in.readShort();
        if (magic != MAGIC) {
            throw new IllegalArgumentException("not an actor: the first message does not begin as ours do");
        }
        if (version != VERSION) {
            throw new IllegalArgumentException("the actor speaks version " + version + " and the learner version "
                    + VERSION + "; use one release");
        }
        return in.readInt();
    }

    static void writeText(byte kind, String text, ByteBuf out) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeByte(SYNC).writeByte(kind).writeBytes(bytes, 0, Math.min(bytes.length, MOST_TEXT));
    }

    static String readText(ByteBuf in) {
        if (in.readableBytes() > MOST_TEXT) {
            throw new IllegalArgumentException("a text of " + in.readableBytes() + " bytes");
        }
        // A terminal will show it: no control characters.
        return in.readCharSequence(in.readableBytes(), StandardCharsets.UTF_8)
                .toString()
                .replaceAll("\\p{Cntrl}", " ");
    }

    static void writeSetup(ActorSetup setup, ByteBuf out) {
        out.writeByte(SYNC).writeByte(WELCOME);
        out.writeInt(setup.servers()).writeInt(setup.horizon());
        out.writeByte(setup.kind().ordinal());
        writeSpace(setup.actionSpace(), out);
        writeSpec(setup.spec(), out);
    }

    static ActorSetup readSetup(ByteBuf in) {
        requireAtLeast(in, 2 * Integer.BYTES + 1);
        int servers = in.readInt();
        int horizon = in.readInt();
        int kind = in.readByte();
        Heads.Kind[] kinds = Heads.Kind.values();
        if (kind < 0 || kind >= kinds.length) {
            throw new IllegalArgumentException("heads of kind " + kind);
        }
        Space space = readSpace(in);
        NetworkSpec spec = readSpec(in);
        requireBytes(in, 0);
        return new ActorSetup(spec, kinds[kind], space, servers, horizon);
    }

    private static void writeSpace(Space space, ByteBuf out) {
        if (space instanceof Discrete discrete) {
            out.writeByte(DISCRETE).writeInt(discrete.n());
        } else if (space instanceof MultiDiscrete multi) {
            out.writeByte(MULTI_DISCRETE).writeInt(multi.size());
            for (int h = 0; h < multi.size(); h++) {
                out.writeInt(multi.count(h));
            }
        } else if (space instanceof Box box) {
            out.writeByte(BOX).writeInt(box.size());
            for (int i = 0; i < box.size(); i++) {
                out.writeFloat(box.low(i)).writeFloat(box.high(i));
            }
        }
    }

    private static Space readSpace(ByteBuf in) {
        requireAtLeast(in, 1 + Integer.BYTES);
        byte kind = in.readByte();
        int n = in.readInt();
        switch (kind) {
            case DISCRETE -> {
                return new Discrete(n);
            }
            case MULTI_DISCRETE -> {
                requireCount(in, n, Integer.BYTES);
                int[] counts = new int[n];
                for (int h = 0; h < n; h++) {
                    counts[h] = in.readInt();
                }
                return MultiDiscrete.of(counts);
            }
            case BOX -> {
                requireCount(in, n, 2 * Float.BYTES);
                float[] low = new float[n];
                float[] high = new float[n];
                for (int i = 0; i < n; i++) {
                    low[i] = in.readFloat();
                    high[i] = in.readFloat();
                }
                return Box.of(low, high);
            }
            default -> throw new IllegalArgumentException("an action space of kind " + kind);
        }
    }

    private static void writeSpec(NetworkSpec spec, ByteBuf out) {
        if (spec instanceof NetworkSpec.Recurrent r) {
            out.writeByte(RECURRENT).writeInt(r.inputs()).writeInt(r.gru()).writeInt(r.outputs());
            writeSizes(r.before(), out);
            writeSizes(r.after(), out);
        } else if (spec instanceof NetworkSpec.PerServer p) {
            out.writeByte(PER_SERVER)
                    .writeInt(p.features())
                    .writeInt(p.globals())
                    .writeInt(p.gru());
            out.writeInt(p.perServer()).writeInt(p.pooled());
            writeSizes(p.encoder(), out);
        }
    }

    private static NetworkSpec readSpec(ByteBuf in) {
        requireAtLeast(in, 1 + 3 * Integer.BYTES);
        byte kind = in.readByte();
        int a = in.readInt();
        int b = in.readInt();
        int c = in.readInt();
        if (kind == RECURRENT) {
            List<Integer> before = readSizes(in);
            return new NetworkSpec.Recurrent(a, before, b, readSizes(in), c);
        }
        if (kind == PER_SERVER) {
            requireAtLeast(in, 2 * Integer.BYTES);
            int perServer = in.readInt();
            int pooled = in.readInt();
            return new NetworkSpec.PerServer(a, b, readSizes(in), c, perServer, pooled);
        }
        throw new IllegalArgumentException("a network of kind " + kind);
    }

    private static void writeSizes(List<Integer> sizes, ByteBuf out) {
        out.writeInt(sizes.size());
        sizes.forEach(out::writeInt);
    }

    private static List<Integer> readSizes(ByteBuf in) {
        requireAtLeast(in, Integer.BYTES);
        int n = in.readInt();
        if (n < 0 || n > MOST_LAYERS) {
            throw new IllegalArgumentException(n + " layers");
        }
        requireCount(in, n, Integer.BYTES);
        List<Integer> sizes = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            sizes.add(in.readInt());
        }
        return sizes;
    }

    static void writeFloats(float[] values, int from, int count, ByteBuf out) {
        for (int i = from; i < from + count; i++) {
            out.writeFloat(values[i]);
        }
    }

    /** Exactly as many floats as fit. */
    static void readFloats(ByteBuf in, float[] into, int from, int count) {
        requireAtLeast(in, (long) count * Float.BYTES);
        for (int i = from; i < from + count; i++) {
            into[i] = in.readFloat();
        }
    }

    static void requireBytes(ByteBuf in, long count) {
        if (in.readableBytes() != count) {
            throw new IllegalArgumentException(
                    "a message has " + in.readableBytes() + " bytes left where " + count + " belong");
        }
    }

    static void requireAtLeast(ByteBuf in, long count) {
        if (in.readableBytes() < count) {
            throw new IllegalArgumentException(
                    "a message has " + in.readableBytes() + " bytes left where at least " + count + " belong");
        }
    }

    private static void requireCount(ByteBuf in, int count, int each) {
        if (count < 0) {
            throw new IllegalArgumentException("a count of " + count);
        }
        requireAtLeast(in, (long) count * each);
    }
}
