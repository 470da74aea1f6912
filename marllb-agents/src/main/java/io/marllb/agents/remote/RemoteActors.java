package io.marllb.agents.remote;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.replay.Episode;
import io.marllb.agents.train.Actors;
import io.marllb.agents.train.ExploringActor;
import io.marllb.policies.frozen.FrozenNetwork;
import io.marllb.policies.frozen.Heads;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Actors in other processes, and in their place, while they are away, stand-ins here. */
final class RemoteActors implements Actors {

    private final ActorServer server;
    private final RemoteConfig config;
    private final List<FrozenNetwork> networks;
    private final LearnerSetup setup;
    private final ActorSetup shape;
    private final ExploringActor[] standIns; // [agents]
    private final boolean[] standing; // [agents], whether the stand-in has followed this episode
    private final Peer[] peers; // [agents], null while away
    private final float[] scratch; // one action
    private long generation;
    private long seed;
    private Episode episode;

    RemoteActors(
            ActorServer server, RemoteConfig config, List<FrozenNetwork> networks, Heads heads, LearnerSetup setup) {
        this.server = server;
        this.config = config;
        this.networks = List.copyOf(networks);
        this.setup = setup;
        shape = new ActorSetup(
                networks.get(0).spec(), heads.kind(), setup.actionSpace(), setup.servers(), setup.horizon());
        shape.requireFits(config.mostBytes());
        standIns = new ExploringActor[setup.agents()];
        for (int i = 0; i < standIns.length; i++) {
            standIns[i] = new ExploringActor(networks.get(i), heads, setup.actionSpace(), i, setup.servers());
        }
        standing = new boolean[setup.agents()];
        peers = new Peer[setup.agents()];
        scratch = new float[setup.actionSpace().size()];
    }

    @Override
    public void sync() {
        generation++;
        admit();
        for (int i = 0; i < peers.length; i++) {
            askForParameters(i);
        }
        for (int i = 0; i < peers.length; i++) {
            awaitReady(i);
        }
    }

    /** Lets in who waits; they get parameters with everybody else, or on their own between two synchronisations. */
    private void admit() {
        if (!server.waiting()) {
            return;
        }
        server.refuseOthers(peers.length);
        for (int i = 0; i < peers.length; i++) {
            Peer newcomer = server.admit(i);
            if (newcomer == null) {
                continue;
            }
            if (peers[i] != null && peers[i].open()) {
                newcomer.refuse("agent " + i + " has an actor already");
                continue;
            }
            peers[i] = newcomer;
            newcomer.send(out -> Wire.writeSetup(shape, out));
            server.note("actor " + i + " joined");
        }
    }

    private void askForParameters(int i) {
        if (peers[i] != null) {
            float[] flat = networks.get(i).parameters();
            peers[i].send(out -> {
                out.writeByte(Wire.SYNC)
                        .writeByte(Wire.PARAMETERS)
                        .writeLong(generation)
                        .writeInt(flat.length);
                Wire.writeFloats(flat, 0, flat.length, out);
            });
        }
    }

    private void awaitReady(int i) {
        if (peers[i] == null) {
            return;
        }
        ByteBuf answer = await(i, Wire.SYNC, Wire.READY, generation, -1, () -> askForParameters(i));
        if (answer != null) {
            answer.release();
        }
    }

    @Override
    public void begin(long episodeSeed, Episode begun) {
        seed = episodeSeed;
        episode = begun;
        Peer[] before = peers.clone();
        admit();
        for (int i = 0; i < peers.length; i++) {
            standing[i] = false;
            if (peers[i] != before[i]) {
                askForParameters(i);
                awaitReady(i);
            }
        }
    }

    @Override
    public void act(int step, double epsilon, float[][] actions) {
        for (int i = 0; i < peers.length; i++) {
            observe(i, step, epsilon);
        }
        for (int i = 0; i < peers.length; i++) {
            if (!answered(i, step, epsilon, actions[i])) {
                standIn(i, step, epsilon, actions[i]);
            }
        }
    }

    private void observe(int i, int step, double epsilon) {
        if (peers[i] != null) {
            peers[i].send(out -> {
                out.writeByte(Wire.OBSERVATION).writeLong(seed).writeInt(step).writeDouble(epsilon);
                Wire.writeFloats(episode.observations(i), step * setup.inputs(), setup.inputs(), out);
            });
        }
    }

    private boolean answered(int i, int step, double epsilon, float[] action) {
        if (peers[i] == null) {
            return false;
        }
        ByteBuf answer = await(i, Wire.ACTION, (byte) 0, seed, step, () -> observe(i, step, epsilon));
        return read(i, answer, in -> {
            Wire.requireBytes(in, (long) scratch.length * Float.BYTES);
            Wire.readFloats(in, scratch, 0, scratch.length);
            if (!setup.actionSpace().contains(scratch)) {
                throw new IllegalArgumentException(
                        "its action " + setup.actionSpace().violation(scratch).orElse(""));
            }
            System.arraycopy(scratch, 0, action, 0, scratch.length);
        });
    }

