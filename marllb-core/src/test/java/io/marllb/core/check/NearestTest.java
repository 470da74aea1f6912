package io.marllb.core.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {

    private static final List<String> RULES =
            List.of("sed", "sed2", "lsq", "lsq2", "least-request", "peak-ewma", "maglev");

    @Test
    void findsOneSlipOfEachKind() {
        assertThat(Nearest.name("maglv", RULES)).contains("maglev"); // missing
        assertThat(Nearest.name("magglev", RULES)).contains("maglev"); // doubled
        assertThat(Nearest.name("mablev", RULES)).contains("maglev"); // replaced
        assertThat(Nearest.name("malgev", RULES)).contains("maglev"); // swapped
        assertThat(Nearest.name("MAGLEV", RULES)).contains("maglev"); // case
    }

    @Test
    void swapOfNeighboursIsOneEdit() {
        assertThat(Nearest.name("esd", List.of("sed")))
                .contains("sed"); // two edits would be too many for three letters
    }

    @Test
    void toleratesAThirdOfTheLengthAndNotMore() {
        assertThat(Nearest.name("abcdef", List.of("abcdxx"))).contains("abcdxx");
        assertThat(Nearest.name("abcdef", List.of("abcxxx"))).isEmpty();
        assertThat(Nearest.name("ab", List.of("xy"))).isEmpty();
        assertThat(Nearest.name("a", List.of("b"))).contains("b");
    }

    @Test
    void nearestWinsAndTiesGoToTheFirst() {
        assertThat(Nearest.name("lsq3", RULES)).contains("lsq");
        assertThat(Nearest.name("sed2x", RULES)).contains("sed2");
        assertThat(Nearest.name("lsq3", List.of("lsq2", "lsq"))).contains("lsq2");
    }

    @Test
    void hintNamesTheNearestOrAll() {
        assertThat(Nearest.hint("leastrequest", RULES)).isEqualTo("; did you mean 'least-request'?");
        assertThat(Nearest.hint("quantum", List.of("sed", "lsq"))).isEqualTo("; valid are sed, lsq");
    }

    @Test
    void emptyNameAndNoCandidateAreNoTrouble() {
        assertThat(Nearest.name("", List.of())).isEmpty();
        assertThat(Nearest.name("", List.of("sed"))).isEmpty();
    }
}
