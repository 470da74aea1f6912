package io.marllb.dataplane;

import io.marllb.core.config.Quantity;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a server listens: an IP address and a port. Never a name, so that nothing here ever waits for a resolver. Immutable.
 *
 * @param ip IPv4 or IPv6, without a scope
 * @param port in [1, 65535]
 */
public record ServerAddress(InetAddress ip, int port) {

    private static final Pattern V4 = Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");
    private static final Pattern V6 = Pattern.compile("[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*");
    private static final Pattern WITH_PORT = Pattern.compile("(?:\\[([^\\]]*)\\]|([^:\\[\\]]*)):(\\d{1,5})");
    private static final int MAX_PORT = 65535;

    /** Checks both parts. */
    public ServerAddress {
        Objects.requireNonNull(ip, "ip");
        if (port < 1 || port > MAX_PORT) {
            throw new IllegalArgumentException("port must be in [1, " + MAX_PORT + "], but was " + port);
        }
    }

    /**
     * Reads an address.
     *
     * @param text {@code 10.0.0.1:80} or {@code [fd00::1]:80}; {@code localhost} is 127.0.0.1
     * @return the address
     * @throws IllegalArgumentException if it is none; the message is to be put behind the name of what was read
     */
    public static ServerAddress parse(String text) {
        Matcher m = WITH_PORT.matcher(text);
        if (!m.matches()) {
            throw new IllegalArgumentException(
                    "must be an IP address with a port, such as 10.0.0.1:80 or [fd00::1]:80, but was "
                            + Quantity.quote(text));
        }
        int port = Integer.parseInt(m.group(3));
        if (port < 1 || port > MAX_PORT) {
            throw new IllegalArgumentException(
                    "must have a port in [1, " + MAX_PORT + "], but was " + Quantity.quote(text));
        }
        return new ServerAddress(m.group(1) != null ? v6(m.group(1), text) : v4(m.group(2), text), port);
    }

    private static InetAddress v4(String host, String text) {
        Matcher m = V4.matcher(host.equals("localhost") ? "127.0.0.1" : host);
        if (!m.matches()) {
            throw new IllegalArgumentException(
                    "must be an IP address with a port, not a name, but was " + Quantity.quote(text)
                            + "; write the address that 'getent hosts " + Quantity.cut(host) + "' tells");
        }
        byte[] bytes = new byte[4];
        for (int i = 0; i < bytes.length; i++) {
            int part = Integer.parseInt(m.group(i + 1));
            if (part > 255) {
                throw new IllegalArgumentException(
                        "must be an IP address, but " + part + " in " + Quantity.quote(text) + " is above 255");
            }
            bytes[i] = (byte) part;
        }
        return address(bytes);
    }

    private static InetAddress v6(String host, String text) {
        if (V6.matcher(host).matches()) {
            try {
                InetAddress ip = InetAddress.getByName("[" + host + "]"); // brackets: a literal, so nobody is asked
                if (ip instanceof Inet6Address) {
                    return ip;
                }
            } catch (UnknownHostException e) {
                throw notV6(text, e);
            }
        }
        throw notV6(text, null);
    }

    private static IllegalArgumentException notV6(String text, Exception cause) {
        return new IllegalArgumentException(
                "must have an IPv6 address in its brackets, such as [fd00::1]:80, but was " + Quantity.quote(text),
                cause);
    }

    private static InetAddress address(byte[] bytes) {
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new AssertionError(e); // only for wrong lengths
        }
    }

    /**
     * The version of the protocol.
     *
     * @return 4 or 6
     */
    public int family() {
        return ip instanceof Inet6Address ? 6 : 4;
    }

    /**
     * For sockets.
     *
     * @return a resolved address
     */
    public InetSocketAddress socketAddress() {
        return new InetSocketAddress(ip, port);
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        String host = ip.getHostAddress();
        return (family() == 6 ? "[" + host + "]" : host) + ":" + port;
    }
}
