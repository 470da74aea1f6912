package io.marllb.dataplane.haproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.Reduction;
import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.DataPlane.Contact;
import io.marllb.dataplane.DataPlaneContract;
import io.marllb.dataplane.ServerAddress;
import io.marllb.dataplane.ServerEntry;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.ServerState;
import io.marllb.policies.PolicyRegistry;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class HaproxyDataPlaneTest {

    static final long PATIENCE_NANOS = 30_000_000_000L; // on a busy machine; nothing waits for it when all is well

    private Path folder; // short, since the path of a socket has 108 bytes at most
    private Path socket;
    private FakeHaproxy haproxy;
    private long now = 1_000_000_000L;

    @BeforeEach
    void start() throws IOException {
        folder = Files.createTempDirectory("ha");
        socket = folder.resolve("s");
        haproxy = new FakeHaproxy(socket, "a", "b", "c");
    }

    @AfterEach
    void stop() throws IOException {
        haproxy.close();
        Files.deleteIfExists(socket);
        Files.delete(folder);
    }

    private HaproxyDataPlane connect() {
        return HaproxyDataPlane.connect(socket, "web", 250_000_000L, () -> now, PATIENCE_NANOS);
    }

    private static MsgIn wanted(double... weights) {
        MsgIn in = new MsgIn(weights.length);
        for (int j = 0; j < weights.length; j++) {
            in.weight[j] = weights[j];
            in.state[j] = ServerState.ACTIVE;
        }
        return in;
    }

    @Nested
    class AsADataPlane extends DataPlaneContract {
        @Override
        protected Behind open() {
            haproxy.servers.put("d", new FakeHaproxy.Server());
            haproxy.servers.get("b").initialWeight = 5;
            HaproxyDataPlane plane = connect();
            List<FakeHaproxy.Server> servers = List.copyOf(haproxy.servers.values());
            return new Behind() {
                @Override
                public DataPlane dataPlane() {
                    return plane;
                }

                @Override
                public void flows(int server, int open, long started) {
                    now += 50_000_000;
                    servers.get(server).open = open;
                    servers.get(server).total = started;
                }

                @Override
                public double share(int server) {
                    return servers.get(server).weight / 256.0;
                }

                @Override
                public boolean drained(int server) {
                    return servers.get(server).admin == 8;
                }

                @Override
                public void vanish() throws IOException {
                    haproxy.close();
                }

                @Override
                public void close() {
                    plane.close();
                }
            };
        }
    }

    @Test
    void readsTheStatisticsOfItsServers() {
        FakeHaproxy.Server a = haproxy.servers.get("a");
        a.open = 3;
        a.total = 10;
        a.refused = 1;
        a.millis = 12;
        a.initialWeight = 5;
        haproxy.servers.get("b").op = 0;
        haproxy.servers.get("c").admin = 1;
        try (HaproxyDataPlane plane = connect()) {
            MsgOut out = new MsgOut(3);
            assertThat(plane.read(out)).isEqualTo(Contact.FRESH);
            now += 1_000_000_000L;
            assertThat(plane.read(out)).isEqualTo(Contact.FRESH);

            assertThat(out.state).containsExactly(ServerState.ACTIVE, ServerState.DEAD, ServerState.DRAINING);
            assertThat(out.inFlight[0]).isEqualTo(3);
            assertThat(out.started[0]).isEqualTo(10);
            assertThat(out.completed[0]).isEqualTo(6);
            assertThat(out.rejected[0]).isEqualTo(1);
            assertThat(out.inFlightNanos[0]).isEqualTo(3_000_000_000L);
            assertThat(out.busyNanos[0]).isEqualTo(1_000_000_000L);
            assertThat(out.fct[0][Reduction.MEAN.ordinal()]).isEqualTo(0.012);
            assertThat(out.staticWeight[0]).isEqualTo(5);
            assertThat(plane.describe()).endsWith("backend web (3 servers, balance leastconn, pid 100)");
        }
    }

    @Test
    void setsWeightsFromOneTo256AndOnlyThoseThatChange() {
        try (HaproxyDataPlane plane = connect()) {
            plane.read(new MsgOut(3));
            plane.publish(wanted(2, 1, 1e-6));
            assertThat(haproxy.takeCommands())
                    .containsExactly("set server web/a weight 256", "set server web/b weight 128");
            assertThat(haproxy.servers.get("c").weight).isEqualTo(1);

            plane.publish(wanted(4, 2, 4));
            assertThat(haproxy.takeCommands()).containsExactly("set server web/c weight 256");

            plane.publish(wanted(4, 0, 4));
            assertThat(haproxy.takeCommands()).containsExactly("set server web/b weight 0");
        }
    }

    @Test
    void drainsAndLiftsItsOwnDrainsOnly() {
        haproxy.servers.get("c").admin = 8; // by hand
        try (HaproxyDataPlane plane = connect()) {
            MsgOut out = new MsgOut(3);
            plane.read(out);
            assertThat(out.state[2]).isEqualTo(ServerState.DRAINING);
            MsgIn in = wanted(1, 1, 0);
            in.state[1] = ServerState.DRAINING;
            in.state[2] = ServerState.DRAINING;
            plane.publish(in);
            assertThat(haproxy.takeCommands())
                    .contains("set server web/b state drain")
                    .noneMatch(c -> c.contains("/c "));

            plane.read(out);
            assertThat(out.state[1]).as("its own drain is no news").isEqualTo(ServerState.ACTIVE);
            plane.publish(wanted(1, 1, 1));
            assertThat(haproxy.takeCommands())
                    .contains("set server web/b state ready")
                    .doesNotContain("set server web/c state ready");
        }
    }

    @Test
    void itsOwnDrainIsLiftedAfterTheListHasGrownToo() {
        try (HaproxyDataPlane plane = connect()) {
            plane.read(new MsgOut(3));
            MsgIn in = wanted(1, 1, 1);
            in.state[1] = ServerState.DRAINING;
            plane.publish(in);
            haproxy.servers.put("d", new FakeHaproxy.Server());
            assertThat(plane.read(new MsgOut(3))).isEqualTo(Contact.REPLACED);
            MsgOut out = new MsgOut(4);
            plane.read(out);
            assertThat(out.state[1]).isEqualTo(ServerState.ACTIVE);

            plane.publish(wanted(1, 1, 1, 1));

            assertThat(haproxy.takeCommands()).contains("set server web/b state ready");
        }
    }

    @Test
    @Timeout(60)
    void neverWaitsForOneThatHangsHoweverManyWait() throws IOException {
        Path hung = folder.resolve("h");
        try (ServerSocketChannel deaf = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            deaf.bind(UnixDomainSocketAddress.of(hung), 1);
            RuntimeSocket runtime = new RuntimeSocket(hung, 5_000_000L);
            for (int i = 0; i < 8; i++) { // more than its queue takes
                assertThatThrownBy(() -> runtime.ask("show info")).isInstanceOf(IOException.class);
            }
        } finally {
            Files.deleteIfExists(hung);
        }
    }

    @Test
    void anotherProcessOrListIsAnotherDataPlane() {
        try (HaproxyDataPlane plane = connect()) {
            assertThat(plane.read(new MsgOut(3))).isEqualTo(Contact.FRESH);
            haproxy.pid = 101;
            assertThat(plane.read(new MsgOut(3))).isEqualTo(Contact.REPLACED);
            assertThat(plane.read(new MsgOut(3))).isEqualTo(Contact.FRESH);
            haproxy.servers.put("d", new FakeHaproxy.Server());
            assertThat(plane.read(new MsgOut(3))).isEqualTo(Contact.REPLACED);
            assertThat(plane.spec().servers()).isEqualTo(4);
        }
    }

    @Test
    void isGoneWhileNobodyAnswersAndComesBack() throws IOException {
        try (HaproxyDataPlane plane = connect()) {
            haproxy.close();
            Files.delete(socket);
            assertThat(plane.read(new MsgOut(3))).isEqualTo(Contact.GONE);
            assertThat(plane.trouble()).startsWith("HAProxy: ");
            assertThatThrownBy(() -> plane.publish(wanted(1, 2, 3))).isInstanceOf(IllegalStateException.class);

            haproxy = new FakeHaproxy(socket, "a", "b", "c");
            assertThat(plane.read(new MsgOut(3))).isEqualTo(Contact.FRESH);
        }
    }

    @Test
    void whatHaproxyRefusesIsAnError() {
        try (HaproxyDataPlane plane = connect()) {
            plane.read(new MsgOut(3));
            haproxy.error = "Backend is using a static LB algorithm and only accepts weights '0%' and '100%'.";
            assertThatThrownBy(() -> plane.publish(wanted(1, 2, 3)))
                    .hasMessageStartingWith("HAProxy said: Backend is using");
            haproxy.error = "";
            plane.publish(wanted(1, 2, 3));
            assertThat(haproxy.servers.get("c").weight).isEqualTo(256);
        }
    }

    @Test
    void runsTheRuleThatIsItsBalance() {
        try (HaproxyDataPlane plane = connect()) {
            assertThat(plane.rule(PolicyRegistry.parse("sed").rule(1))).isPresent();
            assertThat(plane.rule(PolicyRegistry.parse("wcmp").rule(1))).isEmpty();
        }
        haproxy.balance = "roundrobin";
        try (HaproxyDataPlane plane = connect()) {
            assertThat(plane.rule(PolicyRegistry.parse("sed").rule(1))).isEmpty();
            assertThat(plane.rule(PolicyRegistry.parse("wcmp").rule(1))).isPresent();
        }
    }

    @Test
    void backupServersAreNotSteered() {
        haproxy.servers.get("b").backup = true;
        try (HaproxyDataPlane plane = connect()) {
            assertThat(plane.spec().servers()).isEqualTo(2);
            assertThat(plane.name(1)).isEqualTo("c");
        }
    }

    @Test
    void listedServersAreKnownByName() {
        try (HaproxyDataPlane plane = connect()) {
            ServerEntry c = new ServerEntry("c", 0, Optional.empty(), Optional.empty(), 3, true);
            assertThat(plane.place(List.of(c)).get(0).slot()).isEqualTo(2);
            assertThatThrownBy(() -> plane.place(
                            List.of(new ServerEntry("cc", 0, Optional.empty(), Optional.empty(), 1, false))))
                    .hasMessage("backend web has no server 'cc'; did you mean 'c'?");
            assertThatThrownBy(() -> plane.place(List.of(ServerEntry.of(0, ServerAddress.parse("10.0.0.1:80")))))
                    .hasMessageContaining("HAProxy keeps its own list");
        }
    }

    @Test
    void saysWhatToDoWhereItCannotWork() {
        assertThatThrownBy(() -> HaproxyDataPlane.connect(socket, "nope", 1, () -> now))
                .hasMessageContaining("it has no backend 'nope'");
        assertThatThrownBy(() -> HaproxyDataPlane.connect(socket, "web;show", 1, () -> now))
                .hasMessageContaining("must be a name");
        assertThatThrownBy(() -> HaproxyDataPlane.connect(folder.resolve("none"), "web", 1, () -> now))
                .hasMessageContaining("level admin");
        haproxy.balance = "source";
        assertThatThrownBy(this::connect)
                .hasMessage(
                        "backend web has 'balance source', whose weights cannot be steered; use roundrobin, leastconn or"
                                + " random");
    }
}
