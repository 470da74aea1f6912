package io.marllb.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.Outcome;
import io.marllb.core.Reduction;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchemaTest {

    private static Schema parse(String... lines) {
        return Schema.parse("x.txt", List.of(lines));
    }

    @Test
    void placesNumbersAtMultiplesOfTheirSizeAndRecordsAtTheirs() {
        Schema schema = parse(
                "const N 3 # three",
                "record small 16",
                "u64 a",
                "u8 b",
                "record big",
                "u8 a",
                "u32 b N",
                "small c 2",
                "u16 d");

        Schema.Shape small = schema.shape("small");
        Schema.Shape big = schema.shape("big");
        assertThat(small.size()).isEqualTo(16);
        assertThat(small.offset("b")).isEqualTo(8);
        assertThat(big.offset("b")).isEqualTo(4);
        assertThat(big.offset("c")).isEqualTo(16);
        assertThat(big.offset("d")).isEqualTo(48);
        assertThat(big.size()).isEqualTo(64);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "u8 a                      | x.txt:1: 'u8' stands before the first record",
                "const A                   | x.txt:1: const takes 2 words, but has 1",
                "const A 12x               | x.txt:1: '12x' is no number of 64 bits",
                "const A 1; const A 2      | x.txt:2: A exists already",
                "enum E A B A              | x.txt:1: A stands twice in enum E",
                "record r; u9 a            | x.txt:2: unknown type 'u9'; did you mean 'u8'?",
                "record r; u8 a; u8 a      | x.txt:3: field a stands twice",
                "record r; u8 a b c        | x.txt:2: a field is TYPE NAME [COUNT], but here are 4 words",
                "record r; u8 a 0          | x.txt:2: a count lies in [1, 1048576], but 0 is 0",
                "record r; u8 a M          | x.txt:2: 'M' is neither a number nor a constant",
                "record r; u8 1a           | x.txt:2: '1a' is no name",
                "record r 12; u8 a         | x.txt:1: a record lies at multiples of 8, 16, 32 or 64 bytes, not of 12",
                "record r; record s; u8 a  | x.txt: record r has no field",
            })
    void refusesWhatItDoesNotUnderstandAndNamesTheLine(String text, String message) {
        assertThatThrownBy(() -> parse(text.split("; ", -1)))
                .isInstanceOf(IllegalArgumentException.class)
                .message()
                .startsWith(message);
    }

    @Test
    void hashesWhatTheFileMeansAndNotHowItIsWritten() {
        long hash = parse("const N 3", "enum E A B", "record r", "u64 a").hash();

        assertThat(parse("# a comment", "const   N 3", "", "enum E  A B # another", "record r", "u64\ta")
                        .hash())
                .isEqualTo(hash);
        assertThat(Stream.of(
                                parse("const N 4", "enum E A B", "record r", "u64 a"),
                                parse("const N 3", "enum E B A", "record r", "u64 a"),
                                parse("const N 3", "enum E A B", "record r 16", "u64 a"),
                                parse("const N 3", "enum E A B", "record r", "f64 a"),
                                parse("const N 3", "enum E A B", "record r", "u64 b"),
                                parse("const N 3", "enum E A B", "record r", "u64 a", "u8 b"))
                        .map(Schema::hash))
                .doesNotContain(hash)
                .doesNotHaveDuplicates();
    }

    @Test
    void ourEnumsAreTheLayouts() {
        assertThat(names(ServerState.values())).isEqualTo(Layout.SCHEMA.enums().get("server_state"));
        assertThat(names(Rule.values())).isEqualTo(Layout.SCHEMA.enums().get("rule"));
        assertThat(names(CommandKind.values())).isEqualTo(Layout.SCHEMA.enums().get("command_kind"));
        assertThat(names(CommandResult.values()))
                .isEqualTo(Layout.SCHEMA.enums().get("command_result"));
        assertThat(names(EventKind.values())).isEqualTo(Layout.SCHEMA.enums().get("event_kind"));
        assertThat(names(Outcome.values())).isEqualTo(Layout.SCHEMA.enums().get("outcome"));
        assertThat(names(Drop.values())).isEqualTo(Layout.SCHEMA.enums().get("drop"));
        assertThat(names(Reading.values())).isEqualTo(Layout.SCHEMA.enums().get("reading"));
        assertThat(MsgOut.REDUCTIONS).isEqualTo(Reduction.values().length);
        assertThat(SegmentSpec.MAX_SERVERS).isEqualTo(Layout.SERVERS);
        assertThat(Drop.values()).hasSizeLessThanOrEqualTo(Layout.DROPS);
    }

    private static List<String> names(Enum<?>[] values) {
        return Arrays.stream(values).map(Enum::name).toList();
    }
}
