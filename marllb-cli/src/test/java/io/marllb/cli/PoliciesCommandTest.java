package io.marllb.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.policies.PolicyInfo;
import io.marllb.policies.PolicyRegistry;
import org.junit.jupiter.api.Test;

class PoliciesCommandTest {

    @Test
    void listsEveryPolicyRuleAndWeightPolicyWithItsSource() {
        Cli run = Cli.run("policies");

        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        for (PolicyInfo info : PolicyRegistry.policies()) {
            assertThat(run.out().lines()).anyMatch(l -> l.startsWith(info.name() + " ") && l.contains(info.source()));
        }
        for (PolicyInfo info : PolicyRegistry.rules()) {
            assertThat(run.out().lines()).anyMatch(l -> l.startsWith(info.name() + " ") && l.contains(info.source()));
        }
        for (PolicyInfo info : PolicyRegistry.weights()) {
            assertThat(run.out().lines()).anyMatch(l -> l.startsWith(info.name() + " ") && l.contains(info.source()));
        }
    }

    @Test
    void marksOracles() {
        Cli run = Cli.run("policies");

        for (PolicyInfo info : PolicyRegistry.policies()) {
            assertThat(run.out()
                            .lines()
                            .filter(l -> l.startsWith(info.name() + " "))
                            .limit(1))
                    .allMatch(l -> l.contains(" oracle ") == info.oracle());
        }
    }

    @Test
    void showsTheParametersOfOne() {
        Cli run = Cli.run("policies", "sed:bias=1/m");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).startsWith("sed:bias=1/m = sed+capacity\n");
        assertThat(run.out().lines()).anyMatch(l -> l.matches("bias +1/m +.*"));
    }

    @Test
    void anUnknownPolicyIsBadInputAndPrintsNothing() {
        Cli run = Cli.run("policies", "sed", "seed");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("'seed'").contains("did you mean 'sed'?");
    }

    @Test
    void keepsToTheWidthOfTheTerminal() {
        Cli run = Cli.run(new Terminal(90, false, true), "policies");

        assertThat(run.out().lines().filter(l -> !l.startsWith("needs:"))).allMatch(l -> l.length() <= 90);
    }
}
