package io.marllb.agents.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.train.Actors;
import io.marllb.agents.train.EpisodeProbe;
import io.marllb.agents.train.FakeLearner;
import io.marllb.agents.train.Hooks;
import io.marllb.agents.train.TrainOptions;
import io.marllb.agents.train.Trainer;
import io.marllb.core.rl.ParallelEnv;
import io.marllb.core.rl.StepResult;
import io.marllb.core.rl.Wrapper;
import io.marllb.env.Environments;
import io.marllb.policies.frozen.Tensors;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class RemoteTrainingTest {

    private static final int EPISODES = 6;
    private static final int HORIZON = 12;
    private static final TrainOptions OPTIONS = new TrainOptions(1, 0, 1, 2, 0, 2, 0, 1);
    /** Long enough that nobody who answers is taken for dead, even on a busy machine. */
    private static final RemoteConfig PATIENT = new RemoteConfig(Duration.ofSeconds(10), 3, 1 << 20);

    private static final RemoteConfig HASTY = new RemoteConfig(Duration.ofMillis(50), 1, 1 << 20);

    /** Between two late answers: sooner than the timeout, but not so soon that more wait than an actor may leave unread. */
    private static final int PINGS = 100;

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<String> notes = Collections.synchronizedList(new ArrayList<>());
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void endAll() {
        threads.shutdownNow();
        processes.forEach(Process::destroyForcibly);
    }

    private static ParallelEnv cluster() {
        return Environments.make(
                "parallel-load-balance", "scenario", "paper-moderate-690", "horizon", Integer.toString(HORIZON));
    }

    /** Calls back before every step, of all episodes counted together. */
    private static final class Counting extends Wrapper {
        private final IntConsumer before;
        private int steps;

        Counting(ParallelEnv inner, IntConsumer before) {
            super(inner);
            this.before = before;
        }

        @Override
        public void step(float[][] actions, StepResult into) {
            before.accept(steps++);
            super.step(actions, into);
        }
    }

    private static Tensors train(Actors.Factory actors, IntConsumer beforeStep, double epsilon) {
        LearnerSetup setup;
        try (ParallelEnv env = cluster()) {
            setup = Trainer.setup(env, HORIZON, 3);
        }
        FakeLearner learner = new FakeLearner(setup, setup.agents()).exploring(epsilon);
        try (Trainer trainer = new Trainer(
                learner,
                setup,
                OPTIONS,
                () -> new Counting(cluster(), beforeStep),
                EpisodeProbe.NONE,
                Hooks.QUIET,
                actors)) {
            trainer.run(EPISODES, Long.MAX_VALUE);
            Tensors all = new Tensors();
            trainer.save(all);
            return all;
        }
    }

    private static Tensors trainedHere() {
        return train(Actors.Factory.LOCAL, s -> {}, 0);
    }

    private static void assertSame(Tensors one, Tensors other) {
        assertThat(one.names()).containsExactlyElementsOf(other.names()).isNotEmpty();
        for (String name : one.names()) {
            if (one.isFloat(name)) {
                assertThat(one.floats(name)).as(name).isEqualTo(other.floats(name));
            } else {
                assertThat(one.longs(name)).as(name).isEqualTo(other.longs(name));
            }
        }
    }

    private ActorServer server(RemoteConfig config) {
        return new ActorServer(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), false, config, notes::add);
    }

    private Future<?> actor(ActorServer server, int agent, RemoteConfig config) {
        return threads.submit(() -> ActorProcess.run(server.address(), agent, false, config, n -> {}));
    }

    private Process process(ActorServer server, int agent) {
        try {
            Process p = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx128m",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            ActorMain.class.getName(),
                            Integer.toString(server.address().getPort()),
                            Integer.toString(agent),
                            "10000",
                            "3")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            processes.add(p);
            return p;
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void waitFor(ActorServer server, int actors) {
        try {
            assertThat(server.await(actors, Duration.ofSeconds(60))).isEqualTo(actors);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.5, 1})
    void actorsElsewhereLearnTheSameBits(double epsilon) throws Exception {
        Tensors remote;
        List<Future<?>> actors = new ArrayList<>();
        try (ActorServer server = server(PATIENT)) {
            actors.add(actor(server, 0, PATIENT));
            actors.add(actor(server, 1, PATIENT));
            waitFor(server, 2);

            remote = train(server, s -> {}, epsilon);

            TrafficCount traffic = server.traffic();
            int steps = EPISODES * HORIZON;
            // Per step and agent an observation and a reward; per episode an end and the parameters; a welcome and a
            // farewell.
            assertThat(traffic.messagesSent()).isEqualTo(2L * (2 * steps + 2 * EPISODES + 2));
            // Per step an action; per episode a trajectory and that the parameters have come; the first word.
            assertThat(traffic.messagesReceived()).isEqualTo(2L * (steps + 2 * EPISODES + 1));
        }

        assertSame(remote, train(Actors.Factory.LOCAL, s -> {}, epsilon));
        for (Future<?> a : actors) {
            a.get(30, TimeUnit.SECONDS); // ended by itself, without an error
        }
        assertThat(notes).containsExactlyInAnyOrder("actor 0 joined", "actor 1 joined");
    }

    @Test
    void aKilledActorIsPlayedForAndAdmittedWhenItIsBack() {
        Tensors remote;
        try (ActorServer server = server(PATIENT)) {
            Process victim = process(server, 0);
            process(server, 1);
            waitFor(server, 2);

            remote = train(
                    server,
                    step -> {
                        if (step == HORIZON + 5) { // in the middle of the second episode
                            victim.destroyForcibly().onExit().join();
                        } else if (step == 3 * HORIZON + 1) { // in the middle of the fourth
                            process(server, 0);
                            waitFor(server, 1);
                        }
                    },
                    0);
        }

        assertSame(remote, trainedHere());
        assertThat(notes).hasSize(4);
        assertThat(notes.get(2)).startsWith("actor 0 is away: ").contains("its part is played here until it is back");
        assertThat(notes.get(3)).isEqualTo("actor 0 joined");
    }

    @Test
    void withoutAnyActorTheLearnerPlaysAlone() {
        try (ActorServer server = server(HASTY)) {
            assertSame(train(server, s -> {}, 0), trainedHere());
        }
        assertThat(notes).isEmpty();
    }

    @Test
    void aSilentActorIsGivenUpAfterTheRetries() throws Exception {
        try (ActorServer server = server(HASTY);
                Socket silent = new Socket(
                        server.address().getAddress(), server.address().getPort())) {
            send(silent, out -> Wire.writeJoin(1, out));
            waitFor(server, 1);

            assertSame(train(server, s -> {}, 0), trainedHere());
        }
        assertThat(notes)
                .containsExactly(
                        "actor 1 joined",
                        "actor 1 is away: no answer within 2 x 50 ms; its part is played here until it is back");
    }

    @Test
    void anActorThatAnswersNonsenseIsSentAway() throws Exception {
        try (ActorServer server = server(PATIENT);
                Socket mad = new Socket(
                        server.address().getAddress(), server.address().getPort())) {
            send(mad, out -> Wire.writeJoin(0, out));
            waitFor(server, 1);
            Future<?> answers = threads.submit(() -> {
                DataInputStream in = new DataInputStream(mad.getInputStream());
                receive(in); // the welcome
                ByteBuf parameters = receive(in);
                long generation = parameters.getLong(2);
                send(mad, out -> out.writeByte(Wire.SYNC).writeByte(Wire.READY).writeLong(generation));
                ByteBuf observation = receive(in);
                long seed = observation.getLong(1);
                send(mad, out -> {
                    out.writeByte(Wire.ACTION).writeLong(seed).writeInt(0);
                    for (int i = 0; i < 7; i++) {
                        out.writeFloat(99); // there are six levels
                    }
                });
                return null;
            });

            assertSame(train(server, s -> {}, 0), trainedHere());
            answers.get(30, TimeUnit.SECONDS);
        }
        assertThat(notes).hasSize(2);
        assertThat(notes.get(1)).startsWith("actor 0 is away: its action entry 0 must be an integer in [0, 5]");
    }

    @Test
    void anActorWhoseRecordDiffersIsSentAway() throws Exception {
        try (ActorServer server = server(PATIENT);
                Socket forger = new Socket(
                        server.address().getAddress(), server.address().getPort())) {
            send(forger, out -> Wire.writeJoin(0, out));
            waitFor(server, 1);
            Future<?> answers = threads.submit(() -> {
                DataInputStream in = new DataInputStream(forger.getInputStream());
                while (true) {
                    ByteBuf asked = receive(in);
                    byte type = asked.getByte(0);
                    if (type == Wire.SYNC && asked.getByte(1) == Wire.PARAMETERS) {
                        send(
                                forger,
                                out -> out.writeByte(Wire.SYNC)
                                        .writeByte(Wire.READY)
                                        .writeLong(asked.getLong(2)));
                    } else if (type == Wire.OBSERVATION) {
                        send(
                                forger,
                                out -> out.writeByte(Wire.ACTION)
                                        .writeLong(asked.getLong(1))
                                        .writeInt(asked.getInt(9))
                                        .writeZero(7 * Float.BYTES));
                    } else if (type == Wire.EPISODE_END) {
                        int inputs = (asked.readableBytes() - 13) / Float.BYTES;
                        send(
                                forger,
                                out -> out.writeByte(Wire.EPISODE_END)
                                        .writeLong(asked.getLong(1))
                                        .writeInt(HORIZON)
                                        .writeZero(((HORIZON + 1) * inputs + HORIZON * 7) * Float.BYTES)
                                        .writeZero(HORIZON * Float.BYTES));
                        return null;
                    }
                }
            });

            train(server, s -> {}, 0);
            answers.get(30, TimeUnit.SECONDS);
        }
        assertThat(notes).hasSize(2);
        assertThat(notes.get(1)).startsWith("actor 0 is away: its observations differ from what was said");
    }

    @Test
    void strangersAreTurnedAwayWithTheReason() throws Exception {
        try (ActorServer server = server(PATIENT)) {
            assertThat(answerTo(
                            server,
                            out -> out.writeBytes("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII))))
                    .contains("a message of type 71 before joining");
            assertThat(answerTo(
                            server,
                            out -> out.writeByte(Wire.SYNC)
                                    .writeByte(Wire.JOIN)
                                    .writeInt(1)
                                    .writeShort(1)
                                    .writeInt(0)))
                    .contains("not an actor");
            assertThat(answerTo(
                            server,
                            out -> out.writeByte(Wire.SYNC)
                                    .writeByte(Wire.JOIN)
                                    .writeInt(0x4d4c4231)
                                    .writeShort(9)
                                    .writeInt(0)))
                    .contains("the actor speaks version 9 and the learner version 1; use one release");
            assertThat(answerTo(server, out -> out.writeByte(Wire.SYNC).writeByte(Wire.JOIN)))
                    .contains("a message has 0 bytes left where 10 belong");
            try (Socket huge =
                    new Socket(server.address().getAddress(), server.address().getPort())) {
                huge.getOutputStream().write(new byte[] {0x7f, 0, 0, 0, 1});
                assertThat(text(receive(new DataInputStream(huge.getInputStream()))))
                        .contains("exceeds");
            }

            assertSame(train(server, s -> {}, 0), trainedHere()); // nobody got in, and nothing broke
        }
    }

    @Test
    void anAgentThatDoesNotExistOrIsTakenIsRefused() throws Exception {
        try (ActorServer server = server(PATIENT)) {
            Future<?> first = actor(server, 0, PATIENT);
            waitFor(server, 1);
            List<Future<?>> refused = new ArrayList<>();

            train(
                    server,
                    step -> {
                        if (step == 1) {
                            refused.add(actor(server, 0, PATIENT));
                            waitFor(server, 1);
                            refused.add(actor(server, 7, PATIENT));
                        }
                    },
                    0);

            assertThatThrownBy(() -> refused.get(0).get(30, TimeUnit.SECONDS))
                    .hasRootCauseInstanceOf(LearnerLostException.class)
                    .hasRootCauseMessage("the learner refused actor 0: agent 0 has an actor already");
            assertThatThrownBy(() -> refused.get(1).get(30, TimeUnit.SECONDS))
                    .hasRootCauseMessage("the learner refused actor 7: there are agents 0 to 1, not 7");
            first.get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void whoDoesNotSayWhoItIsIsTurnedAwayInTime() throws Exception {
        try (ActorServer server = server(HASTY);
                Socket mute = new Socket(
                        server.address().getAddress(), server.address().getPort())) {
            assertThat(text(receive(new DataInputStream(mute.getInputStream()))))
                    .isEqualTo("it did not join within 1000 ms");
            assertThat(mute.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(notes).hasSize(1);
    }

    @Test
    void noMoreConnectionsAreTakenThanAreOfUse() throws Exception {
        List<Socket> crowd = new ArrayList<>();
        Future<?> actor;
        try (ActorServer server = server(PATIENT)) {
            for (int i = 0; i < ActorServer.MOST_CONNECTIONS; i++) {
                crowd.add(new Socket(
                        server.address().getAddress(), server.address().getPort()));
            }
            try (Socket last =
                    new Socket(server.address().getAddress(), server.address().getPort())) {
                assertThat(text(receive(new DataInputStream(last.getInputStream()))))
                        .isEqualTo("there are 256 connections already");
            }
            crowd.remove(0).close();
            actor = actor(server, 0, PATIENT);
            while (server.await(1, Duration.ofMillis(10)) == 0) {
                if (actor.isDone()) { // it came before the server had seen that one has gone
                    assertThatThrownBy(actor::get).hasMessageContaining("there are 256 connections already");
                    actor = actor(server, 0, PATIENT);
                }
            }
        } finally {
            for (Socket s : crowd) {
                s.close();
            }
        }
        actor.get(60, TimeUnit.SECONDS);
    }

    @Test
    void anActorThatTalksWithoutBeingAskedIsSentAwayBeforeItFillsTheMemory() throws Exception {
        RemoteConfig small = new RemoteConfig(Duration.ofSeconds(10), 3, 200_000);
        try (ActorServer server = server(small);
                Socket talker = new Socket(
                        server.address().getAddress(), server.address().getPort())) {
            send(talker, out -> Wire.writeJoin(0, out));
            waitFor(server, 1);
            try {
                for (int i = 0; i < 50; i++) {
                    send(talker, out -> out.writeByte(Wire.ACTION).writeZero(150_000));
                }
            } catch (IOException closed) {
                assertThat(closed).hasMessageMatching("(?i).*(broken pipe|reset|closed|aborted).*");
            }

            assertSame(train(server, s -> {}, 0), trainedHere()); // it was heard no more
        }
        assertThat(notes.stream().filter(n -> n.contains("is away")).toList())
                .allMatch(n -> n.contains("more answers"));
    }

    @Test
    void lateAnswersDoNotKeepTheLearnerWaitingForEver() throws Exception {
        try (ActorServer server = server(HASTY);
                Socket late = new Socket(
                        server.address().getAddress(), server.address().getPort())) {
            send(late, out -> Wire.writeJoin(1, out));
            waitFor(server, 1);
            Future<?> chatter = threads.submit(() -> {
                DataInputStream in = new DataInputStream(late.getInputStream());
                while (!Thread.currentThread().isInterrupted()) {
                    send(
                            late,
                            out -> out.writeByte(Wire.SYNC)
                                    .writeByte(Wire.READY)
                                    .writeLong(-1));
                    for (int i = 0; i < PINGS; i++) {
                        awaitPong(late, in);
                    }
                }
                return null;
            });

            assertSame(train(server, s -> {}, 0), trainedHere());
            chatter.cancel(true);
        }
        assertThat(notes).hasSize(2);
        assertThat(notes.get(1)).startsWith("actor 1 is away: no answer within 2 x 50 ms");
    }

    @Test
    void withoutALearnerAnActorStopsAfterItsRetries() {
        InetSocketAddress gone;
        try (ActorServer server = server(HASTY)) {
            gone = server.address();
        }

        assertThatThrownBy(() -> ActorProcess.run(gone, 0, false, HASTY, notes::add))
                .isInstanceOf(LearnerLostException.class)
                .hasMessageContaining("there is no learner at")
                .hasMessageContaining("tried 2 times, 50 ms apart");
        assertThat(notes).hasSize(1);
    }

    @Test
    void aLearnerThatDiesIsWaitedForAndThenGivenUp() throws Exception {
        java.net.ServerSocket learner = new java.net.ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        InetSocketAddress address = new InetSocketAddress(learner.getInetAddress(), learner.getLocalPort());
        Future<?> actor = threads.submit(() -> ActorProcess.run(address, 0, false, HASTY, notes::add));
        try (learner;
                Socket connection = learner.accept()) {
            receive(new DataInputStream(connection.getInputStream())); // it joins; then the learner dies
        }

        assertThatThrownBy(() -> actor.get(60, TimeUnit.SECONDS))
                .hasRootCauseInstanceOf(LearnerLostException.class)
                .rootCause()
                .hasMessageContaining("tried 2 times");
    }

    @Test
    void anActorGivesUpOnALearnerThatSaysNothing() throws Exception {
        try (java.net.ServerSocket learner = new java.net.ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            InetSocketAddress address = new InetSocketAddress(learner.getInetAddress(), learner.getLocalPort());

            assertThatThrownBy(() -> ActorProcess.run(address, 0, false, HASTY, notes::add))
                    .hasMessageContaining("no word within 2 x 50 ms");
        }
    }

    @Test
    void otherMachinesAreRefusedUnlessTheyAreMeant() {
        InetSocketAddress everywhere = new InetSocketAddress("0.0.0.0", 0);

        assertThatThrownBy(() -> new ActorServer(everywhere, false, PATIENT, notes::add))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0.0.0.0 is not a loopback address")
                .hasMessageContaining("allow other hosts explicitly");
        assertThatThrownBy(() -> ActorProcess.run(new InetSocketAddress("192.0.2.1", 1), 0, false, PATIENT, notes::add))
                .hasMessageContaining("192.0.2.1 is not a loopback address");
        try (ActorServer meant = new ActorServer(everywhere, true, PATIENT, notes::add)) {
            assertThat(meant.address().getPort()).isPositive();
        }
    }

    @Test
    void severalEnvironmentsAreRefused() {
        LearnerSetup setup;
        try (ParallelEnv env = cluster()) {
            setup = Trainer.setup(env, HORIZON, 3);
        }
        FakeLearner learner = new FakeLearner(setup, 1);
        try (ActorServer server = server(PATIENT)) {
            assertThatThrownBy(() -> new Trainer(
                            learner,
                            setup,
                            TrainOptions.episodes(2, 1),
                            RemoteTrainingTest::cluster,
                            EpisodeProbe.NONE,
                            Hooks.QUIET,
                            server))
                    .hasMessageContaining("set environments to 1");
        }
    }

    private interface Body {
        void write(ByteBuf out);
    }

    private static void send(Socket socket, Body body) throws IOException {
        ByteBuf out = Unpooled.buffer();
        out.writeInt(0);
        body.write(out);
        out.setInt(0, out.readableBytes() - Wire.LENGTH_BYTES);
        OutputStream stream = socket.getOutputStream();
        stream.write(out.array(), 0, out.readableBytes());
        stream.flush();
    }

    private static ByteBuf receive(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readInt()];
        in.readFully(bytes);
        return Unpooled.wrappedBuffer(bytes);
    }

    private static void awaitPong(Socket socket, DataInputStream in) throws IOException {
        send(socket, out -> out.writeByte(Wire.SYNC).writeByte(Wire.PING));
        ByteBuf answer = receive(in);
        while (answer.readByte() != Wire.SYNC || answer.readByte() != Wire.PONG) { // questions of the learner
            answer = receive(in);
        }
    }

    private static String text(ByteBuf refusal) {
        assertThat(refusal.readByte()).isEqualTo(Wire.SYNC);
        assertThat(refusal.readByte()).isEqualTo(Wire.REFUSED);
        return Wire.readText(refusal);
    }

    private static String answerTo(ActorServer server, Body body) throws IOException {
        try (Socket socket =
                new Socket(server.address().getAddress(), server.address().getPort())) {
            send(socket, body);
            return text(receive(new DataInputStream(socket.getInputStream())));
        }
    }
}
