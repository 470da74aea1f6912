package io.marllb.bench.packets;

import io.marllb.bench.process.ProgramException;
import io.marllb.bench.process.Programs;
import io.marllb.bench.process.ScratchFolder;
import io.marllb.bench.statistics.Median;
import io.marllb.core.check.Checks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
    private static final int LEAST_MILLIS = 100;
    private static final Duration BUILD = Duration.ofMinutes(10);
    private static final double LEAST_SENT = 0.99; // of what was received; a burst or two are under way
    private static final long SPARE_MILLIS = 30_000;
    private static final long WARMUP_MILLIS = 700;
    private static final String SOURCES = "marllb-dataplane/src/main/c";
    private static final String TESTPMD = "dpdk-testpmd";
    private static final Path FREE_HUGEPAGES = Path.of("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
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
            return Median.of(ratios);
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
     * Builds all of it and runs it. What it builds is removed in the end.
     *
     * @param checkout root of the sources
     * @param rounds how often each case is run, {@code >= 1}
     * @param millis how long each time, {@code >= 100}
     * @param progress told the share that is done
     * @return the rates
     * @throws ProgramException if something can't be built or run, with what it said
     */
    public static Result run(Path checkout, int rounds, int millis, DoubleConsumer progress) {
        new Checks("packets")
                .atLeast("rounds", rounds, 1)
                .atLeast("millis", millis, LEAST_MILLIS)
                .throwIfAny();
        Path folder = ScratchFolder.create("marllb-bench-packets");
        PacketSuite suite = new PacketSuite(checkout, folder, millis);
        try {
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
        } finally {
            ScratchFolder.delete(folder);
        }
    }

    /**
     * What this machine lacks.
     *
     * @param checkout root of the sources
     * @return a phrase each, with what to do; empty if the suite can be run
     */
    public static List<String> missing(Path checkout) {
        List<String> missing = new ArrayList<>();
        for (String tool : List.of("gcc", "cmake", "make", "pkg-config")) {
            if (Programs.find(tool).isEmpty()) {
                missing.add(tool + " (Debian: " + tool + ")");
            }
        }
        if (!Files.isDirectory(EXAMPLES.resolve("l3fwd"))) {
            missing.add("l3fwd, which is built from its sources (Debian: dpdk-doc)");
        }
        if (Programs.find(TESTPMD).isEmpty()) {
            missing.add(TESTPMD + " (Debian: dpdk)");
        }
        if (!Files.isDirectory(checkout.resolve(SOURCES))) {
            missing.add("checkout (looked in " + checkout + "; --sources names another)");
        }
        long free = freeHugepages();
        if (free < HUGEPAGES) {
            missing.add(HUGEPAGES + " free hugepages of 2 MB, there are " + free
                    + " (echo 512 > /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages, as root)");
        }
        return missing;
    }

    private static long freeHugepages() {
        try {
            return Long.parseLong(Files.readString(FREE_HUGEPAGES).strip());
        } catch (IOException e) { // this kernel has none
            return 0;
        }
    }

    private void build() {
        Path native_ = folder.resolve("native");
        build("cmake", "-S", checkout.resolve(SOURCES).toString(), "-B", native_.toString());
        build("cmake", "--build", native_.toString(), "--target", "marllb-dpdk");
        program = native_.resolve("dpdk/marllb-dpdk");
        if (!Files.isExecutable(program)) {
            throw new ProgramException("the DPDK program was not built; libdpdk is missing (Debian: libdpdk-dev)");
        }
        meter = folder.resolve("meter.so");
        List<String> gcc = new ArrayList<>(List.of("gcc", "-O2", "-shared", "-fPIC", "-o", meter.toString()));
        gcc.add(checkout.resolve("marllb-bench/src/peers/dpdk/meter.c").toString());
        gcc.addAll(
                Arrays.asList(build("pkg-config", "--cflags", "libdpdk").strip().split("\\s+", -1)));
        gcc.addAll(List.of("-ldl", "-lpthread"));
        build(gcc.toArray(String[]::new));
        // In a copy: the package's own folder is not ours to build in.
        build(
                "cp",
                "-r",
                EXAMPLES.resolve("l3fwd").toString(),
                EXAMPLES.resolve("common").toString(),
                folder.toString());
        build("make", "-C", folder.resolve("l3fwd").toString());
        l3fwd = folder.resolve("l3fwd/build/l3fwd");
    }

    private static String build(String... command) {
        return Programs.run(BUILD, List.of(command));
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
                all.add(TESTPMD);
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
        List<String> all = new ArrayList<>(List.of("env", "LD_PRELOAD=" + meter));
        all.addAll(List.of("METER_WARMUP_MS=" + WARMUP_MILLIS, "METER_MS=" + millis));
        all.addAll(command(c));
        Process p = Programs.start(log, all);
        boolean ended;
        try {
            ended = p.waitFor(WARMUP_MILLIS + millis + SPARE_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ProgramException("interrupted while " + c.id() + " ran", e);
        } finally {
            Programs.kill(p);
        }
        String said = Files.readString(log);
        Matcher m = METER.matcher(said);
        if (!ended || !m.find()) {
            throw new ProgramException(c.id() + " was not measured: " + said.strip());
        }
        double received = Double.parseDouble(m.group(1));
        double sent = Double.parseDouble(m.group(2));
        if (!(sent >= LEAST_SENT * received)) {
            throw new ProgramException(String.format(
                    Locale.ROOT,
                    "%s sent only %.0f of %.0f packets; to drop them is faster than to carry them, so this is no measurement: %s",
                    c.id(),
                    sent,
                    received,
                    said.strip()));
        }
        return received / (Double.parseDouble(m.group(3)) * 1e-9);
    }
}
