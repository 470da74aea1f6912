package io.marllb.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class WrkTest {

    @Test
    void readsARunWithoutFailures() {
        Wrk run = Wrk.parse("""
                Running 5s test @ http://127.0.0.1:8080/
                  1 threads and 32 connections
                  Thread Stats   Avg      Stdev     Max   +/- Stdev
                    Latency   610.05us    1.05ms  27.27ms   97.41%
                    Req/Sec    62.12k     9.97k   78.31k    78.00%
                  308892 requests in 5.01s, 63.63MB read
                Requests/sec:  61655.49
                Transfer/sec:     12.70MB
                """);

        assertThat(run).isEqualTo(new Wrk(308_892, 61_655.49, 0));
    }

    @Test
    void countsEveryKindOfFailure() {
        Wrk run = Wrk.parse("""
                  100 requests in 5.01s, 63.63MB read
                  Socket errors: connect 1, read 20, write 300, timeout 4000
                  Non-2xx or 3xx responses: 50000
                Requests/sec:     19.99
                """);

        assertThat(run.failed()).isEqualTo(54_321);
    }

    @Test
    void refusesAnythingElse() {
        assertThatThrownBy(() -> Wrk.parse("unable to connect to 127.0.0.1:8080 Connection refused"))
                .hasMessageContaining("unable to connect");
    }
}
