package io.marllb.dataplane.proxy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How many files and sockets this process may have open, and how many a proxy needs. */
final class Descriptors {

    static final int PER_CONNECTION = 2;

    private static final int OF_JAVA = 100; // class files, archives, standard streams: about 40 were seen
    private static final int PER_LOOP = 4; // epoll, its wake-up, one spare socket while a connect is tried again
    private static final int PER_SERVER = 2; // a health check under way, and one that is being closed

    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final Pattern OPEN_FILES = Pattern.compile("(?m)^Max open files\\s+(\\d+|unlimited)");

    private Descriptors() {}

    /** The limit in force; the largest number where it is not known. Java has raised the soft limit to the hard one. */
    static long limit() {
        try {
            return limit(Files.readString(LIMITS));
        } catch (IOException e) {
            return Long.MAX_VALUE; // not Linux: then opening one too many tells
        }
    }

    static long limit(String limits) {
        Matcher m = OPEN_FILES.matcher(limits);
        return m.find() && !m.group(1).equals("unlimited") ? Long.parseLong(m.group(1)) : Long.MAX_VALUE;
    }

    /** Of a proxy without its connections. */
    static long overhead(int loops, int listeners, int servers) {
        return OF_JAVA + (long) loops * (PER_LOOP + listeners) + (long) PER_SERVER * servers;
    }

    static long needed(int connections, long overhead) {
        return overhead + (long) PER_CONNECTION * connections;
    }
}
