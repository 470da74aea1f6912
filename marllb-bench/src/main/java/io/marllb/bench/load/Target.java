package io.marllb.bench.load;

import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * What is asked, over HTTP/1.1 with one connection per request. Immutable.
 *
 * @param address where to connect
 * @param host value of the Host header
 * @param path path and query, starts with a slash
 */
public record Target(InetSocketAddress address, String host, String path) {

    private static final int HTTP_PORT = 80;
    private static final int LAST_PORT = 65535;

    /** Checks that nothing is missing. */
    public Target {
        Objects.requireNonNull(address, "address");
        Objects.requireNonNull(host, "host");
        Objects.requireNonNull(path, "path");
    }

    /**
     * Reads a URL. A name is resolved once, here.
     *
     * @param url such as {@code http://127.0.0.1:8080/file}
     * @return the target
     * @throws IllegalArgumentException if it is not a plain http URL, or its host has no address
     */
    public static Target parse(String url) {
        URI uri;
        try {
            uri = new URI(url);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException(
                    "'" + url + "' is no URL: " + e.getReason() + "; write http://HOST:PORT/PATH", e);
        }
        if (!"http".equals(uri.getScheme()) || uri.getHost() == null) {
            throw new IllegalArgumentException(
                    "'" + url + "' must be a plain http URL, such as http://127.0.0.1:8080/");
        }
        int port = uri.getPort() < 0 ? HTTP_PORT : uri.getPort();
        if (port == 0 || port > LAST_PORT) {
            throw new IllegalArgumentException("'" + url + "': the port must be in 1..65535, but was " + port);
        }
        InetSocketAddress address = new InetSocketAddress(uri.getHost().replaceAll("^\\[|]$", ""), port);
        if (address.isUnresolved()) {
            throw new IllegalArgumentException("'" + url + "': there is no address for the host " + uri.getHost());
        }
        String path = uri.getRawPath() == null || uri.getRawPath().isEmpty() ? "/" : uri.getRawPath();
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        return new Target(address, uri.getHost() + (port == HTTP_PORT ? "" : ":" + port), path + query);
    }

    /**
     * A request.
     *
     * @param bytes how many of the first bytes to ask for, {@code >= 1}; 0 for the whole
     * @return the head, as it is sent
     */
    byte[] request(long bytes) {
        String range = bytes > 0 ? "Range: bytes=0-" + (bytes - 1) + "\r\n" : "";
        return ("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: marllb-load\r\nAccept: */*\r\n" + range
                        + "Connection: close\r\n\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }
}
