package io.marllb.dataplane.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.rng.Streams;
import io.marllb.ipc.MsgOut;
import io.marllb.policies.PolicyRegistry;
import io.marllb.policies.experience.Experience;
import io.marllb.policies.experience.ExperienceReader;
import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.AgentManifest;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Candidates in front of two servers, of which the second is fast: the less the first one gets, the better. */
class OnlineTrainingTest {

    private static final int ROUNDS_OF_A_TRIAL = 20 + 8 * 2 * 20;

    @TempDir
    private Path folder;

    private final RandomGenerator noise = Streams.of(3).stream("noise");

    private OnlineConfig config() {
        return new OnlineConfig(
                folder, Duration.ofSeconds(5), 4, 8, Duration.ofSeconds(5), Duration.ofSeconds(1), 50, 0.05, 1.5);
    }

    /** An agent that always chooses the same levels: its network has biases only. */
    private Path agent(String name, int firstServer, int secondServer, float scale) throws IOException {
        return agent(name, "sed", firstServer, secondServer, scale);
    }

    private Path agent(String name, String rule, int firstServer, int secondServer, float scale) throws IOException {
        NetworkSpec network = new NetworkSpec.Recurrent(4, List.of(), 0, List.of(), 6);
        float[] flat = new float[network.parameters()];
        // The last entries are the biases of the outputs: three levels of each server.
        int at = flat.length - 6;
        flat[at + firstServer] = scale;
        flat[at + 3 + secondServer] = scale;
        AgentManifest manifest = AgentManifest.of(
                "made",
                network,
                Heads.Kind.SOFTMAX,
                "published:features=in-flight:last=weights:actions=original",
                rule,
                2);
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        AgentFile.of(manifest, List.of(flat)).write(file);
        return file;
    }

    /** Flow times follow the share that the slow server has. */
    private void traffic(ControlRoom room) {
        MsgOut out = room.dataPlane.out;
        double[] w = room.dataPlane.in.weight;
        double slow = w[0] + w[1] > 0 ? w[0] / (w[0] + w[1]) : 0.5;
        double mean = (0.010 + 0.090 * slow) * Math.exp(0.05 * noise.nextGaussian());
        out.completed[1] += 10;
        out.started[1] += 10;
        out.inFlightNanos[1] += (long) (mean * 10 * 1e9);
        room.round();
    }

    private ControlRoom room(Path served) {
        return new ControlRoom(
                PolicyRegistry.parse("agent:" + served),
                ControllerConfig.DEFAULTS.withOnline(config()).withGuard(GuardConfig.DEFAULTS.withMaxWeightChange(1e9)),
                2,
                1,
                1);
    }

    private void play(ControlRoom room, int rounds) {
        for (int i = 0; i < rounds; i++) {
            traffic(room);
        }
    }

    /** Until a candidate that has been read has its verdict: reading takes place in another thread. */
    private void playATrial(ControlRoom room) {
        int before = room.controller.online().tried();
        for (int i = 0; i < 200_000 && room.controller.online().tried() == before; i++) {
            traffic(room);
            Thread.onSpinWait();
        }
        assertThat(room.controller.online().tried())
                .as(room.log.lines.toString())
                .isEqualTo(before + 1);
        play(room, ROUNDS_OF_A_TRIAL + 50);
    }

    @Test
    void aBetterCandidateServesAndIsThereAfterARestart() throws IOException {
        Path served = agent("start.marllb", 2, 0, 1);
        try (ControlRoom room = room(served)) {
            play(room, 20);
            assertThat(room.dataPlane.in.weight).containsExactly(2, 1);
            Path candidate = agent("candidates/000000000001.marllb", 0, 2, 1);
            playATrial(room);

            assertThat(room.log.of("candidate-serves"))
                    .as(room.log.lines.toString())
                    .isEqualTo(1);
            assertThat(room.dataPlane.in.weight).containsExactly(1, 2);
            assertThat(room.controller.status().policy()).isEqualTo("agent:" + folder.resolve("served.marllb"));
            assertThat(room.controller.status().candidatesServed()).isEqualTo(1);
            assertThat(folder.resolve("served.marllb")).hasSameBinaryContentAs(candidate);
            assertThat(Files.readString(folder.resolve("verdicts.csv"), StandardCharsets.UTF_8))
                    .startsWith("000000000001.marllb,serves,\"mean flow time -");
        }
    }

    @Test
    void aWorseCandidateNeverServesForLong() throws IOException {
        Path served = agent("start.marllb", 0, 2, 1);
        try (ControlRoom room = room(served)) {
            agent("candidates/000000000001.marllb", 2, 0, 1);
            playATrial(room);

            assertThat(room.log.of("candidate-rejected"))
                    .as(room.log.lines.toString())
                    .isEqualTo(1);
            assertThat(room.dataPlane.in.weight).containsExactly(1, 2);
            assertThat(folder.resolve("served.marllb")).doesNotExist();
        }
        try (ControlRoom room = room(served)) {
            play(room, 5_000); // often enough to look, and to read it
            assertThat(room.controller.online().tried())
                    .as("trials of what was judged before the restart")
                    .isZero();
        }
    }

    @Test
    void aCandidateThatIsNoAgentIsRefusedAndTheNextOneIsTried() throws IOException {
        Path served = agent("start.marllb", 2, 0, 1);
        try (ControlRoom room = room(served)) {
            Files.writeString(folder.resolve("candidates/000000000001.marllb"), "nonsense");
            for (int i = 0; i < 200_000 && room.log.of("candidate-refused") == 0; i++) {
                traffic(room);
            }
            assertThat(room.log.of("candidate-refused")).isEqualTo(1);

            agent("candidates/000000000002.marllb", "sed:bias=1/m", 0, 2, 1);
            for (int i = 0; i < 200_000 && room.controller.status().incidents().get("candidate-refused") < 2; i++) {
                traffic(room);
            }
            assertThat(room.controller.status().incidents()).containsEntry("candidate-refused", 2L);

            agent("candidates/000000000003.marllb", 0, 2, 1);
            playATrial(room);
            assertThat(room.controller.status().candidatesServed()).isEqualTo(1);
        }
    }

    @Test
    void whatTheServedAgentDidIsWrittenDown() throws IOException {
        Path served = agent("start.marllb", 2, 0, 1);
        try (ControlRoom room = room(served)) {
            play(room, 10);
            room.silentRound();
            play(room, 5);
        }
        try (ExperienceReader reader = new ExperienceReader(folder.resolve("experience"))) {
            Experience e = new Experience(reader.shape());
            int records = 0;
            int begins = 0;
            while (reader.next(e)) {
                records++;
                begins += e.follows ? 0 : 1;
                assertThat(e.action).containsExactly(2, 0);
                assertThat(e.inputs).hasSize(4);
                if (e.follows) {
                    assertThat(e.reward).isBetween((float) -Math.log(0.12), (float) -Math.log(0.03));
                }
            }
            assertThat(records).isEqualTo(15);
            assertThat(begins).isEqualTo(2);
        }
    }

    @Test
    void onlyAgentsLearn() {
        assertThatThrownBy(() -> new ControlRoom(
                        PolicyRegistry.parse("sed"), ControllerConfig.DEFAULTS.withOnline(config()), 2, 1, 1))
                .hasMessageStartingWith("online training needs a trained agent in service");
    }
}
