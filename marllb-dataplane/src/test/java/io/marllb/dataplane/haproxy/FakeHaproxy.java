package io.marllb.dataplane.haproxy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Answers on a runtime socket as HAProxy 2.6 does, as far as the driver asks. */
final class FakeHaproxy implements AutoCloseable {

    static final class Server {
        volatile int weight = 1;
        volatile int initialWeight = 1;
        volatile int admin;
        volatile int op = 2;
        volatile long open;
        volatile long total;
        volatile long refused;
        volatile long millis;
        volatile boolean backup;
    }

    final Map<String, Server> servers = new LinkedHashMap<>();
    final List<String> commands = new ArrayList<>();
    volatile String balance = "leastconn";
    volatile int pid = 100;
    volatile String error = "";
    private final ServerSocketChannel channel;
    private final Thread thread;

    FakeHaproxy(Path socket, String... names) throws IOException {
        for (String name : names) {
            servers.put(name, new Server());
        }
        channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket));
        thread = new Thread(this::loop, "fake-haproxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void loop() {
        while (channel.isOpen()) {
            try (SocketChannel client = channel.accept()) {
                ByteBuffer in = ByteBuffer.allocate(1 << 16);
                while (in.position() == 0 || in.get(in.position() - 1) != '\n') {
                    if (client.read(in) < 0) {
                        break;
                    }
                }
                String line = new String(in.array(), 0, in.position(), StandardCharsets.US_ASCII).strip();
                StringBuilder out = new StringBuilder();
                for (String command : line.split(";", -1)) {
                    out.append(answer(command)).append('\n');
                }
                ByteBuffer bytes = ByteBuffer.wrap(out.toString().getBytes(StandardCharsets.UTF_8));
                while (bytes.hasRemaining()) {
                    client.write(bytes);
                }
            } catch (AsynchronousCloseException e) {
                return;
            } catch (IOException e) {
                // Who asked has gone; the next one is served.
            }
        }
    }

    private synchronized String answer(String command) {
        if (command.equals("show info")) {
            return "Name: HAProxy\nPid: " + pid + "\n";
        }
        if (command.startsWith("show stat web ")) {
            StringBuilder out =
                    new StringBuilder("# pxname,svname,scur,stot,econ,eresp,srv_abrt,bin,bout,bck,ttime,algo,\n");
            servers.forEach((name, s) -> out.append("web,%s,%d,%d,%d,0,0,10,20,%d,%d,,\n"
                    .formatted(name, s.open, s.total, s.refused, s.backup ? 1 : 0, s.millis)));
            return out.append("web,BACKEND,0,0,0,0,0,0,0,0,0," + balance + ",\n")
                    .toString();
        }
        if (command.equals("show servers state web")) {
            StringBuilder out = new StringBuilder(
                    "1\n# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight\n");
            servers.forEach((name, s) -> out.append(
                    "3 web 1 %s 10.0.0.1 %d %d %d %d\n".formatted(name, s.op, s.admin, s.weight, s.initialWeight)));
            return out.toString();
        }
        if (command.startsWith("show ")) {
            return "No such proxy.\n";
        }
        commands.add(command);
        String[] words = command.split(" ", -1);
        Server s = servers.get(words[2].substring("web/".length()));
        if (!error.isEmpty()) {
            return error;
        }
        switch (words[3]) {
            case "weight" -> s.weight = Integer.parseInt(words[4]);
            case "state" -> s.admin = words[4].equals("drain") ? 8 : 0;
            default -> throw new IllegalArgumentException(command);
        }
        return "";
    }

    synchronized List<String> takeCommands() {
        List<String> taken = List.copyOf(commands);
        commands.clear();
        return taken;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        try {
            thread.join(10_000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
