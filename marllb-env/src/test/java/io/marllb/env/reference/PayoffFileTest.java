package io.marllb.env.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PayoffFileTest {

    @TempDir
    private Path folder;

    private Path file(String text) throws IOException {
        return Files.writeString(folder.resolve("game.yaml"), text, StandardCharsets.UTF_8);
    }

    @Test
    void readsYamlAndJsonAlike() throws IOException {
        MatrixGame flow = MatrixGame.read(file("payoff: [[11, -30, 0], [-30, 7, 6], [0, 0, 5]]\n"));
        MatrixGame block = MatrixGame.read(
                file("# climbing\nrounds: 25\npayoff:\n- [11, -30, 0]\n- [-30, 7., 6e0]\n- - 0\n  - +0\n  - 5\n"));
        MatrixGame json = MatrixGame.read(file("{\"payoff\": [[11,-30,0],[-30,7,6],[0,0,5]], \"rounds\": 3}"), 2);

        for (MatrixGame game : List.of(flow, block, json)) {
            assertThat(game.payoff(0, 0)).isEqualTo(11);
            assertThat(game.payoff(1, 2)).isEqualTo(6);
            assertThat(game.payoff(2, 2)).isEqualTo(5);
        }
        assertThat(flow.render()).contains("of 1,");
        assertThat(block.render()).contains("of 25,");
        assertThat(json.render()).contains("of 2,");
    }

    @Test
    void readsAnyNumberOfAgents() throws IOException {
        assertThat(MatrixGame.read(file("payoff: [1, 2, 3]")).payoff(2)).isEqualTo(3);
        MatrixGame four = MatrixGame.read(file("payoff: [[[[1, 2]], [[3, 4]]]]"));
        assertThat(four.possibleAgents()).hasSize(4);
        assertThat(four.payoff(0, 1, 0, 1)).isEqualTo(4);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "payof: [[1]]                        | :1:1: unknown key 'payof'; did you mean 'payoff'?",
                "rounds: 3                           | : has no key payoff",
                "[[1, 2]]                            | :1:1: must be a mapping with the key payoff",
                "payoff: 7                           | :1:9: payoff must be a list, but was 7.0",
                "payoff: [[1, 2], [3]]               | :1:18: has 1 entries, but the first list at this depth has 2",
                "payoff: [[1, 2], 3]                 | :1:18: a number where others have a list",
                "payoff: [1, [2]]                    | :1:13: a list where others have a number",
                "payoff: [[1, x], [3, 4]]            | :1:14: a payoff must be a number such as -2.5, but was 'x'",
                "payoff: [[1, '2'], [3, 4]]          | :1:14: a payoff must be a number such as -2.5, but was '2'",
                "payoff: [[1, .nan], [3, 4]]         | :1:14: a payoff must be a number such as -2.5, but was '.nan'",
                "payoff: [[1, 1e999], [3, 4]]        | :1:14: a payoff must be finite, but was Infinity",
                "payoff: [[1, 2], []]                | :1:18: is empty",
                "payoff: [[1, {a: 2}], [3, 4]]       | :1:14: must be a number or a list, but was a mapping",
                "payoff: [&a [1, 2], *a]             | :1:21: must be a number or a list, but was an alias",
                "payoff: [[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]] | nested deeper than 16",
                "payoff: [[1, 2], [3, 4]             | not valid YAML",
                "~payoff: [1]\nrounds: 0~            | :2:9: rounds must be a whole number >= 1, but was '0'",
                "~payoff: [1]\npayoff: [2]~          | :2:1: payoff is given twice",
                "~ ~                                 | : is empty",
            })
    void errorsNamePlaceValueAndRule(String text, String expected) throws IOException {
        Path game = file(text);

        assertThatThrownBy(() -> MatrixGame.read(game))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(game.toString())
                .hasMessageContaining(expected);
    }

    @Test
    void reportsSeveralProblemsAtOnce() throws IOException {
        Path game = file("payoff: [[1, a], [b, 4], [5]]");

        assertThatThrownBy(() -> MatrixGame.read(game))
                .hasMessageContaining("'a'")
                .hasMessageContaining("'b'")
                .hasMessageContaining("has 1 entries");
    }

    @Test
    void refusesMissingBinaryAndNestedFilesWithoutAStackOverflow() throws IOException {
        assertThatThrownBy(() -> MatrixGame.read(folder.resolve("none.yaml")))
                .hasMessageContaining("there is no such file");
        Path binary = Files.write(folder.resolve("b.yaml"), new byte[] {(byte) 0xff, (byte) 0xfe, 0, 1});
        assertThatThrownBy(() -> MatrixGame.read(binary)).hasMessageContaining("not UTF-8");
        Path deep = file("payoff: " + "[".repeat(100_000));
        assertThatThrownBy(() -> MatrixGame.read(deep)).hasMessageContaining("nested deeper than 16");
    }

    @Test
    void nestedListsInMemoryNameTheEntry() {
        assertThatThrownBy(() -> MatrixGame.of(List.of(List.of(1, 2), List.of(3)), 1))
                .hasMessageContaining("payoff[1]: has 1 entries");
        assertThatThrownBy(() -> MatrixGame.of(List.of(List.of(1, Double.NaN), List.of(3, 4)), 1))
                .hasMessageContaining("payoff[0][1]: a payoff must be finite, but was NaN");
        assertThatThrownBy(() -> MatrixGame.of(List.of(), 1)).hasMessageContaining("payoff: is empty");
        assertThatThrownBy(() -> MatrixGame.of(List.of(1, 2), 0))
                .hasMessageContaining("rounds must be >= 1, but was 0");
    }
}
