package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.policies.experience.Experience;
import io.marllb.policies.experience.ExperienceShape;
import io.marllb.policies.experience.ExperienceWriter;
import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.Codecs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearnerCommandTest {

    @TempDir
    private Path folder;

    private Path trained() {
        Cli train = Cli.run(
                "train",
                "--agent=sac-gru",
                "--scenario=quickstart",
                "--episodes=1",
                "--set=horizon=10",
                "--set=environments=1",
                "--set=evaluation-episodes=1",
                "--set=warm-up=1000",
                "--out=" + folder.resolve("out"));
        assertThat(train.exitCode()).as(train.err()).isZero();
        return folder.resolve("out/last.marllb");
    }

    private void experience(Path agent, int servers, int records) throws IOException {
        var manifest = AgentFile.read(agent).manifest();
        var codec = Codecs.parse(manifest.codec());
        ExperienceShape shape = new ExperienceShape(
                servers, 1, codec.inputs(servers), codec.actionSpace(servers).size(), 250_000_000L);
        try (ExperienceWriter writer = new ExperienceWriter(folder.resolve("online/experience"), shape, 1 << 24, 4)) {
            Experience e = new Experience(shape);
            for (int i = 0; i < records; i++) {
                e.follows = i % 50 != 0;
                e.reward = (float) Math.sin(i);
                e.inputs[i % e.inputs.length] = (float) Math.cos(i);
                writer.append(e);
            }
        }
    }

    @Test
    void makesCandidatesAndGoesOnWhereItStopped() throws Exception {
        Path agent = trained();
        experience(agent, 3, 60); // then the pool has grown
        experience(agent, 4, 400);
        for (int life = 0; life < 2; life++) {
            List<String> args = new ArrayList<>(List.of(
                    "learner",
                    "--online=" + folder.resolve("online"),
                    "--set=warm-up=100",
                    "--set=batch=4",
                    "--save-interval=1ms"));
            if (life == 0) {
                args.add("--from=" + agent);
            }
            try (RunningCommand learner = new RunningCommand(args.toArray(String[]::new))) {
                assertThat(learner.await("learner: "))
                        .contains("/candidates/")
                        .as("of the shape that there is now")
                        .contains(" updates and 392 intervals");
                learner.signal("TERM");
                assertThat(learner.exitCode()).isEqualTo(143);
            }
            assertThat(folder.resolve("online/learner.marllb")).exists();
        }
        List<Path> candidates;
        try (Stream<Path> files = Files.list(folder.resolve("online/candidates"))) {
            candidates = files.toList();
        }
        assertThat(candidates).hasSizeGreaterThanOrEqualTo(2);
        AgentFile candidate = AgentFile.read(candidates.get(0));
        assertThat(candidate.manifest().actors()).isEqualTo(1);
        assertThat(candidate.manifest().training()).containsKeys("online-updates", "online-transitions");
        assertThat(candidate.actor(0)).isNotEqualTo(AgentFile.read(agent).actor(0));
    }

    @Test
    void saysInOneMessageWhatIsWrong() throws IOException {
        Cli none = Cli.run("learner", "--online=" + folder.resolve("none"));
        assertThat(none.exitCode()).isEqualTo(2);
        assertThat(none.err()).contains("there is no such folder; start 'marllb controller --online-training");

        Files.createDirectories(folder.resolve("online"));
        Cli nowhere = Cli.run("learner", "--online=" + folder.resolve("online"));
        assertThat(nowhere.exitCode()).isEqualTo(2);
        assertThat(nowhere.err()).contains("where to begin? give --from FILE");

        Cli updates = Cli.run("learner", "--online=" + folder.resolve("online"), "--updates=0");
        assertThat(updates.exitCode()).isEqualTo(2);
        assertThat(updates.err()).contains("--updates must be in (0, 64]");
    }
}
