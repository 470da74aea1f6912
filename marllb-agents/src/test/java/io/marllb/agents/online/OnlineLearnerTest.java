package io.marllb.agents.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.agents.LearnerSetup;
import io.marllb.agents.sac.Sac;
import io.marllb.agents.sac.SacConfig;
import io.marllb.agents.train.Settings;
import io.marllb.core.rng.Streams;
import io.marllb.policies.experience.Experience;
import io.marllb.policies.experience.ExperienceReader;
import io.marllb.policies.experience.ExperienceShape;
import io.marllb.policies.experience.ExperienceWriter;
import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.AgentManifest;
import io.marllb.policies.frozen.CodecSpec;
import io.marllb.policies.frozen.Codecs;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnlineLearnerTest {

    private static final CodecSpec CODEC = Codecs.parse("relative");
    private static final int SERVERS = 2;
    private static final ExperienceShape SHAPE =
            new ExperienceShape(SERVERS, 2, CODEC.inputs(SERVERS), SERVERS + 1, 250_000_000L);
    private static final Map<String, String> SMALL = Map.of(
            "before", "16", "gru", "0", "actor-after", "none", "critic-after", "none", "warm-up", "200", "discount", "0",
            "batch", "32", "time", "1", "burn-in", "0", "actor-rate", "0.003");

    @TempDir
    private Path folder;

    private AgentFile trained;

    @BeforeEach
    void train() {
        Settings settings = Settings.of(SacConfig.defaults()).with(SMALL);
        Sac sac = new Sac(
                settings.get(SacConfig.class),
                new LearnerSetup(
                        1,
                        SHAPE.inputs(),
                        CODEC.actionSpace(SERVERS),
                        0,
                        240,
                        SERVERS,
                        CODEC.features(),
                        CODEC.globals(),
                        1));
        Tensors state = new Tensors();
        sac.save(state);
        float[] flat = new float[sac.actor().parameters()];
        sac.copyActor(0, flat);
        AgentManifest manifest = AgentManifest.of(
                        "sac-gru-single", sac.actor(), Heads.Kind.GAUSSIAN, CODEC.text(), "sed:bias=1/m", settings.get(SacConfig.class).network() == SacConfig.Kind.PER_SERVER ? 0 : SERVERS)
                .withTraining("default", settings.values(), "quickstart", 1);
        trained = AgentFile.of(manifest, List.of(flat)).withTraining(state);
    }

    /** Actions are drawn uniformly, and the first entry should have been 0.5. */
    private void live(int records) throws IOException {
        RandomGenerator random = Streams.of(2).stream("live");
        try (ExperienceWriter writer = new ExperienceWriter(folder, SHAPE, 1 << 24, 4)) {
            Experience e = new Experience(SHAPE);
            float last = 0;
            for (int i = 0; i < records; i++) {
                e.timeNanos = i;
                e.follows = i % 100 != 0;
                e.reward = -(last - 0.5f) * (last - 0.5f);
                for (int k = 0; k < e.inputs.length; k++) {
                    e.inputs[k] = k % CODEC.features() == 0 ? 1 : 0;
                }
                for (int k = 0; k < e.action.length; k++) {
                    e.action[k] = 2 * random.nextFloat() - 1;
                }
                last = e.action[0];
                writer.append(e);
            }
        }
    }

    @Test
    void learnsFromWhatAnotherOneDid() throws IOException {
        live(2_000);
        OnlineLearner learner = new OnlineLearner(trained, 0, SHAPE, Map.of(), 1);
        try (ExperienceReader reader = new ExperienceReader(folder)) {
            assertThat(learner.take(reader)).isEqualTo(1_980);
        }
        assertThat(learner.ready()).isTrue();
        double before = error(learner.agent("test"));
        for (int i = 0; i < 400; i++) {
            learner.update((key, value) -> {});
        }

        assertThat(error(learner.agent("test"))).isLessThan(0.2).isLessThan(before / 2);
        assertThat(learner.agent("test").manifest().actors()).isEqualTo(1);
        assertThat(learner.agent("test").manifest().balancers()).isEqualTo(2);
    }

    /** How far the first entry of the action is from what is best. */
    private static double error(AgentFile agent) {
        var runner = agent.network(0).runner(SERVERS);
        float[] inputs = new float[SHAPE.inputs()];
        for (int k = 0; k < inputs.length; k++) {
            inputs[k] = k % CODEC.features() == 0 ? 1 : 0;
        }
        Heads heads = Heads.of(agent.manifest().heads(), CODEC.actionSpace(SERVERS));
        float[] outputs = new float[heads.outputs()];
        float[] action = new float[heads.actionSize()];
        runner.step(inputs, outputs);
        heads.greedy(outputs, action);
        return Math.abs(action[0] - 0.5);
    }

    @Test
    void goesOnFromItsOwnState() throws IOException {
        live(500);
        OnlineLearner first = new OnlineLearner(trained, 0, SHAPE, Map.of(), 1);
        try (ExperienceReader reader = new ExperienceReader(folder)) {
            first.take(reader);
        }
        for (int i = 0; i < 3; i++) {
            first.update((key, value) -> {});
        }
        first.state("test").write(folder.resolve("learner.marllb"));

        OnlineLearner second =
                new OnlineLearner(AgentFile.readForTraining(folder.resolve("learner.marllb")), 0, SHAPE, Map.of(), 1);

        assertThat(second.agent("test").actor(0)).containsExactly(first.agent("test").actor(0));
    }

    @Test
    void saysWhatDoesNotFit() {
        assertThatThrownBy(() -> new OnlineLearner(trained.withoutTraining(), 0, SHAPE, Map.of(), 1))
                .hasMessageContaining("has no state of a training");
        assertThatThrownBy(() -> new OnlineLearner(trained, 3, SHAPE, Map.of(), 1))
                .hasMessage("actor must be in [0, 1), but was 3");
        assertThatThrownBy(() -> new OnlineLearner(
                        trained, 0, new ExperienceShape(SERVERS, 2, 7, SERVERS + 1, 1), Map.of(), 1))
                .hasMessageContaining("but the experience has 7 of 2 servers");
        assertThatThrownBy(() -> new OnlineLearner(trained, 0, SHAPE, Map.of("batchsize", "3"), 1))
                .hasMessageContaining("unknown setting 'batchsize'");
    }
}
