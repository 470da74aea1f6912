package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ActorCommandTest {

    private static final String[] SHORT = {
        "--set", "environments=1", "--set", "horizon=10", "--set", "evaluation-episodes=1", "--episodes", "2"
    };

    @TempDir
    private Path folder;

    private Cli train(String out, String... more) {
        String[] args = new String[4 + 2 + SHORT.length + more.length];
        System.arraycopy(new String[] {"train", "--agent", "qmix", "--scenario=paper-moderate-690"}, 0, args, 0, 4);
        args[4] = "--out";
        args[5] = folder.resolve(out).toString();
        System.arraycopy(SHORT, 0, args, 6, SHORT.length);
        System.arraycopy(more, 0, args, 6 + SHORT.length, more.length);
        return Cli.run(args);
    }

    @Test
    void spawnedActorsLeaveTheSameCheckpoint() throws IOException {
        Cli here = train("here");
        Cli spawned = train("spawned", "--actors", "spawn");

        assertThat(here.exitCode()).as(here.err()).isZero();
        assertThat(spawned.exitCode()).as(spawned.err()).isZero();
        assertThat(spawned.err()).contains("marllb: actor 0 joined").contains("marllb: actor 1 joined");
        assertThat(spawned.err()).doesNotContain("away");
        assertThat(Files.readAllBytes(folder.resolve("spawned/last.marllb")))
                .isEqualTo(Files.readAllBytes(folder.resolve("here/last.marllb")));
    }

    @Test
    void whatCannotBeIsSaidBeforeAnythingRuns() {
        assertThat(train("a", "--actors", "spwan").err()).contains("--actors must be 'spawn' or tcp://HOST:PORT");
        assertThat(train("b", "--actors", "tcp://0.0.0.0:9000").err())
                .contains("0.0.0.0 is not a loopback address")
                .contains("--any-host");
        assertThat(train("c", "--actors", "tcp://127.0.0.1:x").err()).contains("no port in [0, 65535]");
        assertThat(train("d", "--actors", "spawn", "--set", "environments=2").err())
                .contains("use --set environments=1");
        assertThat(train("e", "--any-host").err()).contains("--any-host belongs to --actors");
        assertThat(Cli.run("actor", "--connect", "192.0.2.1:9", "--agent", "0").exitCode())
                .isEqualTo(2);
        assertThat(Cli.run("actor", "--connect", "127.0.0.1", "--agent", "0").err())
                .contains("HOST:PORT, such as 127.0.0.1:9000");
    }

    @Test
    void withoutALearnerTheJobHasFailed() {
        Cli actor = Cli.run("actor", "--connect", "127.0.0.1:1", "--agent", "0", "--timeout", "10ms", "--retries", "1");

        assertThat(actor.exitCode()).isEqualTo(1);
        assertThat(actor.err()).contains("there is no learner at 127.0.0.1:1: tried 2 times, 10 ms apart");
    }
}
