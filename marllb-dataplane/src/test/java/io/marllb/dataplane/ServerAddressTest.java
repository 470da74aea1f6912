package io.marllb.dataplane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServerAddressTest {

    @ParameterizedTest
    @CsvSource({"10.0.0.1:80, 10.0.0.1:80", "[fd00::1]:8080, [fd00:0:0:0:0:0:0:1]:8080", "localhost:1, 127.0.0.1:1"})
    void readsLiterals(String text, String shown) {
        assertThat(ServerAddress.parse(text)).hasToString(shown);
        assertThat(ServerAddress.parse(ServerAddress.parse(text).toString())).isEqualTo(ServerAddress.parse(text));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "10.0.0.1        | must be an IP address with a port, such as 10.0.0.1:80",
                "10.0.0.256:80   | 256 in '10.0.0.256:80' is above 255",
                "10.0.0.1:0      | must have a port in [1, 65535]",
                "10.0.0.1:65536  | must have a port in [1, 65535]",
                "10.0.0.1:99999999999 | must be an IP address with a port",
                "web:80          | not a name, but was 'web:80'; write the address that 'getent hosts web' tells",
                "fd00::1:80      | must be an IP address with a port",
                "[10.0.0.1]:80   | must have an IPv6 address in its brackets",
                "[fd00::%eth0]:80 | must have an IPv6 address in its brackets",
                "[::1::]:80      | must have an IPv6 address in its brackets",
                "''              | must be an IP address with a port",
            })
    void saysWhatIsWrong(String text, String why) {
        assertThatThrownBy(() -> ServerAddress.parse(text))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(why);
    }

    @Test
    void hardwareAddressesAreChecked() {
        assertThatThrownBy(() ->
                        new ServerEntry("a", 0, java.util.Optional.empty(), java.util.Optional.of("02:00"), 1, false))
                .hasMessage("server a: mac must be such as 02:00:00:00:00:01, but was 02:00");
    }
}
