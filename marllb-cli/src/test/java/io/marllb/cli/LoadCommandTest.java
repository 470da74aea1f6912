package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LoadCommandTest {

    private static final byte[] BODY = "0123456789".getBytes(StandardCharsets.US_ASCII);

    private HttpServer server;
    private String url;

    @TempDir
    private Path folder;

    /** Knows no ranges. */
    @BeforeEach
    void serve() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, BODY.length);
            exchange.getResponseBody().write(BODY);
            exchange.close();
        });
        server.start();
        url = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    @Test
    void everyRequestIsAnsweredAndTheResultIsAllThatStandardOutputHas() throws IOException {
        Path csv = folder.resolve("requests.csv");

        Cli run = Cli.run(
                "load",
                "--target",
                url,
                "--rate",
                "500",
                "--duration",
                "60s",
                "--flows",
                "20",
                "--json",
                "-",
                "--csv",
                "" + csv);

        assertThat(run.exitCode()).as(run.err()).isZero();
        JsonNode json = new ObjectMapper().readTree(run.out());
        assertThat(json.get("flows").asInt()).isEqualTo(20);
        assertThat(json.get("completed").asInt()).isEqualTo(20);
        assertThat(json.get("fct_ms").get("p99").asDouble()).isPositive();
        assertThat(Files.readAllLines(csv)).hasSize(21).first().isEqualTo("due_s,class,bytes,late_ms,fct_ms,outcome");
    }

    @Test
    void aTraceIsPlayedToItsEnd() throws IOException {
        Path trace = Files.writeString(folder.resolve("trace.csv"), "time_s\n0\n0.01\n0.02\n");

        Cli run = Cli.run("load", "--target", url, "--trace", "" + trace, "--scale", "2");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).contains("3 requests were due").contains("3 answered, 0 failed");
    }

    @Test
    void whatFailedIsSaidWithTheReasonAndIsAFailure() {
        Cli run = Cli.run("load", "--target", url, "--rate", "500", "--flows", "3", "--duration", "60s", "--size", "5");

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.out())
                .contains("failed, another length than was asked for (the server knows no ranges, or has less): 3");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "; give either --rate or --trace",
                "--rate 1 --trace x.csv; give either --rate or --trace",
                "--rate 1 --size 5 --bytes-per-second 5; give --size or --bytes-per-second, not both",
                "--rate 1 --size 0; --size must be >= 1, but was 0",
                "--rate 1 --flows 0; --flows must be >= 1, but was 0",
                "--rate -1; rate must be",
                "--rate 1 --max-open 0; mostOpen must be",
                "--rate 1 --duration 0s; must be",
                "--rate 1 --json no/such/folder/x.json; there is no folder",
                "--trace no-such.csv; no-such.csv does not exist"
            })
    void badInputIsSaidBeforeAnythingIsSent(String options, String message) {
        String all = "load --target " + url + (options == null ? "" : " " + options);

        Cli run = Cli.run(all.split(" ", -1));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines()).singleElement().asString().contains(message);
        assertThat(run.out()).isEmpty();
    }
}
