package io.marllb.env;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.marllb.core.rl.EnvChecker;
import io.marllb.core.rl.EnvReport;
import io.marllb.core.rl.MultiDiscrete;
import io.marllb.core.rl.ParallelEnv;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EnvironmentsTest {

    @TempDir
    private Path folder;

    private Map<String, String> settings(EnvSpec spec) throws IOException {
        Path payoff = Files.writeString(folder.resolve("p.yaml"), "payoff: [[1, 0], [0, 2]]");
        List<String> names =
                spec.parameters().stream().map(EnvSpec.Parameter::name).toList();
        if (names.contains("payoff")) {
            return Map.of("payoff", payoff.toString());
        }
        return names.contains("horizon") ? Map.of("horizon", "6") : Map.of();
    }

    @Test
    void everyRegisteredEnvironmentKeepsTheContract() throws IOException {
        for (EnvSpec spec : Environments.all()) {
            Map<String, String> settings = settings(spec);
            EnvReport report = EnvChecker.check(() -> spec.make(settings));
            assertThat(report.violations()).as(spec + ": " + report).isEmpty();
            assertThat(report.notExamined()).as(spec.id()).isEmpty();
        }
    }

    @Test
    void namesAreUniqueAndFoundInEveryForm() {
        assertThat(Environments.all())
                .extracting(EnvSpec::id)
                .doesNotHaveDuplicates()
                .allMatch(id -> id.matches("marllb/\\w+-v\\d+"));
        assertThat(Environments.all()).extracting(EnvSpec::alias).doesNotHaveDuplicates();
        assertThat(Environments.named("two-step"))
                .isSameAs(Environments.named("marllb/TwoStepGame-v0"))
                .isSameAs(Environments.named("TwoStepGame-v0"));
    }

    @Test
    void settingsReachTheEnvironment() {
        try (ParallelEnv env = Environments.make(
                "parallel-load-balance",
                "scenario",
                "paper-moderate-690",
                "actions",
                "original",
                "reward",
                "jain",
                "sharing",
                "own")) {
            assertThat(env.possibleAgents()).hasSize(2);
            assertThat(env.actionSpace(env.possibleAgents().get(0))).isEqualTo(MultiDiscrete.uniform(7, 3));
            assertThat(((ParallelLoadBalanceEnv) env).config().sharing()).isEqualTo(LoadBalanceConfig.Sharing.OWN);
        }
    }

    @Test
    void mistakesAreNamedWithTheNearestValidName() {
        assertThatThrownBy(() -> Environments.make("marllb/TwoStepGam-v0"))
                .hasMessage("unknown environment 'marllb/TwoStepGam-v0'; did you mean 'marllb/TwoStepGame-v0'?");
        assertThatThrownBy(() -> Environments.make("pendulum", "horizn", "3"))
                .hasMessage("marllb/Pendulum-v0: unknown parameter 'horizn'; did you mean 'horizon'?");
        assertThatThrownBy(() -> Environments.make("two-step", "k", "3")).hasMessageContaining("it takes none");
        assertThatThrownBy(() -> Environments.make("matrix")).hasMessageContaining("needs the parameter 'payoff'");
        assertThatThrownBy(() -> Environments.make("pendulum", "horizon", "many"))
                .hasMessage("marllb/Pendulum-v0: horizon must be a whole number, but was 'many'");
        assertThatThrownBy(() -> Environments.make("load-balance", "sharing", "mine"))
                .hasMessageContaining("unknown sharing 'mine'");
        assertThatThrownBy(() -> Environments.make("load-balance", "scenario", "quickstrat"))
                .hasMessageContaining("did you mean 'quickstart'?");
    }
}
