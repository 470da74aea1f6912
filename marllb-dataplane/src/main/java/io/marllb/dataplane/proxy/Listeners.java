package io.marllb.dataplane.proxy;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The listening sockets of a proxy: one for each address, or one for each address and loop that share its port. */
final class Listeners {

    private static final int FIRST_OPEN_PORT = 1024;

    private final List<InetSocketAddress> addresses;
    private final int loops;
    private final int backlog;

    Listeners(List<InetSocketAddress> addresses, int loops, int backlog) {
        this.addresses = addresses;
        this.loops = loops;
        this.backlog = backlog;
    }

    /**
     * Opens all or none.
     *
     * @return one list for each loop, in the order of the addresses
     * @throws IllegalArgumentException if one cannot be opened, with the fix
     */
    List<List<ServerSocketChannel>> open() {
        List<List<ServerSocketChannel>> perLoop = new ArrayList<>();
        for (int i = 0; i < loops; i++) {
            perLoop.add(new ArrayList<>());
        }
        try {
            for (InetSocketAddress wanted : addresses) {
                InetSocketAddress address = loops == 1 ? wanted : free(wanted);
                for (List<ServerSocketChannel> loop : perLoop) {
                    loop.add(bind(address, loops > 1));
                    address = local(loop.get(loop.size() - 1)); // port 0 is one port for all loops
                }
            }
            return perLoop;
        } catch (RuntimeException e) {
            perLoop.forEach(Listeners::close);
            throw e;
        }
    }

    /** Sockets that share a port would also share it with another program that allows that; so first it is tried alone. */
    private InetSocketAddress free(InetSocketAddress wanted) {
        ServerSocketChannel alone = bind(wanted, false);
        InetSocketAddress address = local(alone);
        close(List.of(alone));
        return address;
    }

    private ServerSocketChannel bind(InetSocketAddress address, boolean shared) {
        ServerSocketChannel channel = null;
        try {
            channel = ServerSocketChannel.open();
            channel.setOption(
                    StandardSocketOptions.SO_REUSEADDR, true); // connections of a proxy before are still ending
            if (shared) {
                channel.setOption(StandardSocketOptions.SO_REUSEPORT, true);
            }
            return channel.bind(address, backlog);
        } catch (IOException | UnsupportedOperationException e) {
            if (channel != null) {
                close(List.of(channel));
            }
            throw new IllegalArgumentException("cannot listen on " + print(address) + ": " + reason(address, e), e);
        }
    }

    private static String reason(InetSocketAddress address, Exception e) {
        String text = String.valueOf(e.getMessage());
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.contains("in use")) {
            return "another program uses that port; choose another, or see who it is: ss -ltnp 'sport = :"
                    + address.getPort() + "'";
        }
        if (lower.contains("permission denied") && address.getPort() < FIRST_OPEN_PORT) {
            return "ports below " + FIRST_OPEN_PORT
                    + " need a privilege; choose a higher one, or allow it: sysctl net.ipv4.ip_unprivileged_port_start="
                    + address.getPort();
        }
        if (lower.contains("cannot assign")) {
            return "this machine has no such address; 'ip address' shows which it has";
        }
        return text;
    }

    static InetSocketAddress local(ServerSocketChannel channel) {
        try {
            return (InetSocketAddress) channel.getLocalAddress();
        } catch (IOException e) {
            throw new IllegalStateException("a socket that has just been bound is closed", e);
        }
    }

    static String print(InetSocketAddress address) {
        String host = address.getAddress().getHostAddress();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    static void close(List<ServerSocketChannel> channels) {
        for (ServerSocketChannel channel : channels) {
            try {
                channel.close();
            } catch (IOException e) {
                System.getLogger("io.marllb.proxy")
                        .log(Level.DEBUG, "event=close-failed detail=\"" + e.getMessage() + "\"");
            }
        }
    }
}
