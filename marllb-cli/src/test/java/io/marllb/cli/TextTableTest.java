package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class TextTableTest {

    private static String print(TextTable table, int columns) {
        StringWriter out = new StringWriter();
        table.print(new PrintWriter(out), columns);
        return out.toString();
    }

    @Test
    void alignsNumbersToTheRightAndTextToTheLeft() {
        TextTable table = new TextTable("policy", ">mean").row("sed", "7.5").row("ecmp", "120.0");

        assertThat(print(table, Terminal.UNLIMITED))
                .isEqualTo("policy   mean\n------  -----\nsed       7.5\necmp    120.0\n");
    }

    @Test
    void wrapsTheLastColumnAtTheTerminalsEdge() {
        TextTable table = new TextTable("name", "what")
                .row("a", "one two three four five six")
                .row("b", "short");

        assertThat(print(table, 22))
                .isEqualTo(
                        "name  what\n----  ----------------\na     one two three\n      four five six\nb     short\n");
    }

    @Test
    void leavesLinesLongWhereThereIsNoRoomToWrap() {
        TextTable table = new TextTable("name", "what").row("a", "one two three four");

        assertThat(print(table, 12)).contains("a     one two three four\n");
    }

    @Test
    void keepsAWordThatIsTooLongWhole() {
        assertThat(TextTable.wrap("a loooooooong word", 6)).containsExactly("a", "loooooooong", "word");
    }

    @Test
    void refusesARowOfAnotherWidth() {
        TextTable table = new TextTable("a", "b");

        assertThatThrownBy(() -> table.row("1")).hasMessage("1 cells for 2 columns");
    }
}
