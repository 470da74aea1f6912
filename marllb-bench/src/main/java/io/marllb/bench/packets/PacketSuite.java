package io.marllb.bench.packets;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.DoubleConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Packets per CPU second of the DPDK program on one core, and of DPDK's own programs: l3fwd with exact matches, which looks every packet's addresses
 * and ports up as we do, and testpmd, which swaps two addresses and looks up nothing. All take the same capture from memory (net_pcap, infinite),
 * in turns, and a meter that is loaded into each counts what they received and the CPU time of the whole process, receiving, freeing and control included.
 *
 * <p>Needs a checkout, gcc, cmake, DPDK (Debian: libdpdk-dev, dpdk, dpdk-doc), 160 free hugepages of 2 MB, and root.
 */
public final class PacketSuite {

    private static final int HUGEPAGES = 160;
    private static final int SERVERS = 64;
    private static final int TABLE = 8_192; // flows: twice those of the capture, as one would size it
    private static final long BUILD_SECONDS = 600;
    private static final long SPARE_SECONDS = 30;
    private static final long WARMUP_MILLIS = 700;
    private static final Path EXAMPLES = Path.of("/usr/share/dpdk/examples");
    private static final Pattern METER =
            Pattern.compile("meter received=(\\d+) sent=(\\d+) cpu_ns=(\\d+) wall_ns=(\\d+)");

    /** What is run. */
    public enum Case {
        /** DPDK's l3fwd, exact match on addresses and ports: the like-for-like peer. */
        L3FWD,
        /** DPDK's testpmd, swaps MAC addresses: the floor under any program. */
        MACSWAP,
        /** Ours, direct server return, nothing sampled. */
        DSR,
        /** Ours, direct server return, features sampled. */
        DSR_FEATURES,
        /** Ours, address translation, features sampled. */
        NAT_FEATURES;

        /**
         * The name in tables.
         *
         * @return lower case
         */
        public String id() {
            return name().toLowerCase(Locale.ROOT).replace('_', '+');
        }
    }

    /**
     * A promise.
     *
     * @param of which case
     * @param peer compared with which
     * @param least ratio of packets per CPU second
     */
    public record Promise(Case of, Case peer, double least) {}

    /** All of them. */
    public static final List<Promise> PROMISES = List.of(
            new Promise(Case.DSR, Case.L3FWD, 1.3),
            new Promise(Case.DSR, Case.MACSWAP, 0.5),
            new Promise(Case.DSR_FEATURES, Case.L3FWD, 1.2),
            new Promise(Case.DSR_FEATURES, Case.MACSWAP, 0.4),
            new Promise(Case.NAT_FEATURES, Case.L3FWD, 1.1),
            new Promise(Case.NAT_FEATURES, Case.MACSWAP, 0.35));

    /**
     * What came out.
     *
     * @param rates packets per CPU second by case, in the order of the rounds
     */
    public record Result(Map<Case, List<Double>> rates) {

        /**
         * The median over rounds.
         *
         * @param of which case
         * @return packets per CPU second
         */
        public double median(Case of) {
            return PacketSuite.median(rates.get(of));
        }

        /**
         * The median over rounds of the ratio within a round.
         *
         * @param of which case
         * @param peer compared with which
         * @return ratio of packets per CPU second
         */
        public double ratio(Case of, Case peer) {
            List<Double> ratios = new ArrayList<>();
            for (int i = 0; i < rates.get(of).size(); i++) {
                ratios.add(rates.get(of).get(i) / rates.get(peer).get(i));
            }
            return PacketSuite.median(ratios);
        }
    }

    private final Path checkout;
    private final Path folder;
    private final int millis;
    private Path program;
    private Path l3fwd;
    private Path meter;

    private PacketSuite(Path checkout, Path folder, int millis) {
        this.checkout = checkout;
        this.folder = folder;
        this.millis = millis;
    }

