package io.marllb.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import picocli.CommandLine.IVersionProvider;

/** Version of the program, the revision that it was built from, and the Java that runs it. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() throws IOException {
        return new String[] {program(), "Java " + Runtime.version() + " (" + System.getProperty("java.vendor") + ")"};
    }

    /** Such as {@code marllb 0.1.0 (4f2a9c1)}; "unpackaged" when it runs from a folder of classes. */
    static String program() throws IOException {
        URL self = Version.class.getResource("Version.class");
        if (self == null || !"jar".equals(self.getProtocol())) {
            return "marllb (unpackaged)";
        }
        String jar = self.toString();
        URL manifest = new URL(jar.substring(0, jar.indexOf("!/") + 2) + "META-INF/MANIFEST.MF");
        try (InputStream in = manifest.openStream()) {
            Attributes attributes = new Manifest(in).getMainAttributes();
            return "marllb " + attributes.getValue("Implementation-Version") + " ("
                    + attributes.getValue("Implementation-Build") + ")";
        }
    }
}
