package io.marllb.bench.live;

import io.marllb.bench.testbed.Testbed;
import java.io.BufferedReader;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds connections to the testbed's service, at its client, as it is told line by line on its standard input; one line answers each.
 *
 * <pre>
 *   open         the server that answered, and the nanoseconds before and after the connection came up
 *   touch FLOW   the server that answered; -1 if the connection is no more
 *   close FLOW   the nanoseconds before and after it ended
 * </pre>
 */
final class FlowClient {

    private static final int PATIENCE_MILLIS = 20_000;
    private static final byte[] REQUEST =
            ("GET " + Testbed.NUMBER + " HTTP/1.1\r\nHost: vip\r\n\r\n").getBytes(StandardCharsets.US_ASCII);

    private final List<Socket> flows = new ArrayList<>();

    private FlowClient() {}

    public static void main(String[] args) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.US_ASCII);
        FlowClient client = new FlowClient();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] words = line.split(" ", -1);
            out.println(
                    switch (words[0]) {
                        case "open" -> client.open();
                        case "touch" -> Integer.toString(client.touch(client.flows.get(Integer.parseInt(words[1]))));
                        case "close" -> client.close(client.flows.get(Integer.parseInt(words[1])));
                        default -> throw new IOException("there is no command '" + line + "'");
                    });
        }
    }

    private String open() throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(PATIENCE_MILLIS);
        long before = System.nanoTime();
        socket.connect(new InetSocketAddress(Testbed.VIP, Testbed.PORT), PATIENCE_MILLIS);
        long after = System.nanoTime();
        flows.add(socket);
        return ask(socket) + " " + before + " " + after;
    }

    private int touch(Socket socket) throws IOException {
        try {
            return ask(socket);
        } catch (SocketException | EOFException e) {
            return -1;
        }
    }

    /** The body of the answer, which is a number. */
    private static int ask(Socket socket) throws IOException {
        socket.getOutputStream().write(REQUEST);
        String head = "";
        while (!head.endsWith("\r\n\r\n")) {
            head += (char) next(socket.getInputStream());
        }
        if (!head.startsWith("HTTP/1.1 200 ") || !head.contains("\r\nContent-Length: 1\r\n")) {
            throw new IOException("not the answer that was expected: " + head);
        }
        return next(socket.getInputStream()) - '0';
    }

    private static int next(InputStream in) throws IOException {
        int read = in.read();
        if (read < 0) {
            throw new EOFException("the connection has ended");
        }
        return read;
    }

    private String close(Socket flow) throws IOException {
        try (Socket socket = flow) {
            long before = System.nanoTime();
            socket.shutdownOutput();
            if (socket.getInputStream().read() >= 0) {
                throw new IOException("the connection goes on");
            }
            return before + " " + System.nanoTime();
        }
    }
}