    /**
     * Builds all of it and runs it.
     *
     * @param checkout root of the sources
     * @param folder for builds, captures and logs, exists
     * @param rounds how often each case is run, {@code >= 1}
     * @param millis how long each time, {@code >= 100}
     * @param progress told the share that is done
     * @return the rates
     * @throws IllegalArgumentException if something is missing, with what to do
     */
    public static Result run(Path checkout, Path folder, int rounds, int millis, DoubleConsumer progress) {
        PacketSuite suite = new PacketSuite(checkout, folder, millis);
        try {
            suite.requireAll();
            suite.build();
            FlowCapture.writePcap(folder.resolve("flows.pcap"));
            FlowCapture.writeRoutes(folder.resolve("routes.cfg"));
            suite.writeConfig("dsr");
            suite.writeConfig("nat");
            Map<Case, List<Double>> rates = new EnumMap<>(Case.class);
            for (Case c : Case.values()) {
                rates.put(c, new ArrayList<>());
            }
            for (int round = 0; round < rounds; round++) {
                for (Case c : Case.values()) {
                    rates.get(c).add(suite.measure(c));
                    progress.accept((round + (c.ordinal() + 1.0) / Case.values().length) / rounds);
                }
            }
            return new Result(rates);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "a file of the packet suite can't be written to " + folder + ": " + e.getMessage(), e);
        }
    }

    private void requireAll() throws IOException {
        List<String> missing = new ArrayList<>();
        if (!Files.isDirectory(EXAMPLES.resolve("l3fwd"))) {
            missing.add("the sources of l3fwd (Debian: dpdk-doc)");
        }
        if (!Files.isExecutable(Path.of("/usr/bin/dpdk-testpmd"))) {
            missing.add("dpdk-testpmd (Debian: dpdk)");
        }
        if (!Files.isDirectory(checkout.resolve("marllb-dataplane/src/main/c"))) {
            missing.add("a checkout (looked in " + checkout + ")");
        }
        String free = Files.readAllLines(Path.of("/proc/meminfo")).stream()
                .filter(l -> l.startsWith("HugePages_Free"))
                .findFirst()
                .orElse("0");
        if (Integer.parseInt(free.replaceAll("\\D", "")) < HUGEPAGES) {
            missing.add(
                    HUGEPAGES + " free hugepages (echo 512 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages)");
        }
        if (!missing.isEmpty()) {
            throw new IllegalArgumentException("the packet suite lacks " + String.join("; ", missing));
        }
    }

    private void build() throws IOException {
        Path native_ = folder.resolve("native");
        run("cmake", "-S", checkout.resolve("marllb-dataplane/src/main/c").toString(), "-B", native_.toString());
        run("cmake", "--build", native_.toString(), "--target", "marllb-dpdk");
        program = native_.resolve("dpdk/marllb-dpdk");
        if (!Files.isExecutable(program)) {
            throw new IllegalArgumentException(
                    "the DPDK program was not built; libdpdk is missing (Debian: libdpdk-dev)");
        }
        meter = folder.resolve("meter.so");
        List<String> gcc = new ArrayList<>(List.of("gcc", "-O2", "-shared", "-fPIC", "-o", meter.toString()));
        gcc.add(checkout.resolve("marllb-bench/src/peers/dpdk/meter.c").toString());
        gcc.addAll(
                Arrays.asList(run("pkg-config", "--cflags", "libdpdk").strip().split("\\s+", -1)));
        gcc.addAll(List.of("-ldl", "-lpthread"));
        run(gcc.toArray(String[]::new));
        // In a copy: the package's own folder is not ours to build in.
        run(
                "cp",
                "-r",
                EXAMPLES.resolve("l3fwd").toString(),
                EXAMPLES.resolve("common").toString(),
                folder.toString());
        run("make", "-C", folder.resolve("l3fwd").toString());
        l3fwd = folder.resolve("l3fwd/build/l3fwd");
    }

    private String run(String... command) throws IOException {
        Path log = folder.resolve("build.log");
        Process p = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (await(p, BUILD_SECONDS) != 0) {
            throw new IllegalArgumentException("'" + String.join(" ", command) + "' failed: "
                    + Files.readString(log).strip());
        }
        return Files.readString(log);
    }

    private static int await(Process p, long seconds) {
        try {
            if (!p.waitFor(seconds, TimeUnit.SECONDS)) {
                p.destroyForcibly();
                throw new IllegalStateException(
                        p.info().commandLine().orElse("a program") + " did not end within " + seconds + " s");
            }
            return p.exitValue();
        } catch (InterruptedException e) {
            p.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private void writeConfig(String mode) throws IOException {
        StringBuilder s = new StringBuilder(String.format(Locale.ROOT, """
                [vip]
                address  = 198.18.0.1
                port     = 80
                protocol = tcp
                mode     = %s
                [port]
                address = 198.18.0.2/16
                idle    = poll
                [flows]
                size = %d
                [control]
                segment = %s
                """, mode, TABLE, folder.resolve("segment")));
        for (int j = 1; j <= SERVERS; j++) {
            s.append(String.format(Locale.ROOT, "[server]\naddress = 198.18.1.%d\nmac = 02:00:00:00:01:%02x\n", j, j));
        }
        Files.writeString(folder.resolve(mode + ".conf"), s, StandardCharsets.US_ASCII);
    }

    private List<String> command(Case c) {
        String pcap = "net_pcap0,rx_pcap=" + folder.resolve("flows.pcap") + ",infinite_rx=1";
        List<String> sink = List.of("--in-memory", "-m", "256", "--no-pci", "--vdev", pcap);
        List<String> all = new ArrayList<>();
        switch (c) {
            case L3FWD -> {
                all.add(l3fwd.toString());
                all.addAll(sink);
                all.addAll(List.of(
                        "-l", "1", "--", "-p", "1", "-E", "-P", "--parse-ptype", "--no-numa", "--config", "(0,0,1)"));
                all.addAll(List.of("--rule_ipv4", folder.resolve("routes.cfg").toString()));
                all.addAll(List.of(
                        "--rule_ipv6", folder.resolve("l3fwd/em_default_v6.cfg").toString()));
            }
            case MACSWAP -> {
                all.add("/usr/bin/dpdk-testpmd");
                all.addAll(sink);
                all.addAll(List.of("-l", "0,1", "--main-lcore", "0", "--", "--forward-mode=macswap", "--auto-start"));
                all.addAll(List.of("--no-lsc-interrupt", "--total-num-mbufs=16384"));
            }
            default -> {
                all.add(program.toString());
                all.addAll(sink);
                all.addAll(List.of("-l", "1", "--", "--config"));
                all.add(folder.resolve(c == Case.NAT_FEATURES ? "nat.conf" : "dsr.conf")
                        .toString());
                if (c == Case.DSR) {
                    all.add("--no-features");
                }
            }
        }
        return all;
    }

    private double measure(Case c) throws IOException {
        Path log = folder.resolve(c.id() + ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command(c)).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().put("LD_PRELOAD", meter.toString());
        builder.environment().put("METER_WARMUP_MS", Long.toString(WARMUP_MILLIS));
        builder.environment().put("METER_MS", Integer.toString(millis));
        Process p = builder.start(); // its input stays open: testpmd ends when that does
        await(p, millis / 1000 + SPARE_SECONDS);
        Matcher m = METER.matcher(Files.readString(log));
        if (!m.find()) {
            throw new IllegalStateException(
                    c.id() + " was not measured: " + Files.readString(log).strip());
        }
        return Double.parseDouble(m.group(1)) / (Double.parseDouble(m.group(3)) * 1e-9);
    }

    private static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }
}
