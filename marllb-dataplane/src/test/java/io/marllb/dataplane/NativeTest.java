package io.marllb.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * The tests in C, each as a test of its own: ctest runs them, and its verdict is ours. One that returns 77 is skipped with what it
 * printed. {@code REQUIRE_DPDK=1} makes the absence of the libraries they need a failure.
 */
class NativeTest {

    private static final String RETURNED_SKIPPED = "SKIP_RETURN_CODE"; // as ctest says that it returned 77
    private static final String TEST_SECONDS = "300"; // of one test, where it sets no limit of its own
    private static final Duration PATIENCE = Duration.ofMinutes(10); // for all of one build

    /** What ctest says of one test. */
    record Verdict(String name, String status, String skipped, String output) {

        @Override
        public String toString() {
            return name;
        }

        void check() {
            if (skipped.startsWith(RETURNED_SKIPPED)) {
                abort(name + ": " + output);
            }
            assertThat(status).as("%s %s: %s", name, skipped, output).isEqualTo("run");
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("plain")
    void passes(Verdict verdict) {
        verdict.check();
    }

    static List<Verdict> plain() throws Exception {
        return verdicts("", "core|dpdk");
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource("addresses")
    void passesUnderTheSanitizersOfAddressesAndUndefinedBehaviour(Verdict verdict) {
        verdict.check();
    }

    static List<Verdict> addresses() throws Exception {
        return verdicts("address,undefined", "core|dpdk");
    }

    @Tag("slow")
    @ParameterizedTest(name = "{0}")
    @MethodSource("threads")
    void passesUnderTheSanitizerOfThreads(Verdict verdict) {
        verdict.check();
    }

    static List<Verdict> threads() throws Exception {
        return verdicts("thread", "threads");
    }

    @Test
    void librariesOfTheTestsAreThere() throws Exception {
        requireLibrary("libdpdk >= 22.11", "the DPDK program was not tested (Debian: libdpdk-dev)");
        requireLibrary("cmocka", "the tests in C that use it were not built (Debian: libcmocka-dev)");
    }

    private static void requireLibrary(String library, String consequence) throws Exception {
        NativeBuild.require(hasLibrary(library), "pkg-config finds no " + library + ": " + consequence);
    }

    private static boolean hasLibrary(String library) throws IOException, InterruptedException {
        return NativeBuild.onPath("pkg-config")
                && NativeBuild.run(List.of("pkg-config", library), PATIENCE).status() == 0;
    }

    /** Runs the tests whose labels match. */
    private static List<Verdict> verdicts(String sanitizers, String labels) throws Exception {
        Path directory = NativeBuild.directory(sanitizers);
        Path report = directory.resolve("verdicts-" + labels.replace('|', '-') + ".xml");
        Files.deleteIfExists(report);
        List<String> command = new ArrayList<>();
        if (sanitizers.equals("thread") && canFixAddresses()) {
            command.addAll(List.of("setarch", "-R")); // its shadow memory does not fit every random layout
        }
        command.addAll(List.of("ctest", "--test-dir", directory + "", "--timeout", TEST_SECONDS));
        command.addAll(List.of("-L", "^(" + labels + ")$"));
        command.addAll(List.of("--output-junit", report + "", "--test-output-size-passed", "65536"));
        command.addAll(List.of("--test-output-size-failed", "65536"));
        NativeBuild.Result result = NativeBuild.run(command, PATIENCE);
        assertThat(report)
                .as("ctest ended with %d: %s", result.status(), result.output())
                .exists();
        List<Verdict> verdicts = parse(report);
        // A factory that gives nothing would leave no trace in the report.
        if (verdicts.isEmpty()) {
            String why = "no test in C has a label like " + labels;
            verdicts.add(
                    hasLibrary("cmocka")
                            ? new Verdict("none", "notrun", "", why)
                            : new Verdict("none", "notrun", RETURNED_SKIPPED, why + ", since cmocka is missing"));
        }
        return verdicts;
    }

    private static boolean canFixAddresses() throws IOException, InterruptedException {
        return NativeBuild.onPath("setarch")
                && NativeBuild.run(List.of("setarch", "-R", "true"), PATIENCE).status() == 0;
    }

    private static List<Verdict> parse(Path report) throws IOException, ParserConfigurationException, SAXException {
        DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
        factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
        factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
        NodeList cases = factory.newDocumentBuilder().parse(report.toFile()).getElementsByTagName("testcase");
        List<Verdict> verdicts = new ArrayList<>();
        for (int i = 0; i < cases.getLength(); i++) {
            Element test = (Element) cases.item(i);
            NodeList skipped = test.getElementsByTagName("skipped");
            NodeList output = test.getElementsByTagName("system-out");
            verdicts.add(new Verdict(
                    test.getAttribute("name"),
                    test.getAttribute("status"),
                    skipped.getLength() == 0 ? "" : ((Element) skipped.item(0)).getAttribute("message"),
                    output.getLength() == 0
                            ? ""
                            : output.item(0).getTextContent().strip()));
        }
        return verdicts;
    }
}
