package io.marllb.policies;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.marllb.core.Outbox;
import io.marllb.core.PolicySetup;
import io.marllb.core.WeightPolicy;
import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.AgentFileException;
import io.marllb.policies.frozen.AgentManifest;
import io.marllb.policies.frozen.Agents;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.NetworkSpec;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trained agents as policies. */
class AgentPolicyTest {

    @TempDir
    Path folder;

    private String fixed;
    private String free;

    @BeforeEach
    void write() throws IOException {
        Agents.fixed(4).write(folder.resolve("fixed.marllb"));
        Agents.sizeFree().write(folder.resolve("free.marllb"));
        fixed = "agent:" + folder.resolve("fixed.marllb");
        free = "agent:" + folder.resolve("free.marllb");
    }

    @Test
    void anAgentIsThePairOfItsRuleAndItsWeights() {
        PolicyInfo info = PolicyRegistry.parse(fixed).info();

        assertThat(info.name()).isEqualTo(fixed);
        assertThat(info.pair()).isEqualTo("sed+" + fixed);
        assertThat(info.summary()).isEqualTo("trained by sac-gru (paper) on paper-moderate-690, seed 17");
        assertThat(info.oracle()).isFalse();
    }

    @Test
    void livesThroughDrainAndFailuresAtAnyNumberOfServers() {
        for (int n : new int[] {2, 7, 64}) {
            FakeCluster cluster = new FakeCluster(PolicyRegistry.parse(free), n, 3, 5);
            cluster.live(3_000);
            assertThat(cluster.weightsSeen).contains(1.5);
        }
    }

    @Test
    void decidesTheSameEachTime() {
        FakeCluster first = new FakeCluster(PolicyRegistry.parse(fixed), 4, 2, 5);
        FakeCluster second = new FakeCluster(PolicyRegistry.parse(fixed), 4, 2, 5);

        first.live(3_000);
        second.live(3_000);

        assertThat(first.choices).isEqualTo(second.choices).isNotEmpty();
    }

    @Test
    void theNeutralActionIsTheHandMadePolicyFromTheFirstFlowOn() throws IOException {
        NetworkSpec spec = new NetworkSpec.PerServer(11, 7, List.of(4), 0, 2, 2);
        AgentFile neutral = AgentFile.of( // all parameters 0: every action is 0
                AgentManifest.of("zero", spec, Heads.Kind.GAUSSIAN, "relative", "sed:bias=3", 0),
                List.of(new float[spec.parameters()]));
        Path file = folder.resolve("zero.marllb");
        neutral.write(file);
        FakeCluster agent = new FakeCluster(PolicyRegistry.parse("agent:" + file), 5, 2, 11);
        FakeCluster rate = new FakeCluster(PolicyRegistry.parse("rate"), 5, 2, 11);

        assertThat(agent.balancers[0].policy.weights().bias()).isEqualTo(0.5);
        agent.live(3_000);
        rate.live(3_000);

        assertThat(agent.choices).isEqualTo(rate.choices).isNotEmpty();
    }

    @Test
    void refusesAnotherNumberOfServers() {
        PolicySpec spec = PolicyRegistry.parse(fixed);

        assertThatThrownBy(() -> spec.build(new PolicySetup(7, 2, 0, 250_000_000L, 1, Outbox.NONE)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("policy '" + fixed + "': it was trained for 4 servers, but here are 7; train one for this "
                        + "scenario, or use one of no fixed size");
    }

    @Test
    void saysWhichFileCannotBeRead() {
        assertThatThrownBy(() -> PolicyRegistry.parse("agent:" + folder.resolve("none.marllb")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasCauseInstanceOf(AgentFileException.class)
                .hasMessageContaining("none.marllb: there is no such file");
    }

    @Test
    void allocatesNothingWhileItDecides() {
        FakeCluster cluster = new FakeCluster(PolicyRegistry.parse(free), 8, 2, 9);
        FakeCluster.Balancer b = cluster.balancers[0];
        WeightPolicy policy = b.policy.weights();
        double[] weights = new double[8];
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();

        long least = Long.MAX_VALUE;
        for (int round = 0; round < 10; round++) {
            long before = threads.getThreadAllocatedBytes(thread);
            for (int i = 0; i < 1_000; i++) {
                policy.decide(b, b, weights);
            }
            least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
        }

        assertThat(least).as("bytes allocated by 1,000 decisions").isZero();
    }

    @Test
    void everyShippedAgentIsRead() {
        for (String name : AgentPolicies.shipped()) {
            assertThat(PolicyRegistry.parse(name).info().name()).isEqualTo(name);
        }
    }
}