    private void standIn(int i, int step, double epsilon, float[] action) {
        if (!standing[i]) {
            standing[i] = true;
            standIns[i].begin(seed);
            standIns[i].follow(episode.observations(i), step);
        }
        standIns[i].act(episode.observations(i), step, epsilon, action);
    }

    @Override
    public void acted(int step) {
        for (int i = 0; i < peers.length; i++) {
            if (peers[i] != null) {
                float reward = episode.rewards(i)[step];
                peers[i].send(out -> out.writeByte(Wire.REWARD)
                        .writeLong(seed)
                        .writeInt(step)
                        .writeFloat(reward));
            }
        }
        if (episode.ended()) {
            int steps = step + 1;
            for (int i = 0; i < peers.length; i++) {
                end(i, steps);
            }
            for (int i = 0; i < peers.length; i++) {
                collect(i, steps);
            }
        }
    }

    private void end(int i, int steps) {
        if (peers[i] != null) {
            peers[i].send(out -> {
                out.writeByte(Wire.EPISODE_END).writeLong(seed).writeInt(steps);
                Wire.writeFloats(episode.observations(i), steps * setup.inputs(), setup.inputs(), out);
            });
        }
    }

    /** What the actor recorded itself must be what was said between it and here: then it is the same whose record is learnt from. */
    private void collect(int i, int steps) {
        if (peers[i] == null) {
            return;
        }
        int seen = (steps + 1) * setup.inputs();
        int acted = steps * scratch.length;
        ByteBuf answer = await(i, Wire.EPISODE_END, (byte) 0, seed, steps, () -> end(i, steps));
        read(i, answer, in -> {
            Wire.requireBytes(in, ((long) seen + acted + steps) * Float.BYTES);
            requireSame(in, episode.observations(i), seen, "observations");
            requireSame(in, episode.actions(i), acted, "actions");
            requireSame(in, episode.rewards(i), steps, "rewards");
        });
    }

    private static void requireSame(ByteBuf in, float[] here, int count, String what) {
        for (int k = 0; k < count; k++) {
            int there = in.readInt();
            if (there != Float.floatToRawIntBits(here[k])) {
                throw new IllegalArgumentException("its " + what + " differ from what was said, first at number " + k
                        + ": " + Float.intBitsToFloat(there) + " instead of " + here[k]);
            }
        }
    }

    /** Reads an answer and releases it; an actor that answers nonsense is sent away. */
    private boolean read(int i, ByteBuf answer, Consumer<ByteBuf> reader) {
        if (answer == null) {
            return false;
        }
        try {
            reader.accept(answer);
            return true;
        } catch (IllegalArgumentException e) {
            lose(i, e.getMessage());
            return false;
        } finally {
            answer.release();
        }
    }

    /** Waits for the answer to a question, and asks again; null, and the actor is away, if none comes. */
    private ByteBuf await(int i, byte type, byte kind, long key, int step, Runnable again) {
        for (int attempt = 0; attempt <= config.retries(); attempt++) {
            if (attempt > 0) {
                again.run();
            }
            ScheduledFuture<?> end = null; // from the first late answer on: late ones must not keep us waiting for ever
            Duration left = config.timeout();
            while (!left.isNegative()) {
                ByteBuf answer = peers[i].poll(left);
                if (answer == null) {
                    break;
                }
                if (!answer.isReadable()) { // closed
                    lose(i, peers[i].trouble());
                    return null;
                }
                if (fits(answer, type, kind, key, step)) {
                    return answer;
                }
                answer.release(); // late, for a question that was asked twice
                if (end == null) {
                    end = peers[i].deadline(config.timeout());
                }
                left = Duration.ofNanos(end.getDelay(TimeUnit.NANOSECONDS));
            }
        }
        lose(i, "no answer within " + (config.retries() + 1) + " x " + config.timeoutText());
        return null;
    }

    private static boolean fits(ByteBuf in, byte type, byte kind, long key, int step) {
        int header = 1 + (type == Wire.SYNC ? 1 : 0) + Long.BYTES + (step >= 0 ? Integer.BYTES : 0);
        if (in.readableBytes() < header || in.readByte() != type) {
            return false;
        }
        return (type != Wire.SYNC || in.readByte() == kind)
                && in.readLong() == key
                && (step < 0 || in.readInt() == step);
    }

    private void lose(int i, String why) {
        server.note("actor " + i + " is away: " + why + "; its part is played here until it is back");
        peers[i].close();
        peers[i] = null;
    }

    @Override
    public float[] state(int agent) {
        throw new IllegalStateException(
                "actors in other processes keep their state; play whole episodes, with steps-per-iteration 0");
    }

    @Override
    public void close() {
        for (int i = 0; i < peers.length; i++) {
            if (peers[i] != null) {
                peers[i].bye(config.timeout());
                peers[i] = null;
            }
        }
    }
}
