package io.marllb.dataplane.proxy;

import static io.marllb.dataplane.proxy.TestServer.ECHO;
import static io.marllb.dataplane.proxy.TestServer.LOOPBACK;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.marllb.dataplane.ServerAddress;
import io.marllb.dataplane.ServerEntry;
import io.marllb.dataplane.control.ControllerConfig;
import io.marllb.dataplane.control.ControllerStatus.ServerStatus;
import io.marllb.dataplane.control.HealthConfig;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgInWriter;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.MsgOutReader;
import io.marllb.ipc.Rule;
import io.marllb.ipc.Segment;
import io.marllb.ipc.SegmentException;
import io.marllb.ipc.ServerState;
import io.marllb.policies.PolicyRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class TcpProxyTest {

    private static final int PATIENCE_MILLIS = 30_000;
    private static final HealthConfig UNCHECKED = HealthConfig.DEFAULTS.withKind(HealthConfig.Kind.NONE);

    private static ProxyConfig config(ServerEntry... servers) {
        return ProxyConfig.of(new InetSocketAddress(LOOPBACK, 0), List.of(servers), PolicyRegistry.parse("sed"))
                .withController(ControllerConfig.DEFAULTS.withHealth(UNCHECKED));
    }

    private static ProxyLimits limits(int loops, int connections, int bufferBytes) {
        ProxyLimits d = ProxyLimits.DEFAULTS;
        return new ProxyLimits(
                loops, OptionalInt.of(connections), d.backlog(), bufferBytes, d.connectTimeout(), 3, d.idleTimeout());
    }

    private static Socket connect(TcpProxy proxy) throws IOException {
        Socket socket = new Socket(LOOPBACK, proxy.addresses().get(0).getPort());
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private static int unusedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, LOOPBACK)) {
            return socket.getLocalPort();
        }
    }

    private static ServerEntry nobody(int slot) throws IOException {
        return ServerEntry.of(slot, new ServerAddress(LOOPBACK, unusedPort()));
    }

    /** Waits until the controller has seen it. */
    private static void awaitServer(TcpProxy proxy, int slot, String what, Predicate<ServerStatus> p) {
        Await.until(
                what,
                () -> proxy.status().orElseThrow().servers().stream().anyMatch(s -> s.slot() == slot && p.test(s)));
    }

    private static void say(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(US_ASCII));
    }

    private static String rest(Socket socket) throws IOException {
        return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }

    @Test
    void passesOnWhatTheClientSaysAfterTheServerHasEnded() throws Exception {
        CompletableFuture<String> heard = new CompletableFuture<>();
        try (TestServer server = new TestServer(socket -> {
                    say(socket, "good bye");
                    socket.shutdownOutput();
                    heard.complete(rest(socket));
                });
                TcpProxy proxy = TcpProxy.start(config(server.entry(0)));
                Socket client = connect(proxy)) {
            assertThat(rest(client)).isEqualTo("good bye");

            say(client, "one more thing");
            client.shutdownOutput();

            assertThat(heard.get(30, TimeUnit.SECONDS)).isEqualTo("one more thing");
        }
    }

    @Test
    void passesOnWhatTheServerSaysAfterTheClientHasEnded() throws Exception {
        try (TestServer server = new TestServer(socket -> {
                    String all = rest(socket);
                    say(socket, new StringBuilder(all).reverse().toString());
                });
                TcpProxy proxy = TcpProxy.start(config(server.entry(0)));
                Socket client = connect(proxy)) {
            say(client, "desserts");
            client.shutdownOutput();

            assertThat(rest(client)).isEqualTo("stressed");
            awaitServer(proxy, 0, "the flow counts as completed", s -> s.completed() == 1 && s.inFlight() == 0);
        }
    }

    /** Writes so many pseudo-random bytes of a seed; returns their checksum. */
    private static long write(OutputStream out, long seed, int bytes) throws IOException {
        Random random = new Random(seed);
        CRC32 crc = new CRC32();
        byte[] block = new byte[10_007]; // no divisor of anything
        for (int left = bytes; left > 0; ) {
            random.nextBytes(block);
            int n = Math.min(left, block.length);
            crc.update(block, 0, n);
            out.write(block, 0, n);
            left -= n;
        }
        return crc.getValue();
    }

    private static long read(InputStream in, int bytes) throws IOException {
        CRC32 crc = new CRC32();
        byte[] block = new byte[8192];
        for (int left = bytes; left > 0; ) {
            int n = in.read(block, 0, Math.min(left, block.length));
            if (n < 0) {
                throw new IOException(left + " bytes are missing");
            }
            crc.update(block, 0, n);
            left -= n;
        }
        return crc.getValue();
    }

    @Test
    void carries64MebibytesBothWaysAtOnceWithEveryByte() throws Exception {
        int bytes = 64 << 20;
        CompletableFuture<Long> serverRead = new CompletableFuture<>();
        CompletableFuture<Long> serverWrote = new CompletableFuture<>();
        try (TestServer server = new TestServer(socket -> {
                    TestServer.daemon(() -> {
                        try {
                            serverWrote.complete(write(socket.getOutputStream(), 1, bytes));
                        } catch (IOException e) {
                            serverWrote.completeExceptionally(e);
                        }
                    });
                    serverRead.complete(read(socket.getInputStream(), bytes));
                    serverWrote.join();
                    socket.getInputStream().read(); // until the client has all
                });
                TcpProxy proxy = TcpProxy.start(config(server.entry(0)));
                Socket client = connect(proxy)) {
            CompletableFuture<Long> clientWrote = CompletableFuture.supplyAsync(() -> {
                try {
                    return write(client.getOutputStream(), 2, bytes);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });

            long clientRead = read(client.getInputStream(), bytes);

            assertThat(clientRead).isEqualTo(serverWrote.get(30, TimeUnit.SECONDS));
            assertThat(serverRead.get(30, TimeUnit.SECONDS)).isEqualTo(clientWrote.get(30, TimeUnit.SECONDS));
        }
    }

    @Test
    void keepsOneBufferOfEachReceiverThatIsSlow() throws Exception {
        int clients = 20;
        int bytes = 16 << 20; // more than all socket buffers between the two
        try (TestServer server = new TestServer(socket -> {
                    write(socket.getOutputStream(), 3, bytes);
                    socket.shutdownOutput();
                    socket.getInputStream().read();
                });
                TcpProxy proxy = TcpProxy.start(config(server.entry(0)))) {
            List<Socket> sockets = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                sockets.add(connect(proxy));
            }
            int most = clients + 1; // the loop has one of its own
            Await.until("every client that reads nothing holds a buffer", () -> proxy.buffers() == most);

            long expected = write(OutputStream.nullOutputStream(), 3, bytes);
            for (Socket socket : sockets) {
                assertThat(read(socket.getInputStream(), bytes)).isEqualTo(expected);
                socket.close();
            }

            assertThat(proxy.buffers()).as("buffers that were ever needed").isEqualTo(most);
        }
    }

    @Test
    void triesAnotherServerWhenOneRefuses() throws Exception {
        try (TestServer server = new TestServer(ECHO);
                TcpProxy proxy = TcpProxy.start(config(nobody(0), nobody(1), server.entry(2)))) {
            for (int i = 0; i < 50; i++) {
                try (Socket client = connect(proxy)) {
                    client.getOutputStream().write(i);
                    assertThat(client.getInputStream().read()).isEqualTo(i);
                }
            }

            awaitServer(proxy, 2, "all flows of the good server have ended", s -> s.completed() == 50);
            awaitServer(proxy, 0, "the bad one has refused", s -> s.rejected() > 0 && s.inFlight() == 0);
        }
    }

    @Test
    void triesAnotherServerWhenOneDoesNotAnswer() throws Exception {
        try (ServerSocket deaf = new ServerSocket(0, 1, LOOPBACK);
                TestServer server = new TestServer(ECHO)) {
            List<SocketChannel> waiting = new ArrayList<>();
            // Connections that nobody accepts fill its queue, and then the kernel ignores new ones.
            boolean full = false;
            while (!full && waiting.size() < 64) {
                SocketChannel channel = SocketChannel.open();
                channel.configureBlocking(false);
                channel.connect(new InetSocketAddress(LOOPBACK, deaf.getLocalPort()));
                full = !channel.finishConnect();
                waiting.add(channel);
            }
            assertThat(full)
                    .as("the queue of a server that accepts nothing gets full")
                    .isTrue();
            ProxyLimits d = ProxyLimits.DEFAULTS;
            ProxyLimits impatient = new ProxyLimits(
                    1, OptionalInt.of(100), 100, d.bufferBytes(), Duration.ofMillis(100), 2, d.idleTimeout());
            ServerEntry first = ServerEntry.of(0, new ServerAddress(LOOPBACK, deaf.getLocalPort()));
            try (TcpProxy proxy = TcpProxy.start(config(first, server.entry(1)).withLimits(impatient))) {
                for (int i = 0; i < 6; i++) {
                    try (Socket client = connect(proxy)) {
                        client.getOutputStream().write(i);
                        assertThat(client.getInputStream().read()).isEqualTo(i);
                    }
                }
                awaitServer(proxy, 0, "the deaf one was tried", s -> s.rejected() > 0 && s.inFlight() == 0);
            }
            for (SocketChannel channel : waiting) {
                channel.close();
            }
        }
    }

    /** What a client gets when its connection is reset; null if it is not. */
    private static Exception trouble(Socket client) {
        try {
            client.getInputStream().read();
            return null;
        } catch (IOException e) {
            return e;
        }
    }

    @Test
    void turnsClientsAwayWhenEveryServerRefuses() throws Exception {
        try (TcpProxy proxy = TcpProxy.start(config(nobody(0), nobody(1)));
                Socket client = connect(proxy)) {
            assertThat(trouble(client)).isInstanceOf(SocketException.class);
            Await.until("nothing is left of it", () -> proxy.openConnections() == 0);
        }
    }

    @Test
    void resetsTheClientsOfAServerThatIsKilledAndGoesOn() throws Exception {
        try (TestServer first = TestServer.numbered(0);
                TestServer second = TestServer.numbered(1);
                TcpProxy proxy = TcpProxy.start(config(first.entry(0), second.entry(1)));
                Socket one = connect(proxy);
                Socket two = connect(proxy)) {
            int serverOfOne = one.getInputStream().read();
            assertThat(two.getInputStream().read()).isEqualTo(1 - serverOfOne);

            (serverOfOne == 0 ? first : second).kill();

            assertThat(trouble(one)).isInstanceOf(SocketException.class);
            two.getOutputStream().write(42);
            assertThat(two.getInputStream().read()).isEqualTo(42);
            try (Socket three = connect(proxy)) {
                assertThat(three.getInputStream().read()).isEqualTo(1 - serverOfOne);
            }
            awaitServer(proxy, serverOfOne, "the flow counts as aborted", s -> s.aborted() == 1);
        }
    }

    @Test
    void noticesByItsChecksThatAServerDiesAndThatItComesBack() throws Exception {
        HealthConfig eager = HealthConfig.DEFAULTS.withInterval(Duration.ofMillis(40));
        TestServer server = new TestServer(ECHO);
        try (TestServer other = new TestServer(ECHO);
                TcpProxy proxy = TcpProxy.start(config(server.entry(0), other.entry(1))
                        .withController(ControllerConfig.DEFAULTS.withHealth(eager)))) {
            server.close();
            awaitServer(proxy, 0, "the server is found dead", s -> s.state() == ServerState.DEAD);

            try (TestServer again = new TestServer(server.port(), ECHO)) {
                awaitServer(proxy, 0, "the server is found well", s -> s.state() == ServerState.ACTIVE);
                assertThat(again.port()).isEqualTo(server.port());
            }
        }
    }

    @Test
    void sharesConnectionsByWeightFromTheFirstOnes() throws Exception {
        try (TestServer one = TestServer.numbered(0);
                TestServer ten = TestServer.numbered(1)) {
            ServerEntry heavy = ServerEntry.parse(1, "127.0.0.1:" + ten.port() + "=10");
            try (TcpProxy proxy = TcpProxy.start(config(one.entry(0), heavy))) {
                List<Socket> sockets = new ArrayList<>();
                int[] got = new int[2];
                for (int i = 0; i < 110; i++) {
                    Socket socket = connect(proxy);
                    sockets.add(socket);
                    got[socket.getInputStream().read()]++;
                }

                assertThat(got).as("sed with all flows open is exact").containsExactly(10, 100);
                for (Socket socket : sockets) {
                    socket.close();
                }
            }
        }
    }

    @Test
    void carries1500ConnectionsAtATimeOnTwoLoops() throws Exception {
        int connections = 1500;
        try (Echo server = new Echo();
                TcpProxy proxy = TcpProxy.start(config(ServerEntry.of(0, new ServerAddress(LOOPBACK, server.port())))
                        .withLimits(limits(2, 4000, 16_384)))) {
            List<Socket> sockets = new ArrayList<>();
            for (int i = 0; i < connections; i++) {
                sockets.add(connect(proxy));
            }
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < connections; i++) {
                    sockets.get(i).getOutputStream().write(new byte[] {(byte) i, (byte) (i >> 8)});
                }
                for (int i = 0; i < connections; i++) {
                    byte[] answer = sockets.get(i).getInputStream().readNBytes(2);
                    assertThat(answer).containsExactly(i, i >> 8);
                }
            }
            assertThat(proxy.openConnections()).isEqualTo(connections);
            awaitServer(proxy, 0, "the controller sees every flow", s -> s.inFlight() == connections);
            for (Socket socket : sockets) {
                socket.close();
            }
            Await.until("all have ended", () -> proxy.openConnections() == 0);
        }
    }

    @Test
    void leavesMoreThanItMayCarryInTheKernelUntilThereIsRoom() throws Exception {
        try (TestServer server = new TestServer(ECHO);
                TcpProxy proxy = TcpProxy.start(config(server.entry(0)).withLimits(limits(1, 2, 4096)));
                Socket two = connect(proxy)) {
            Socket three = null;
            try (Socket one = connect(proxy)) {
                three = connect(proxy);
                three.getOutputStream().write(3);
                for (Socket open : List.of(one, two)) {
                    open.getOutputStream().write(1);
                    assertThat(open.getInputStream().read()).isEqualTo(1);
                }
                assertThat(proxy.openConnections()).isEqualTo(2);
            }
            try (Socket waited = three) {
                assertThat(waited.getInputStream().read()).isEqualTo(3);
            }
        }
    }

    @Test
    void closesAConnectionOnWhichNothingMoves() throws Exception {
        ProxyLimits d = ProxyLimits.DEFAULTS;
        ProxyLimits brief = new ProxyLimits(
                1, OptionalInt.of(10), 10, d.bufferBytes(), d.connectTimeout(), 1, Duration.ofMillis(50));
        try (TestServer server = new TestServer(ECHO);
                TcpProxy proxy = TcpProxy.start(config(server.entry(0)).withLimits(brief));
                Socket client = connect(proxy)) {
            assertThat(client.getInputStream().read()).isEqualTo(-1);
            Await.until("its end is counted", () -> proxy.openConnections() == 0);
        }
    }

    @Test
    void drainsByServingWhatIsOpenAndAcceptingNothing() throws Exception {
        try (TestServer server = new TestServer(ECHO);
                TcpProxy proxy = TcpProxy.start(config(server.entry(0)));
                TcpProxy closedTwice = proxy) {
            int port = proxy.addresses().get(0).getPort();
            try (Socket old = connect(proxy)) {
                old.getOutputStream().write(1);
                assertThat(old.getInputStream().read()).isEqualTo(1);

                assertThat(proxy.drain(Duration.ZERO)).isFalse();
                Await.until("the port is closed", () -> {
                    try (Socket late = new Socket(LOOPBACK, port)) {
                        return late.isClosed();
                    } catch (IOException e) {
                        return true;
                    }
                });
                old.getOutputStream().write(2);
                assertThat(old.getInputStream().read()).isEqualTo(2);
            }
            assertThat(closedTwice.drain(Duration.ofSeconds(30))).isTrue();
        }
    }

    @Test
    void servesARuleThatRecordsCannotName() throws Exception {
        try (TestServer a = TestServer.numbered(0);
                TestServer b = TestServer.numbered(1)) {
            ProxyConfig config = ProxyConfig.of(
                    new InetSocketAddress(LOOPBACK, 0),
                    List.of(a.entry(0), ServerEntry.parse(1, "127.0.0.1:" + b.port() + "=3")),
                    PolicyRegistry.parse("wrr"));
            try (TcpProxy proxy =
                    TcpProxy.start(config.withController(ControllerConfig.DEFAULTS.withHealth(UNCHECKED)))) {
                Await.until(
                        "the controller steers",
                        () -> proxy.status().orElseThrow().ready());
                Await.until("its rule is in force", () -> {
                    int[] got = new int[2];
                    for (int i = 0; i < 8; i++) {
                        try (Socket client = connect(proxy)) {
                            got[client.getInputStream().read()]++;
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }
                    return got[0] == 2 && got[1] == 6; // turns by weight
                });
            }
        }
    }

    @Test
    void followsAnotherPolicyWhileItRuns() throws Exception {
        try (TestServer a = TestServer.numbered(0);
                TestServer b = TestServer.numbered(1);
                TcpProxy proxy = TcpProxy.start(config(a.entry(0), b.entry(1)))) {
            ControllerConfig same =
                    ControllerConfig.DEFAULTS.withHealth(UNCHECKED).withServers(List.of(a.entry(0), b.entry(1)));

            proxy.reconfigure(PolicyRegistry.parse("rr"), same);

            Await.until(
                    "the controller has it",
                    () -> proxy.status().orElseThrow().policy().equals("rr"));
            assertThatThrownBy(() -> proxy.reconfigure(PolicyRegistry.parse("jiq"), same))
                    .hasMessageContaining("IDLE")
                    .hasMessageContaining("nearest");
            ControllerConfig moved = same.withServers(List.of(b.entry(0)));
            assertThatThrownBy(() -> proxy.reconfigure(PolicyRegistry.parse("lsq"), moved))
                    .as("a policy with a list that does not follow: neither is taken")
                    .hasMessageContaining("would move from slot 1 to 0");
            assertThat(proxy.status().orElseThrow().policy()).isEqualTo("rr");
        }
    }

    @Test
    void refusesAPolicyWhoseNeedsNobodyMeets() throws Exception {
        ProxyConfig config =
                ProxyConfig.of(new InetSocketAddress(LOOPBACK, 0), List.of(nobody(0)), PolicyRegistry.parse("prequal"));

        assertThatThrownBy(() -> TcpProxy.start(config))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("prequal")
                .hasMessageContaining("PROBE")
                .hasMessageContaining("nearest");
    }

    @Test
    void refusesAPortThatIsInUseWhateverTheLoops() throws Exception {
        try (TestServer server = new TestServer(ECHO);
                TcpProxy shared = TcpProxy.start(config(server.entry(0)).withLimits(limits(2, 10, 4096)))) {
            int port = shared.addresses().get(0).getPort();
            for (int loops = 1; loops <= 2; loops++) {
                ProxyConfig config = ProxyConfig.of(
                                new InetSocketAddress(LOOPBACK, port),
                                List.of(server.entry(0)),
                                PolicyRegistry.parse("sed"))
                        .withLimits(limits(loops, 10, 4096));
                assertThatThrownBy(() -> TcpProxy.start(config))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("cannot listen on 127.0.0.1:" + port)
                        .hasMessageContaining("another program uses that port");
            }
        }
    }

    private static MsgIn wanted(double... weights) {
        MsgIn in = new MsgIn(weights.length);
        for (int j = 0; j < weights.length; j++) {
            in.weight[j] = weights[j];
            in.state[j] = ServerState.ACTIVE;
            in.generation[j] = 1;
            in.threshold[j] = 1L << 32;
            in.alias[j] = j;
        }
        return in;
    }

    /** Publishes it and waits until it is in force. */
    private static void steer(Segment controller, MsgInWriter writer, MsgIn in) {
        long sequence = writer.publish(in);
        MsgOut out = new MsgOut(in.servers);
        MsgOutReader reader = controller.msgOutReader();
        Await.until("the record is in force", () -> {
            reader.read(out);
            return out.msgInApplied >= sequence;
        });
    }

    private static int[] servedBy(TcpProxy proxy, int servers, int connections) throws IOException {
        int[] got = new int[servers];
        for (int i = 0; i < connections; i++) {
            try (Socket client = connect(proxy)) {
                got[client.getInputStream().read()]++;
            }
        }
        return got;
    }

    @Test
    void doesWhatAControllerOutsideWantsAndServesOnWithoutIt(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("segment");
        try (TestServer a = TestServer.numbered(0);
                TestServer b = TestServer.numbered(1);
                TestServer c = TestServer.numbered(2);
                TcpProxy proxy = TcpProxy.start(
                        config(a.entry(0), b.entry(1), c.entry(2)).withControl(file))) {
            Socket old;
            try (Segment controller = Segment.attach(file)) {
                MsgInWriter writer = controller.msgInWriter();
                steer(controller, writer, wanted(0, 0, 1));
                old = connect(proxy);
                assertThat(old.getInputStream().read()).isEqualTo(2);

                MsgIn drain = wanted(1, 3, 1);
                drain.rule = Rule.WEIGHTED_RANDOM;
                drain.state[2] = ServerState.DRAINING;
                drain.threshold[0] = 1L << 31; // 2 of 4 parts, as 1 : 3 goes
                drain.alias[0] = 1;
                steer(controller, writer, drain);
                int[] got = servedBy(proxy, 3, 400);
                assertThat(got[2]).as("new flows of a server that drains").isZero();
                assertThat(got[0]).as("of 400 at weights 1 : 3").isBetween(55, 150);
                old.getOutputStream().write(9);
                assertThat(old.getInputStream().read())
                        .as("the old flow goes on")
                        .isEqualTo(9);
            }

            assertThat(servedBy(proxy, 3, 20)[2]).as("without a controller").isZero();

            try (Segment controller = Segment.attach(file)) { // another one, which goes on
                MsgInWriter writer = controller.msgInWriter();
                MsgIn dead = wanted(1, 1, 0);
                dead.state[2] = ServerState.DEAD;
                steer(controller, writer, dead);
                assertThat(trouble(old)).as("a flow of a dead server").isInstanceOf(SocketException.class);
                assertThat(writer.sequence()).isEqualTo(3);
            }
            old.close();
        }
        assertThat(file).doesNotExist();
    }

    @Test
    void leavesNothingBehindWhenItCannotStart(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("segment");
        Files.writeString(file, "something else");
        int port = unusedPort();
        ProxyConfig config = ProxyConfig.of(
                        new InetSocketAddress(LOOPBACK, port), List.of(nobody(0)), PolicyRegistry.parse("sed"))
                .withControl(file);

        assertThatThrownBy(() -> TcpProxy.start(config)).isInstanceOf(SegmentException.class);

        assertThat(file).hasContent("something else");
        try (ServerSocket free = new ServerSocket(port, 1, LOOPBACK)) {
            assertThat(free.isBound()).isTrue();
        }
    }

    @Test
    void listensOnSeveralAddressesAndBothProtocols() throws Exception {
        assumeTrue(hasIpv6(), "this machine has no IPv6 loopback");
        try (TestServer server = new TestServer(ECHO)) {
            ProxyConfig one = config(server.entry(0));
            ProxyConfig config = new ProxyConfig(
                    List.of(new InetSocketAddress(LOOPBACK, 0), new InetSocketAddress(ipv6Loopback(), 0)),
                    one.servers(),
                    1,
                    1,
                    one.policy(),
                    one.interval(),
                    one.seed(),
                    one.limits(),
                    one.control(),
                    one.metrics(),
                    one.controller());
            try (TcpProxy proxy = TcpProxy.start(config)) {
                for (InetSocketAddress address : proxy.addresses()) {
                    try (Socket client = new Socket(address.getAddress(), address.getPort())) {
                        client.setSoTimeout(PATIENCE_MILLIS);
                        client.getOutputStream().write(7);
                        assertThat(client.getInputStream().read()).isEqualTo(7);
                    }
                }
            }
        }
    }

    private static InetAddress ipv6Loopback() throws IOException {
        byte[] one = new byte[16];
        one[15] = 1;
        return InetAddress.getByAddress(one);
    }

    private static boolean hasIpv6() {
        try (ServerSocket socket = new ServerSocket(0, 1, ipv6Loopback())) {
            return socket.isBound();
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    void manyClientsThatHangUpAtAnyMomentLeaveNothingBehind() throws Exception {
        Semaphore ended = new Semaphore(0);
        try (TestServer server = new TestServer(ECHO);
                TcpProxy proxy = TcpProxy.start(config(server.entry(0), nobody(1)))) {
            for (int t = 0; t < 4; t++) {
                int seed = t;
                TestServer.daemon(() -> {
                    Random random = new Random(seed);
                    byte[] bytes = new byte[100_000];
                    for (int i = 0; i < 100; i++) {
                        try (Socket client = connect(proxy)) {
                            client.setSoLinger(random.nextBoolean(), 0);
                            int said = random.nextInt(bytes.length);
                            client.getOutputStream().write(bytes, 0, said);
                            client.getInputStream().readNBytes(Math.min(said, random.nextInt(1000)));
                        } catch (IOException e) {
                            // its own doing
                        }
                    }
                    ended.release();
                });
            }
            assertThat(ended.tryAcquire(4, 60, TimeUnit.SECONDS)).isTrue();

            Await.until("all have ended", () -> proxy.openConnections() == 0);
            awaitServer(
                    proxy,
                    0,
                    "the counts agree",
                    s -> s.inFlight() == 0 && s.started() == s.completed() + s.rejected() + s.aborted());
            assertThat(proxy.failure()).isNotDone();
        }
    }

    /** Echoes on any number of connections in one thread. */
    private static final class Echo implements AutoCloseable {
        private final ServerSocketChannel listener = ServerSocketChannel.open();
        private final Selector selector = Selector.open();
        private final CountDownLatch ended = new CountDownLatch(1);
        private volatile boolean closing;

        Echo() throws IOException {
            listener.bind(new InetSocketAddress(LOOPBACK, 0), 4096);
            listener.configureBlocking(false);
            listener.register(selector, SelectionKey.OP_ACCEPT);
            TestServer.daemon(this::run);
        }

        int port() {
            return listener.socket().getLocalPort();
        }

        private void run() {
            ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
            try {
                while (!closing) {
                    selector.select(key -> ready(key, buffer));
                }
                for (SelectionKey key : selector.keys()) {
                    key.channel().close();
                }
                selector.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } finally {
                ended.countDown();
            }
        }

        private void ready(SelectionKey key, ByteBuffer buffer) {
            try {
                if (key.isAcceptable()) {
                    SocketChannel channel = listener.accept();
                    channel.configureBlocking(false);
                    channel.register(selector, SelectionKey.OP_READ);
                } else if (((SocketChannel) key.channel()).read(buffer.clear()) < 0) {
                    key.channel().close();
                } else {
                    ((SocketChannel) key.channel()).write(buffer.flip()); // two bytes always fit
                }
            } catch (IOException e) {
                key.cancel();
            }
        }

        @Override
        public void close() {
            closing = true;
            selector.wakeup();
            Await.until("the echo has ended", () -> ended.getCount() == 0);
        }
    }
}
