package io.marllb.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class CsvResultsTest {

    @Test
    void hasOneRowPerPolicyAndSeed() {
        List<String> lines = CsvResults.of(
                        MadeUp.result(MadeUp.policy("a", false, 10, 12), MadeUp.policy("oracle-sed", true, 9, 11)))
                .lines()
                .toList();

        assertThat(lines).hasSize(5);
        assertThat(lines.get(0))
                .isEqualTo(
                        "scenario,policy,oracle,seed,flows,completed,rejected,aborted,in_flight_at_end,mean_ms,p99_ms,"
                                + "mean_ms_all,jain,mean_utilisation,events,other_events,signals_sent");
        assertThat(lines.get(1)).isEqualTo("pair,a,false,1,1000,1000,0,0,0,10.0,99.0,10.0,0.9,0.375,2000,300,7");
        assertThat(lines.get(4)).startsWith("pair,oracle-sed,true,2,");
    }

    @Test
    void leavesWhatNobodySawEmpty() {
        String csv = CsvResults.of(MadeUp.result(MadeUp.policy("a", false, List.of(MadeUp.seenFromOutside(1, 10e6)))));

        assertThat(csv).contains("\npair,a,false,1,1000,1000,0,0,0,10.0,99.0,10.0,,,2000,");
    }

    @Test
    void quotesWhatNeedsItAndLeavesTheMissingEmpty() {
        String csv = CsvResults.of(MadeUp.result(
                MadeUp.policy("odd,\"name\"", false, List.of(MadeUp.seed(1, 1000, Double.NaN, List.of())))));

        assertThat(csv).contains("\npair,\"odd,\"\"name\"\"\",false,1,1000,0,1000,0,0,,,,0.9,");
    }
}
