package io.marllb.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TerminalTableTest {

    private static Ranking ranking() {
        return Ranking.of(MadeUp.result(
                MadeUp.policy("sed", false, 10, 12, 11, 13, 14),
                MadeUp.policy("lsq", false, 14, 9, 13, 11, 13.5),
                MadeUp.losing("ecmp:with=a:very=long:name=indeed", false, 100, 40, 42, 41, 43, 44),
                MadeUp.policy("oracle-sed", true, 9, 11, 10, 12, 13)));
    }

    @Test
    void showsEverythingWhereThereIsRoom() {
        String text = TerminalTable.render(ranking(), List.of("A note."), 160, false);

        assertThat(text).isEqualTo("""
                        pair: 2 servers, 1 balancer; 5 seeds of 1,000 flows after warm-up, the same for every policy
                          A note.

                        policy                             mean ms         95 % CI    p50    p99  rejected   jain  ns/choice   vs sed        95 % CI         p
                        sed                                  12.00  [10.04, 13.96]  50.00  99.02         0  0.900         40      1
                        lsq                                  12.10  [9.525, 14.67]  50.00  99.02         0  0.900         40  1.002 =  [0.734, 1.370]     0.98
                        ecmp:with=a:very=long:name=indeed    42.00  [40.04, 43.96]  50.00  99.02    10.0 %  0.900         40   3.52      [3.13, 3.97]  < 0.001
                        --------------------------------------------------------------------------------------------------------------------------------------
                        oracle-sed *                         11.00  [9.037, 12.96]  50.00  99.02         0  0.900         40  0.915    [0.901, 0.930]  < 0.001
                        * oracle: sees what no real balancer can
                        = not told apart from sed (paired t-test, Holm, 5 %)

                        sed has the lowest mean response time, 12.00 ms, but lsq cannot be told from it. Paired over 5 seeds, Holm-corrected p = 0.98. All others are slower:
                        ecmp:with=a:very=long:name=indeed, the next, by a factor of 3.5. More seeds may tell.

                        Headroom: mean relative to the all-seeing oracle-sed
                          weights unknown (lsq)    1.095  [0.792, 1.514]
                          weights known (sed)      1.092  [1.076, 1.109]
                          all-seeing (oracle-sed)  1.000
                          sed goes 3 % of the way from lsq to oracle-sed.
                        ! Means cover completed flows only: ecmp:with=a:very=long:name=indeed (10.0 %) rejected flows that others completed, so its mean flatters it.
                        ! The interval of sed overlaps that of lsq, and the paired test finds no difference either.
                        """);
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 60, 80, 100, 120})
    void linesFitTheTerminal(int width) {
        String text = TerminalTable.render(ranking(), List.of(), width, false);

        assertThat(text.lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(width));
        assertThat(text).contains("mean ms").contains("oracle-sed *").contains("12.00");
    }

    @Test
    void leavesOutTheLeastImportantColumnsFirst() {
        String text = TerminalTable.render(ranking(), List.of(), 100, false);

        assertThat(text).contains("p99").contains("vs sed").doesNotContain("ns/choice");
    }

    @Test
    void usesColoursOnlyWhenAsked() {
        assertThat(TerminalTable.render(ranking(), List.of(), 120, false)).doesNotContain("\u001b");
        assertThat(TerminalTable.render(ranking(), List.of(), 120, true)).contains("\u001b[1msed");
    }

    @Test
    void survivesPoliciesThatCompletedNothing() {
        Ranking dead = Ranking.of(
                MadeUp.result(MadeUp.policy("dead", false, List.of(MadeUp.seed(1, 1000, Double.NaN, List.of())))));

        assertThat(TerminalTable.render(dead, List.of(), 80, false)).contains("No policy completed a flow.");
    }
}
