package io.marllb.cli;

import io.marllb.bench.process.Programs;
import io.marllb.bench.testbed.Testbed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What this machine has of that which live traffic, its tests and its measurements use beyond Java. Replays and training use none of it. */
final class NativeTools {

    /**
     * One of them.
     *
     * @param what its name
     * @param there whether it is there
     * @param detail what was found; or what it is for, and how to get it
     */
    record Finding(String what, boolean there, String detail) {}

    private static final String OLDEST_DPDK = "22.11";
    private static final Path HUGEPAGES = Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
    private static final Path SHARED_MEMORY = Path.of("/dev/shm");
    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final Pattern OPEN_FILES = Pattern.compile("(?m)^Max open files\\s+\\S+\\s+(\\d+)");
    private static final long ENOUGH_FILES = 16_500; // the proxy's default of 8,192 connections, two each

    private NativeTools() {}

    /** Looks for all of them. */
    static List<Finding> look() {
        List<Finding> all = new ArrayList<>();
        all.add(program("gcc", "the C sources", "gcc libc6-dev"));
        all.add(program("cmake", "the C sources", "cmake make"));
        all.add(program("pkg-config", "the C sources find their libraries by it", "pkg-config"));
        all.add(library("libdpdk", OLDEST_DPDK, "the DPDK program", "libdpdk-dev"));
        all.add(library("cmocka", "1.1", "tests of the C sources", "libcmocka-dev"));
        all.add(program("clang", "fuzzing the C sources", "clang libclang-rt-14-dev"));
        all.add(hugepages());
        all.add(sharedMemory());
        all.add(namespaces());
        all.add(program("ip", "the testbed", "iproute2"));
        all.add(program("ethtool", "the testbed", "ethtool"));
        all.add(program("nginx", "the testbed's servers, bench proxy", "nginx-light"));
        all.add(program("haproxy", "bench proxy, or to be driven by the controller", "haproxy"));
        all.add(program("wrk", "bench proxy", "wrk"));
        all.add(openFiles());
        return all;
    }

    private static Finding program(String name, String purpose, String packages) {
        Optional<Path> file = Programs.find(name);
        return new Finding(
                name, file.isPresent(), file.map(Path::toString).orElseGet(() -> install(purpose, packages)));
    }

    private static String install(String purpose, String packages) {
        return "for " + purpose + "; on Debian: apt-get install " + packages;
    }

    private static Finding library(String name, String oldest, String purpose, String packages) {
        Optional<Path> ask = Programs.find("pkg-config");
        if (ask.isEmpty()) {
            return new Finding(name, false, install(purpose, "pkg-config " + packages));
        }
        String version = Programs.tryRun(Programs.SHORT, List.of("pkg-config", "--modversion", name))
                .output()
                .strip();
        boolean there = Programs.tryRun(Programs.SHORT, List.of("pkg-config", "--atleast-version=" + oldest, name))
                        .exitCode()
                == 0;
        return new Finding(name, there, there ? version : oldest + " or later, " + install(purpose, packages));
    }

    private static Finding hugepages() {
        long free = 0;
        try {
            free = Long.parseLong(Files.readString(HUGEPAGES).strip());
        } catch (IOException e) {
            // this kernel has none
        }
        return new Finding(
                "hugepages",
                free > 0,
                free > 0
                        ? free + " free of 2 MB"
                        : "the DPDK program runs without (--no-huge), at about half the speed; as root: echo 512 > "
                                + HUGEPAGES.resolveSibling("nr_hugepages"));
    }

    private static Finding sharedMemory() {
        boolean there = Files.isWritable(SHARED_MEMORY);
        return new Finding(
                "shared memory",
                there,
                there
                        ? SHARED_MEMORY.toString()
                        : "data planes and controllers meet in " + SHARED_MEMORY
                                + ", which this user can't write to; mount a tmpfs there");
    }

    private static Finding namespaces() {
        if (Programs.find("unshare").isEmpty()) {
            return new Finding("namespaces", false, install("the testbed", "util-linux"));
        }
        if (Programs.tryRun(Programs.SHORT, List.of("unshare", "-n", "true")).exitCode() == 0) {
            return new Finding("namespaces", true, "network namespaces can be made");
        }
        boolean own = Programs.tryRun(Programs.SHORT, List.of("unshare", "-Urnm", "true"))
                        .exitCode()
                == 0;
        return new Finding(
                "namespaces",
                own,
                own
                        ? "in a user namespace: " + Testbed.USER_NAMESPACE
                        : "for the testbed; be root, or allow user namespaces: sysctl -w user.max_user_namespaces=10000"
                                + " (older Debian: kernel.unprivileged_userns_clone=1)");
    }

    private static Finding openFiles() {
        long limit = Long.MAX_VALUE; // also where the limits are told otherwise
        try {
            Matcher m = OPEN_FILES.matcher(Files.readString(LIMITS));
            limit = m.find() ? Long.parseLong(m.group(1)) : limit;
        } catch (IOException e) {
            // not Linux
        }
        boolean enough = limit >= ENOUGH_FILES;
        return new Finding(
                "open files",
                enough,
                enough
                        ? (limit == Long.MAX_VALUE ? "no limit" : Long.toString(limit))
                        : limit + ", so the proxy carries about " + limit / 2
                                + " connections at a time; raise it: ulimit -Hn 20000 (LimitNOFILE=20000 in a systemd unit)");
    }
}
