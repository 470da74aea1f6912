package io.marllb.bench.testbed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.marllb.bench.replay.SeedResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveRunTest {

    private static final String CSV = """
            due_s,class,bytes,late_ms,fct_ms,outcome
            0.300000000,b,10,0.100000,30.000000,ok
            0.100000000,a,10,9.000000,900.000000,ok
            0.200000000,a,10,0.200000,10.000000,ok
            0.400000000,b,10,0.300000,1.000000,other_length
            0.500000000,b,10,0.000000,0.000000,not_sent
            """;

    @TempDir
    private Path folder;

    @Test
    void requestsCountInTheOrderInWhichTheyWereDueAfterTheWarmup() throws IOException {
        Path csv = Files.writeString(folder.resolve("requests.csv"), CSV);

        LiveRun run = LiveRun.read(csv, List.of("a", "b"), 0.2, 0.01);

        SeedResult result = run.result(7, 2);
        assertThat(result.flows()).isEqualTo(4);
        assertThat(result.completed()).isEqualTo(2);
        assertThat(result.rejected()).isEqualTo(2);
        assertThat(result.meanFctNanos()).isCloseTo(20e6, within(1.0));
        List<Histogram> byClass = Stream.of("a", "b").map(c -> new Histogram(3)).toList();
        run.addTo(byClass);
        assertThat(byClass.get(0).getMaxValue()).isCloseTo(10_000_000, within(10_000L));
        assertThat(byClass.get(1).getTotalCount()).isEqualTo(1);
        assertThat(run.lateP99Nanos()).isCloseTo(300_000, within(300L));
    }
}
