package io.marllb.bench.live;

import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.SegmentDataPlane;
import io.marllb.dataplane.ServerAddress;
import io.marllb.dataplane.ServerEntry;
import io.marllb.dataplane.control.ControllerConfig;
import io.marllb.dataplane.proxy.ProxyConfig;
import io.marllb.dataplane.proxy.ProxyLimits;
import io.marllb.dataplane.proxy.TcpProxy;
import io.marllb.policies.PolicyRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The proxy, with real connections over the loopback device and a controller outside. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ProxyConformanceTest extends DataPlaneConformance {

    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    @TempDir
    private Path folder;

    @Override
    Traffic start(int doomed) throws IOException {
        return new Connections(folder.resolve("segment"));
    }

    /** Says its number when a connection comes, and again for each byte, until the client has said all. */
    private static final class NumberedServer implements AutoCloseable {
        final AtomicLong opened = new AtomicLong();
        private final int number;
        private final ServerSocket listener;

        NumberedServer(int number) throws IOException {
            this.number = number;
            listener = new ServerSocket(0, 1024, LOOPBACK);
            daemon(this::accept);
        }

        private static void daemon(Runnable work) {
            Thread thread = new Thread(work, "numbered-server");
            thread.setDaemon(true);
            thread.start();
        }

        private void accept() {
            while (!listener.isClosed()) {
                try {
                    Socket socket = listener.accept();
                    opened.incrementAndGet();
                    daemon(() -> serve(socket));
                } catch (SocketException e) {
                    return; // closed
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        }

        private void serve(Socket socket) {
            try (socket) {
                do {
                    socket.getOutputStream().write(number);
                } while (socket.getInputStream().read() >= 0);
            } catch (IOException e) {
                // Its connection was reset; what the client saw is what the test looks at.
            }
        }

        ServerEntry entry(double weight) {
            ServerAddress address = new ServerAddress(LOOPBACK, listener.getLocalPort());
            return new ServerEntry("s" + number, number, Optional.of(address), Optional.empty(), weight, false);
        }

        @Override
        public void close() throws IOException {
            listener.close();
        }
    }

    private static final class Connections implements Traffic {

        private static final Duration INTERVAL = Duration.ofMillis(150);
        private static final int PATIENCE_MILLIS = 20_000;

        private record Held(Socket socket, int server, long before, long after) {}

        private final List<NumberedServer> servers = new ArrayList<>();
        private final TcpProxy proxy;
        private final SegmentDataPlane dataPlane;
        private final List<Held> flows = new ArrayList<>();
        private final long[] ended = new long[4];
        private final double[] atLeast = new double[4];
        private final double[] atMost = new double[4];

        Connections(Path segment) throws IOException {
            for (int j = 0; j < 4; j++) {
                servers.add(new NumberedServer(j));
            }
            proxy = TcpProxy.start(new ProxyConfig(
                    List.of(new InetSocketAddress(LOOPBACK, 0)),
                    List.of(
                            servers.get(0).entry(1),
                            servers.get(1).entry(2),
                            servers.get(2).entry(4)),
                    4,
                    1,
                    PolicyRegistry.parse("sed"),
                    INTERVAL,
                    OptionalLong.of(7),
                    ProxyLimits.DEFAULTS,
                    Optional.of(segment),
                    Optional.empty(),
                    ControllerConfig.DEFAULTS));
            dataPlane = SegmentDataPlane.attach(segment, System::nanoTime);
        }

        @Override
        public DataPlane dataPlane() {
            return dataPlane;
        }

        @Override
        public int[] open(int count) throws IOException {
            int[] opening = new int[count];
            for (int i = 0; i < count; i++) {
                long before = System.nanoTime();
                Socket socket = new Socket();
                socket.connect(proxy.addresses().get(0), PATIENCE_MILLIS);
                socket.setSoTimeout(PATIENCE_MILLIS);
                socket.setTcpNoDelay(true);
                int server = socket.getInputStream().read();
                opening[i] = flows.size();
                flows.add(new Held(socket, server, before, System.nanoTime()));
            }
            return opening;
        }

        @Override
        public int server(int flow) {
            return flows.get(flow).server;
        }

        @Override
        public int[] touch(int[] touched) {
            int[] answers = new int[touched.length];
            for (int i = 0; i < touched.length; i++) {
                answers[i] = ask(flows.get(touched[i]).socket);
            }
            return answers;
        }

        private static int ask(Socket socket) {
            try {
                socket.getOutputStream().write('?');
                return socket.getInputStream().read();
            } catch (SocketException e) {
                return -1; // reset
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close(int[] closing) throws IOException {
            for (int f : closing) {
                Held held = flows.get(f);
                try (Socket socket = held.socket) {
                    long before = System.nanoTime();
                    socket.shutdownOutput();
                    if (socket.getInputStream().read() >= 0) {
                        throw new IOException("flow " + f + " goes on");
                    }
                    long after = System.nanoTime();
                    ended[held.server]++;
                    atLeast[held.server] += (before - held.after) * 1e-9;
                    atMost[held.server] += (after - held.before) * 1e-9;
                }
            }
        }

        @Override
        public long opened(int server) {
            return servers.get(server).opened.get();
        }

        @Override
        public long ended(int server) {
            return ended[server];
        }

        @Override
        public Lifetime lifetime(int server) {
            return new Lifetime(atLeast[server] / ended[server], atMost[server] / ended[server]);
        }

        @Override
        public double clockSeconds() {
            return 0.02; // a loop looks at its clock once in a turn
        }

        @Override
        public ServerEntry fourth() {
            return servers.get(3).entry(1);
        }

        @Override
        public void die(int server) throws IOException {
            servers.get(server).close(); // its port refuses; connections that are open are the proxy's to end
        }

        @Override
        public void pause() {
            LockSupport.parkNanos(10_000_000L);
        }

        @Override
        public void close() throws IOException {
            for (Held held : flows) {
                held.socket.close();
            }
            dataPlane.close();
            proxy.close();
            for (NumberedServer server : servers) {
                server.close();
            }
        }
    }
}
