package io.marllb.dataplane;

import io.marllb.core.check.Checks;
import io.marllb.core.config.Quantity;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A server as an operator lists it. Immutable.
 *
 * @param name what people call it; unique in a list
 * @param slot its place in the data plane, {@code >= 0}; unique in a list
 * @param address where it listens; empty where the data plane knows it by its name
 * @param mac hardware address as twelve hexadecimal digits, for direct server return on one segment; empty where the data plane finds it
 * @param weight configured (static) weight, finite, {@code > 0}
 * @param drain whether it gets no new flows, by the operator's will
 */
public record ServerEntry(
        String name, int slot, Optional<ServerAddress> address, Optional<String> mac, double weight, boolean drain) {

    private static final Pattern MAC = Pattern.compile("(?:[0-9a-f]{2}:){5}[0-9a-f]{2}");

    private static final Pattern NAME = Pattern.compile("(?=.*[A-Za-z])[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?");

    /** Checks every component. */
    public ServerEntry {
        Objects.requireNonNull(address, "address");
        new Checks("server " + name)
                .that(!name.isBlank(), "name must not be blank")
                .atLeast("slot", slot, 0)
                .positive("weight", weight)
                .that(
                        mac.isEmpty() || MAC.matcher(mac.get()).matches(),
                        "mac must be such as 02:00:00:00:00:01, but was " + mac.orElse(""))
                .throwIfAny();
    }

    /**
     * A server with weight 1, named by its address.
     *
     * @param slot its place
     * @param address where it listens
     * @return the entry
     */
    public static ServerEntry of(int slot, ServerAddress address) {
        return new ServerEntry(address.toString(), slot, Optional.of(address), Optional.empty(), 1, false);
    }

    /**
     * Reads a server as a command line lists it. A name of a machine is looked up now and once; of several addresses the first one is taken.
     *
     * @param slot its place
     * @param text {@code 10.0.0.1:80}, {@code [fd00::1]:80} or {@code web-1.example.org:80}, then {@code =2} for a weight other than 1
     * @return the entry, named as it was written
     * @throws IllegalArgumentException if it is none; the message is to be put behind the name of what was read
     */
    public static ServerEntry parse(int slot, String text) {
        int equals = text.lastIndexOf('=');
        String where = equals < 0 ? text : text.substring(0, equals);
        double weight = 1;
        if (equals >= 0) {
            try {
                weight = Quantity.number(text.substring(equals + 1));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "must be HOST:PORT or HOST:PORT=WEIGHT, but the weight of " + Quantity.quote(text) + " "
                                + e.getMessage(),
                        e);
            }
        }
        return new ServerEntry(where, slot, Optional.of(address(where)), Optional.empty(), weight, false);
    }

    private static ServerAddress address(String where) {
        int colon = where.lastIndexOf(':');
        boolean named = colon > 0 && NAME.matcher(where.substring(0, colon)).matches();
        if (!named) {
            return ServerAddress.parse(where);
        }
        try {
            int port = ServerAddress.parse("127.0.0.1" + where.substring(colon)).port();
            return new ServerAddress(InetAddress.getByName(where.substring(0, colon)), port);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(
                    "must be an address or a name that can be looked up, but nobody knows " + Quantity.quote(where)
                            + "; 'getent hosts NAME' asks the same",
                    e);
        }
    }

    /** The hardware address as bytes; present if {@link #mac} is. */
    byte[] macBytes() {
        return HexFormat.ofDelimiter(":").parseHex(mac.orElseThrow());
    }
}
