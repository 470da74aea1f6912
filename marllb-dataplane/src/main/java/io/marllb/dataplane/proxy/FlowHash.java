package io.marllb.dataplane.proxy;

import io.marllb.core.rng.Streams;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * Hash of a connection: both ends of the client's side, mixed with a seed, so that who does not know the seed cannot aim. Proxies with the same seed and
 * the same listening address agree on it.
 */
final class FlowHash {

    private static final int V6_HALF = Long.BYTES;

    private final long seed;

    FlowHash(long seed) {
        this.seed = seed;
    }

    long of(InetSocketAddress client, InetSocketAddress listening) {
        return end(end(seed, client), listening);
    }

    private static long end(long h, InetSocketAddress end) {
        InetAddress ip = end.getAddress();
        long x = h;
        if (ip instanceof Inet4Address) {
            x = Streams.mix(x ^ ip.hashCode()); // the four bytes themselves
        } else {
            ByteBuffer bytes = ByteBuffer.wrap(ip.getAddress());
            x = Streams.mix(x ^ bytes.getLong(0));
            x = Streams.mix(x ^ bytes.getLong(V6_HALF));
        }
        return Streams.mix(x ^ end.getPort());
    }
}
