package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DoctorCommandTest {

    @Test
    void tellsOfEachToolThatLiveTrafficUsesWhetherItIsThereOrHowToGetIt() {
        Cli run = Cli.run("doctor");

        assertThat(run.err()).isEmpty();
        String live = run.out().substring(run.out().indexOf("for live traffic"));
        assertThat(live)
                .contains("gcc ", "cmake ", "libdpdk ", "cmocka ", "hugepages ", "namespaces ", "ip ", "ethtool ")
                .contains("nginx ", "haproxy ", "wrk ", "shared memory ", "open files ");
        assertThat(live.lines().filter(l -> l.contains(" absent ")))
                .allMatch(l -> l.contains("apt-get install")
                        || l.contains("root")
                        || l.contains("raise it")
                        || l.contains("mount"));
    }
}
