package io.marllb.dataplane;

import io.marllb.core.check.Checks;
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

    /** The hardware address as bytes; present if {@link #mac} is. */
    byte[] macBytes() {
        return HexFormat.ofDelimiter(":").parseHex(mac.orElseThrow());
    }
}
