package io.marllb.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import picocli.CommandLine.IVersionProvider;

/** Version of the program, the revision that it was built from, and the Java that runs it. */
final class Version implements IVersionProvider {

    private static final String UNPACKAGED = "unpackaged";

    @Override
    public String[] getVersion() {
        return new String[] {program(), "Java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")"};
    }

    /** Such as {@code marllb 0.1.0 (4f2a9c1)}; "unpackaged" when it runs from a folder of classes. */
    static String program() {
        String version = manifest().getValue("Implementation-Version");
        return "marllb " + (version == null ? UNPACKAGED : version) + " (" + revision() + ")";
    }

    /** The source revision that the jar was built from, or "unknown". */
    static String revision() {
        String revision = manifest().getValue("Implementation-Build");
        return revision == null ? "unknown" : revision;
    }

    private static Attributes manifest() {
        URL self = Version.class.getResource("Version.class");
        if (self == null || !"jar".equals(self.getProtocol())) {
            return new Attributes();
        }
        String jar = self.toString();
        try (InputStream in = new URL(jar.substring(0, jar.indexOf("!/") + 2) + "META-INF/MANIFEST.MF").openStream()) {
            return new Manifest(in).getMainAttributes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
