package io.marllb.bench.testbed;

import io.marllb.bench.process.ProgramException;
import io.marllb.bench.process.Programs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A cluster in network namespaces: one client, a switch, balancers, nginx servers behind shaped links.
 *
 * <pre>
 *   client --.                       .-- s0   nginx, link of speed 0
 *   .0.1     |                       |   .2.1
 *            +------ sw (bridge) ----+-- s1
 *            |                       |   .2.2
 *     lb0 ---'   lb1, lb2            '-- ...
 *     .1.1
 * </pre>
 *
 * All addresses are in 10.77.0.0/16, and exist in the namespaces only. The client reaches the virtual address {@link #VIP} through the balancers, by
 * equal-cost routes; servers hold it on their loopback device, so that they can answer directly. Every end has its offloads off: packets that a
 * program takes raw from such a link would carry checksums that nobody has finished and be longer than the link allows, and no connection through
 * them would come up.
 *
 * <p>Needs root, or a user namespace in which this process is root. There is one testbed at a time. It is removed when this JVM ends, whatever ends it
 * but SIGKILL, unless it was {@link #leave left}. Not thread-safe.
 */
public final class Testbed implements AutoCloseable {

    /** The virtual address of the service. */
    public static final String VIP = "10.77.100.1";

    /** Its port, and that of the servers. */
    public static final int PORT = 80;

    /** How somebody who is not root gets a shell in which a testbed can be made; it ends with that shell. */
    public static final String USER_NAMESPACE = "unshare -Urnm sh -c 'mount -t tmpfs tmpfs /run && exec bash'";

    /** What is asked of the servers: the first bytes of it. */
    public static final String RESOURCE = "/blob";

    /** Answered by the index of the server; the connection is kept open. */
    public static final String NUMBER = "/number";

    /** The client's address. */
    public static final String CLIENT_ADDRESS = "10.77.0.1";

    private static final String PREFIX = "marllb-tb-";
    private static final String OFFLOADS_OFF = "ethtool -K eth0 tx off tso off gso off gro off sg off";
    private static final String CLIENT = PREFIX + "client";
    private static final String SWITCH = PREFIX + "sw";
    private static final long RESOURCE_BYTES = 1L << 30; // sparse
    private static final int BURST_BYTES = 3_200; // two packets: an idle link must not hand out a credit
    private static final int QUEUE_BYTES = 4_000_000; // nothing is dropped in it
    private static final double BITS = 8;
    private static final double WIRE =
            1514.0 / 1448; // a full frame over the payload that it carries; links are shaped by frames

    private final TestbedSpec spec;
    private final Path folder;
    private final List<Process> servers = new ArrayList<>();
    private final Runnable cleaner = Testbed::down;

    private Testbed(TestbedSpec spec, Path folder) {
        this.spec = spec;
        this.folder = folder;
    }

    /**
     * What this machine lacks.
     *
     * @return a sentence each; empty if a testbed can be made
     */
    public static List<String> missing() {
        List<String> missing = new ArrayList<>();
        String[][] programs = {{"ip", "iproute2"}, {"tc", "iproute2"}, {"ethtool", "ethtool"}, {"nginx", "nginx-light"}
        };
        for (String[] p : programs) {
            if (Programs.find(p[0]).isEmpty()) {
                missing.add("there is no " + p[0] + "; install it (Debian: " + p[1] + ")");
            }
        }
        if (missing.isEmpty()) {
            namespaceTrouble().ifPresent(missing::add);
        }
        return missing;
    }

    /** Of another name than those of a testbed, so that two who ask at once do not take each other for one. */
    private static Optional<String> namespaceTrouble() {
        String probe = "marllb-probe-" + ProcessHandle.current().pid();
        Programs.Result r = Programs.tryRun(Programs.SHORT, List.of("ip", "netns", "add", probe));
        if (r.exitCode() != 0) {
            return Optional.of("network namespaces can't be made (" + r.output().strip()
                    + "); run as root, or in a user namespace of your own: " + USER_NAMESPACE);
        }
        Programs.run("ip", "netns", "del", probe);
        return Optional.empty();
    }

    /**
     * Makes the cluster and starts its servers.
     *
     * @param spec what to build
     * @param folder for configuration and logs, exists
     * @return the running testbed
     * @throws ProgramException if something is missing, a testbed is up already, or a step fails; then nothing is left behind
     */
    public static Testbed up(TestbedSpec spec, Path folder) {
        List<String> missing = missing();
        if (!missing.isEmpty()) {
            throw new ProgramException("a testbed can't be made here: " + String.join("; ", missing));
        }
        // The first step is also the claim: two who try at once can't both make it, and who could not must not clear
        // up.
        Programs.Result claim = Programs.tryRun(Programs.SHORT, List.of("ip", "netns", "add", SWITCH));
        List<String> others = namespaces();
        if (claim.exitCode() != 0 || others.size() > 1) {
            if (claim.exitCode() == 0) {
                Programs.run("ip", "netns", "del", SWITCH);
            }
            throw new ProgramException(
                    "a testbed is up already (" + String.join(", ", others) + "); remove it with: marllb testbed down");
        }
        Testbed testbed = new Testbed(spec, folder.toAbsolutePath());
        Programs.whenEnding(testbed.cleaner);
        try {
            testbed.build();
            testbed.startServers();
            testbed.check();
            return testbed;
        } catch (ProgramException | IOException e) {
            ProgramException trouble = e instanceof ProgramException t
                    ? t
                    : new ProgramException(
                            "the testbed's files can't be written to " + folder + ": " + e.getMessage(), e);
            try {
                testbed.close();
            } catch (ProgramException more) {
                trouble.addSuppressed(more);
            }
            throw trouble;
        }
    }

    /** Lets it stay up when this JVM ends, until {@link #down}. */
    public void leave() {
        Programs.notWhenEnding(cleaner);
        servers.forEach(Programs::forget);
    }

    /**
     * Ends every process of a testbed and removes it, also one that a killed process left.
     *
     * @return the namespaces that were removed
     * @throws ProgramException if something could not be removed; the rest was
     */
    public static List<String> down() {
        List<String> all = namespaces();
        List<String> troubles = new ArrayList<>();
        for (String ns : all) {
            try {
                for (String pid : Programs.run("ip", "netns", "pids", ns).split("\\s+", -1)) {
                    if (!pid.isEmpty()) {
                        ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
                    }
                }
                Programs.run("ip", "netns", "del", ns);
            } catch (ProgramException e) { // the others must go all the same
                troubles.add(e.getMessage());
            }
        }
        if (!troubles.isEmpty()) {
            throw new ProgramException("not all of the testbed could be removed: " + String.join("; ", troubles));
        }
        return all;
    }

    private static List<String> namespaces() {
        return Programs.run("ip", "netns", "list")
                .lines()
                .map(l -> l.split(" ", 2)[0])
                .filter(n -> n.startsWith(PREFIX))
                .toList();
    }

    /**
     * The cluster.
     *
     * @return what was built
     */
    public TestbedSpec spec() {
        return spec;
    }

    /**
     * A server's own address.
     *
     * @param server index
     * @return IPv4
     */
    public String serverAddress(int server) {
        return "10.77.2." + (server + 1);
    }

    /**
     * A balancer's own address.
     *
     * @param balancer index
     * @return IPv4
     */
    public String balancerAddress(int balancer) {
        return "10.77.1." + (balancer + 1);
    }

    /**
     * Makes the servers send their answers to the client through the balancer, as address translation needs.
     *
     * @throws ProgramException with several balancers: an answer must come back through the one that translated its request
     */
    public void answerThroughTheBalancer() {
        if (spec.balancers() > 1) {
            throw new ProgramException("address translation needs a single balancer here, but there are "
                    + spec.balancers() + ": the servers' answers have one way only");
        }
        for (int j = 0; j < spec.speeds().size(); j++) {
            Programs.run(
                    "ip", "-n", serverName(j), "route", "replace", CLIENT_ADDRESS + "/32", "via", balancerAddress(0));
        }
    }

    /** Takes back {@link #answerThroughTheBalancer}, where it was. */
    void answerDirectly() {
        for (int j = 0; j < spec.speeds().size(); j++) {
            Programs.run("ip", "-n", serverName(j), "route", "flush", "exact", CLIENT_ADDRESS + "/32");
        }
    }

    /** Takes back {@link #giveVip}. */
    void takeVip(int balancer) {
        Programs.run("ip", "-n", balancerName(balancer), "address", "del", VIP + "/32", "dev", "lo");
    }

    /** Lets a balancer hold the virtual address itself, as a proxy must. */
    void giveVip(int balancer) {
        Programs.run("ip", "-n", balancerName(balancer), "address", "replace", VIP + "/32", "dev", "lo");
    }

    /**
     * Starts a program at a balancer.
     *
     * @param balancer index
     * @param log file for what it prints
     * @param command the program and its arguments
     * @return the process
     */
    public Process startAtBalancer(int balancer, Path log, List<String> command) {
        return Programs.start(log, inside(balancerName(balancer), command));
    }

    /**
     * Starts a program at the client.
     *
     * @param log file for what it prints
     * @param command the program and its arguments
     * @return the process
     */
    public Process startAtClient(Path log, List<String> command) {
        return Programs.start(log, inside(CLIENT, command));
    }

    /**
     * A command at a node of the testbed that is up.
     *
     * @param node {@code client}, {@code sw}, {@code lb0}, ..., {@code s0}, ...
     * @param command a program and its arguments
     * @return the command that runs it there
     * @throws IllegalArgumentException if there is no such node
     */
    public static List<String> at(String node, List<String> command) {
        List<String> nodes =
                namespaces().stream().map(n -> n.substring(PREFIX.length())).toList();
        if (!nodes.contains(node)) {
            throw new IllegalArgumentException(
                    nodes.isEmpty()
                            ? "no testbed is up; make one with: marllb testbed up"
                            : "there is no node '" + node + "'; there are " + String.join(", ", nodes));
        }
        return inside(PREFIX + node, command);
    }

    private static List<String> inside(String namespace, List<String> command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", namespace));
        all.addAll(command);
        return all;
    }

    private static String balancerName(int i) {
        return PREFIX + "lb" + i;
    }

    private static String serverName(int j) {
        return PREFIX + "s" + j;
    }

    private void build() {
        Programs.run("ip", "-n", SWITCH, "link", "add", "br0", "type", "bridge");
        Programs.run("ip", "-n", SWITCH, "link", "set", "br0", "up");
        attach(CLIENT, CLIENT_ADDRESS);
        List<String> route = new ArrayList<>(List.of("ip", "-n", CLIENT, "route", "add", VIP + "/32"));
        for (int i = 0; i < spec.balancers(); i++) {
            attach(balancerName(i), balancerAddress(i));
            route.addAll(List.of("nexthop", "via", balancerAddress(i)));
        }
        Programs.run(Programs.SHORT, route);
        sysctl(
                CLIENT,
                "net/ipv4/fib_multipath_hash_policy",
                "1"); // by ports too, so that the flows of one client spread
        sysctl(CLIENT, "net/ipv4/ip_local_port_range", "1024 65535");
        for (int j = 0; j < spec.speeds().size(); j++) {
            String ns = serverName(j);
            attach(ns, serverAddress(j));
            // It holds the virtual address, and says so to nobody.
            sysctl(ns, "net/ipv4/conf/all/arp_ignore", "1");
            sysctl(ns, "net/ipv4/conf/all/arp_announce", "2");
            Programs.run("ip", "-n", ns, "address", "add", VIP + "/32", "dev", "lo");
            if (spec.bytesPerSecond() > 0) {
                shape(ns, spec.speeds().get(j) * spec.bytesPerSecond());
            }
        }
    }

    private static void shape(String ns, double bytesPerSecond) {
        String rate = Math.round(bytesPerSecond * WIRE * BITS) + "bit";
        List<String> command = new ArrayList<>(List.of("tc", "-n", ns, "qdisc", "add", "dev", "eth0", "root", "tbf"));
        command.addAll(List.of("rate", rate, "burst", "" + BURST_BYTES, "limit", "" + QUEUE_BYTES));
        Programs.run(Programs.SHORT, command);
    }

    /** A namespace with one device on the switch. */
    private static void attach(String ns, String address) {
        String port = ns.substring(PREFIX.length());
        Programs.run("ip", "netns", "add", ns);
        Programs.run("ip", "-n", SWITCH, "link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", ns);
        Programs.run("ip", "-n", SWITCH, "link", "set", port, "master", "br0", "up");
        inNamespace(ns, "sh", "-c", OFFLOADS_OFF);
        Programs.run("ip", "-n", ns, "link", "set", "lo", "up");
        Programs.run("ip", "-n", ns, "link", "set", "eth0", "up");
        Programs.run("ip", "-n", ns, "address", "add", address + "/16", "dev", "eth0");
    }

    /** By hand: sysctl is in a package of its own. */
    private static void sysctl(String ns, String name, String value) {
        inNamespace(ns, "sh", "-c", "echo \"$1\" > /proc/sys/$0", name, value);
    }

    private static String inNamespace(String ns, String... command) {
        return Programs.run(Programs.SHORT, inside(ns, List.of(command)));
    }

    private void startServers() throws IOException {
        Path root = Files.createDirectories(blob().getParent());
        try (RandomAccessFile blob = new RandomAccessFile(blob().toFile(), "rw")) {
            blob.setLength(RESOURCE_BYTES);
        }
        for (int j = 0; j < spec.speeds().size(); j++) {
            Path home = Files.createDirectories(folder.resolve("s" + j));
            Path conf = home.resolve("nginx.conf");
            Files.writeString(conf, nginxConf(home, root, j));
            servers.add(Programs.start(
                    home.resolve("nginx.log"),
                    inside(
                            serverName(j),
                            List.of(
                                    "nginx",
                                    "-p",
                                    home.toString(),
                                    "-c",
                                    conf.toString(),
                                    "-e",
                                    home.resolve("error.log").toString()))));
        }
    }

    private Path blob() {
        return folder.resolve("www" + RESOURCE);
    }

    private static String nginxConf(Path home, Path root, int number) {
        String paths = Stream.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
                .map(n -> "  " + n + "_temp_path " + home.resolve(n) + ";\n")
                .reduce("", String::concat);
        return String.format(Locale.ROOT, """
                daemon off;
                user root;
                worker_processes 1;
                pid %s;
                events { worker_connections 8192; }
                http {
                %s  access_log off;
                  sendfile on;
                  tcp_nodelay on;
                  keepalive_timeout 0;
                  server {
                    listen %d backlog=4096;
                    root %s;
                    location = %s { keepalive_timeout 1h; return 200 "%d"; }
                  }
                }
                """, home.resolve("nginx.pid"), paths, PORT, root, NUMBER, number);
    }

    /**
     * Waits until the service answers through the balancers.
     *
     * @return false if it does not within some seconds
     */
    public boolean serves() {
        return answers(VIP);
    }

    /** Offloads must be off at every end that packets start from, and every server must answer its own address from the client. */
    private void check() {
        requireNoOffloads(CLIENT);
        for (int j = 0; j < spec.speeds().size(); j++) {
            requireNoOffloads(serverName(j));
            if (!answers(serverAddress(j))) {
                throw new ProgramException("server " + j + " does not answer http://" + serverAddress(j) + RESOURCE
                        + "; its log is in " + folder.resolve("s" + j));
            }
        }
    }

    private static void requireNoOffloads(String ns) {
        List<String> on = offloads(inNamespace(ns, "ethtool", "-k", "eth0"));
        if (!on.isEmpty()) {
            throw new ProgramException("device eth0 of " + ns + " has offloads on (" + String.join(", ", on)
                    + "); through a packet path that reads frames raw, connections would open and never carry a byte (SYN is sent again and"
                    + " again); switch them off: ip netns exec " + ns + " " + OFFLOADS_OFF);
        }
    }

    /** Those of the offloads that matter which {@code ethtool -k} says are on. */
    static List<String> offloads(String features) {
        return features.lines()
                .map(String::strip)
                .filter(
                        l -> l.matches(
                                "(tx-checksumming|tcp-segmentation-offload|generic-segmentation-offload|generic-receive-offload): on.*"))
                .map(l -> l.substring(0, l.indexOf(':')))
                .toList();
    }

    /** Asks for one byte, 50 times at most. Bash speaks TCP by itself; curl may not be there. */
    private static boolean answers(String address) {
        String script = """
                for i in $(seq 50); do
                  if exec 3<>/dev/tcp/$0/$1; then
                    printf 'GET %s HTTP/1.0\\r\\nRange: bytes=0-0\\r\\n\\r\\n' $2 >&3
                    read -t 2 line <&3
                    case $line in HTTP/1.1\\ 206*) exit 0 ;; esac
                    exec 3>&-
                  fi 2>/dev/null
                  sleep 0.1
                done
                exit 1
                """;
        List<String> command =
                List.of("timeout", "15", "bash", "-c", script, address, Integer.toString(PORT), RESOURCE);
        return Programs.tryRun(Programs.SHORT, inside(CLIENT, command)).exitCode() == 0;
    }

    /** Ends the servers and removes every namespace. */
    @Override
    public void close() {
        servers.forEach(Programs::stop);
        try {
            down();
            Files.deleteIfExists(blob()); // of use to nobody, and looks like a gigabyte
        } catch (ProgramException e) {
            if (!Programs.ending()) { // then it is done there
                throw e;
            }
        } catch (IOException e) {
            throw new ProgramException("the testbed's files in " + folder + " can't be removed: " + e.getMessage(), e);
        } finally {
            Programs.notWhenEnding(cleaner);
        }
    }
}
