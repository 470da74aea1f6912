package io.marllb.bench.proxy;

import io.marllb.bench.process.ProgramException;
import io.marllb.bench.process.Programs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A program under measurement that listens on a port of the loopback device. */
final class Program implements AutoCloseable {

    private static final long START_NANOS = TimeUnit.SECONDS.toNanos(60);
    private static final long PAUSE_NANOS = 20_000_000L;

    final String name;
    final int port;
    private final Process process;

    private Program(String name, int port, Process process) {
        this.name = name;
        this.port = port;
        this.process = process;
    }

    /** Starts it and waits until something listens on its port. */
    static Program start(String name, int port, Path log, List<String> command) {
        Program program = new Program(name, port, Programs.start(log, command));
        try {
            program.awaitPort(log);
        } catch (RuntimeException | IOException e) {
            program.close();
            throw e instanceof RuntimeException r
                    ? r
                    : new UncheckedIOException(log + " can't be read", (IOException) e);
        }
        return program;
    }

    private void awaitPort(Path log) throws IOException {
        long from = System.nanoTime();
        while (System.nanoTime() - from < START_NANOS && process.isAlive()) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
                return;
            } catch (IOException e) {
                LockSupport.parkNanos(PAUSE_NANOS); // not yet
            }
        }
        throw new ProgramException(name + " does not listen on port " + port + ": "
                + Files.readString(log, StandardCharsets.UTF_8).strip());
    }

    long cpuMicros() {
        return Programs.cpuMicros(process);
    }

    long residentBytes() {
        return Programs.residentBytes(process);
    }

    static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        Programs.stop(process);
    }
}
