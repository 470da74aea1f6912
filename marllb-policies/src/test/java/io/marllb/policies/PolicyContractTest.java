package io.marllb.policies;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.marllb.core.Need;
import io.marllb.core.Outcome;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every registered policy must hold, whatever it does. */
class PolicyContractTest {

    static Stream<String> everyPolicy() {
        List<String> texts = new ArrayList<>();
        PolicyRegistry.policies().forEach(p -> texts.add(p.name()));
        PolicyRegistry.rules().forEach(r -> texts.add(r.name() + "+equal"));
        PolicyRegistry.weights().forEach(w -> texts.add("weighted-random+" + w.name()));
        texts.addAll(List.of("sed:exponent=0.5:bias=1/m:ties=vpp", "lsq:ties=vpp", "lsq2:choices=3"));
        return texts.stream();
    }

    @ParameterizedTest
    @MethodSource("everyPolicy")
    void choosesOnlyEligibleServersThroughAnyLife(String text) {
        PolicySpec policy = PolicyRegistry.parse(text);
        int[] sizes = {1, 2, 7, 64, 65};
        for (int n : Arrays.stream(sizes).filter(policy::serves).toArray()) {
            new FakeCluster(policy, n, 3, 42 + n).live(3_000);
        }
        assertThat(Arrays.stream(sizes).filter(policy::serves))
                .contains(2, 7, 64); // what every policy must serve, trained ones too
    }

    @ParameterizedTest
    @MethodSource("everyPolicy")
    void givesTheSameChoicesAndWeightsForTheSameWords(String text) {
        FakeCluster first = new FakeCluster(PolicyRegistry.parse(text), 7, 2, 5);
        FakeCluster second = new FakeCluster(PolicyRegistry.parse(text), 7, 2, 5);

        first.live(4_000);
        second.live(4_000);

        assertThat(first.choices).isEqualTo(second.choices).isNotEmpty();
        assertThat(first.weightsSeen).isEqualTo(second.weightsSeen).isNotEmpty();
    }

    @ParameterizedTest
    @MethodSource("everyPolicy")
    void choosesNoneWhenNoneIsEligibleAndRecovers(String text) {
        FakeCluster cluster = new FakeCluster(PolicyRegistry.parse(text), 3, 1, 1);
        FakeCluster.Balancer b = cluster.balancers[0];

        cluster.setUp(false, false, false);
        assertThat(b.choose()).isEqualTo(-1);

        cluster.setUp(false, true, false);
        assertThat(b.choose()).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("everyPolicy")
    void neverStarvesAServerForGoodOnAnEmptyCluster(String text) {
        FakeCluster cluster = new FakeCluster(PolicyRegistry.parse(text), 4, 1, 3);
        FakeCluster.Balancer b = cluster.balancers[0];
        int[] chosen = new int[4];
        for (int i = 0; i < 4_000; i++) {
            cluster.now += 1_000_000;
            int server = b.choose();
            chosen[server]++;
            b.start(server);
            if (i % 8 == 7) { // eight at a time, then all end
                for (int j = 0; j < 4; j++) {
                    while (b.inFlight[j] > 0) {
                        b.end(j, 10_000_000, Outcome.COMPLETED);
                    }
                }
            }
        }
        assertThat(java.util.Arrays.stream(chosen).min().orElseThrow()).isPositive();
    }

    @ParameterizedTest
    @MethodSource("everyPolicy")
    void allocatesNothingPerFlow(String text) {
        PolicySpec spec = PolicyRegistry.parse(text);
        if (spec.oracle() || spec.needs().contains(Need.PROBE)) {
            return; // exempt by contract
        }
        FakeCluster cluster = new FakeCluster(spec, 64, 2, 9);
        cluster.live(3_000);
        cluster.recover();
        FakeCluster.Balancer b = cluster.balancers[0];
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();

        long least = Long.MAX_VALUE;
        for (int round = 0; round < 20 && least > 0; round++) {
            long before = threads.getThreadAllocatedBytes(thread);
            for (int i = 0; i < 2_000; i++) {
                cluster.now += 100_000;
                int server = b.choose();
                b.start(server);
                b.end(server, 10_000_000, Outcome.COMPLETED);
            }
            least = Math.min(least, threads.getThreadAllocatedBytes(thread) - before);
        }
        assertThat(least).as("bytes allocated by 2,000 flows").isLessThan(2_000);
    }

    @Test
    void declaresAFreshSetOfNeedsEachTime() {
        PolicySpec spec = PolicyRegistry.parse("sed");

        spec.needs().clear();

        assertThat(spec.needs()).isEqualTo(PolicyRegistry.parse("sed").needs()).isNotEmpty();
    }
}
