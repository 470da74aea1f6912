package io.marllb.cli;

/** Logs of commands that run for long: one line per event with its time, unless the JVM was told otherwise. */
final class OneLineLog {

    private static final String FORMAT_PROPERTY = "java.util.logging.SimpleFormatter.format";
    private static final String LINE = "%1$tFT%1$tT.%1$tL%1$tz level=%4$s %5$s%6$s%n";

    private OneLineLog() {}

    /** Before the first event is logged. */
    static void use() {
        if (System.getProperty(FORMAT_PROPERTY) == null) {
            System.setProperty(FORMAT_PROPERTY, LINE);
        }
    }
}
