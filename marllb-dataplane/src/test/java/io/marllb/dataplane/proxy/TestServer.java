package io.marllb.dataplane.proxy;

import io.marllb.dataplane.ServerAddress;
import io.marllb.dataplane.ServerEntry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** A server that treats each connection as a test says, in a thread of its own. */
final class TestServer implements AutoCloseable {

    static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    /** What a server does with a connection; it is closed afterwards. */
    @FunctionalInterface
    interface Service {
        void serve(Socket socket) throws IOException;
    }

    /** Sends back what comes, until the client has said all. */
    static final Service ECHO = socket -> socket.getInputStream().transferTo(socket.getOutputStream());

    final AtomicInteger accepted = new AtomicInteger();
    private final ServerSocket listener;
    private final Service service;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    TestServer(Service service) throws IOException {
        this(0, service);
    }

    TestServer(int port, Service service) throws IOException {
        listener = new ServerSocket(port, 1024, LOOPBACK);
        this.service = service;
        daemon(this::accept);
    }

    /** One that first says its number, in one byte, and then echoes. */
    static TestServer numbered(int number) throws IOException {
        return new TestServer(socket -> {
            socket.getOutputStream().write(number);
            ECHO.serve(socket);
        });
    }

    static Thread daemon(Runnable work) {
        Thread thread = new Thread(work, "test-server");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                accepted.incrementAndGet();
                open.add(socket);
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
            service.serve(socket);
        } catch (IOException e) {
            // The proxy or the test has ended the connection; what the client saw is what the test looks at.
        } finally {
            open.remove(socket);
        }
    }

    int port() {
        return listener.getLocalPort();
    }

    ServerEntry entry(int slot) {
        return ServerEntry.of(slot, new ServerAddress(LOOPBACK, port()));
    }

    /** Ends as a process does that is killed: its connections are reset, its port refuses. */
    void kill() throws IOException {
        listener.close();
        for (Socket socket : open) {
            try {
                socket.setSoLinger(true, 0);
                socket.close();
            } catch (SocketException e) {
                // It has just ended by itself.
            }
        }
    }

    @Override
    public void close() throws IOException {
        kill();
    }
}
