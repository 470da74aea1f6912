package io.marllb.cli;

import io.marllb.dataplane.ServerAddress;
import java.net.InetSocketAddress;

/** Addresses to listen at, as options name them. */
final class ListenAddress {

    private static final String ANY_PORT = ":0";

    private ListenAddress() {}

    /**
     * Reads one.
     *
     * @param text such as {@code 127.0.0.1:9090} or {@code [::1]:9090}; port 0 is any
     * @return a resolved address
     * @throws IllegalArgumentException if it is none; the message is to be put behind the name of what was read
     */
    static InetSocketAddress parse(String text) {
        boolean anyPort = text.endsWith(ANY_PORT);
        ServerAddress parsed = ServerAddress.parse(anyPort ? text.substring(0, text.length() - 1) + "1" : text);
        return new InetSocketAddress(parsed.ip(), anyPort ? 0 : parsed.port());
    }

    /** As {@link #parse} reads it; the port is known by now. */
    static String print(InetSocketAddress address) {
        return new ServerAddress(address.getAddress(), address.getPort()).toString();
    }
}
