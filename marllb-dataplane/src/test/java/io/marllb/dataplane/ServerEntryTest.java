package io.marllb.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerEntryTest {

    @ParameterizedTest
    @CsvSource({
        "10.0.0.1:80,         10.0.0.1:80,     1",
        "10.0.0.1:80=2.5,     10.0.0.1:80,     2.5",
        "[::1]:8080=3,        [0:0:0:0:0:0:0:1]:8080, 3",
        "localhost:81=0.25,   127.0.0.1:81,    0.25"
    })
    void readsAddressNameAndWeight(String text, String address, double weight) {
        ServerEntry server = ServerEntry.parse(3, text);

        assertThat(server.address().orElseThrow()).hasToString(address);
        assertThat(server.weight()).isEqualTo(weight);
        assertThat(server.slot()).isEqualTo(3);
        assertThat(text).startsWith(server.name());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"10.0.0.1", "10.0.0.1:", ":80", "10.0.0.1:80=", "10.0.0.1:80=0", "10.0.0.1:80=x", "", "a:b"})
    void refusesAnythingElse(String text) {
        assertThatThrownBy(() -> ServerEntry.parse(0, text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void saysThatANameIsUnknown() {
        assertThatThrownBy(() -> ServerEntry.parse(0, "no-such-host.invalid:80"))
                .hasMessageContaining("nobody knows 'no-such-host.invalid:80'")
                .hasMessageContaining("getent");
    }
}
