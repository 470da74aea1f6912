package io.marllb.cli;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says what this machine offers, and what to do about what it lacks. */
@Command(
        name = "doctor",
        description = {
            "Looks at this machine: what works, what is missing and how to get it.",
            "What live traffic, its tests and its measurements use beyond Java is told apart: marllb does without."
        },
        exitCodeList = {"0:everything that marllb needs is there", "1:something is missing", "2:bad input"},
        footer = {"", "Example: marllb doctor"})
final class DoctorCommand implements Callable<Integer> {

    private static final long SMALLEST_HEAP_MIB = 256;

    private final Terminal terminal;

    @Spec
    private CommandSpec spec;

    DoctorCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        Diagnosis diagnosis = new Diagnosis();
        diagnosis.found("program", Version.program());
        diagnosis.found(
                "java",
                Runtime.version() + " (" + System.getProperty("java.vendor") + ", " + System.getProperty("java.home")
                        + ")");
        diagnosis.found("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
        int processors = Runtime.getRuntime().availableProcessors();
        diagnosis.found("processors", processors + " (replay --threads goes up to this)");
        long heap = Runtime.getRuntime().maxMemory() >> 20;
        diagnosis.check(
                "memory", heap >= SMALLEST_HEAP_MIB, heap + " MiB for Java", "give it more: MARLLB_OPTS=-Xmx1g");
        diagnosis.check(
                "charts",
                canDrawText(),
                "can draw text",
                "reports need fonts; on Debian: apt-get install fontconfig fonts-dejavu-core libfreetype6");
        diagnosis.check(
                "shell",
                ModuleLayer.boot().findModule("jdk.jshell").isPresent(),
                "JShell is there",
                "marllb shell needs a full JDK, this is a reduced runtime");
        Path temporary = Path.of(System.getProperty("java.io.tmpdir"));
        diagnosis.check(
                "temporary files",
                Files.isWritable(temporary),
                temporary.toString(),
                "cannot write to " + temporary + "; set another: MARLLB_OPTS=-Djava.io.tmpdir=FOLDER");
        PrintWriter out = spec.commandLine().getOut();
        diagnosis.table.print(out, terminal.columns());
        out.println();
        TextTable live = new TextTable("for live traffic", "state", "detail");
        NativeTools.look().forEach(f -> live.row(f.what(), f.there() ? "ok" : "absent", f.detail()));
        live.print(out, terminal.columns());
        return diagnosis.healthy ? 0 : 1;
    }

    /** Headless Java without font libraries fails only when the first letter is drawn, and with an error, not an exception. */
    private static boolean canDrawText() {
        BufferedImage image = new BufferedImage(40, 20, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        try {
            graphics.setColor(Color.WHITE);
            graphics.drawString("x", 10, 15);
        } catch (LinkageError | RuntimeException e) {
            return false;
        } finally {
            graphics.dispose();
        }
        for (int x = 0; x < image.getWidth(); x++) {
            for (int y = 0; y < image.getHeight(); y++) {
                if ((image.getRGB(x, y) & 0xffffff) != 0) {
                    return true;
                }
            }
        }
        return false;
    }

    /** The table so far, and whether anything was missing. */
    private static final class Diagnosis {
        private final TextTable table = new TextTable("what", "state", "detail");
        private boolean healthy = true;

        void found(String what, String detail) {
            table.row(what, "ok", detail);
        }

        void check(String what, boolean ok, String detail, String remedy) {
            table.row(what, ok ? "ok" : "MISSING", ok ? detail : remedy);
            healthy &= ok;
        }
    }
}
