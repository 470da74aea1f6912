package io.marllb.policies.host;

import static org.assertj.core.api.Assertions.assertThat;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.Observation;
import io.marllb.core.Outcome;
import io.marllb.core.PolicySetup;
import io.marllb.core.Reduction;
import io.marllb.core.rng.Streams;
import io.marllb.policies.PolicyRegistry;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PolicyHostTest {

    private static final int N = 3;

    private final boolean[] active = {true, true, true};
    private final double[] ramp = {1, 1, 1};

    private final Membership members = new Membership() {
        @Override
        public int slots() {
            return N;
        }

        @Override
        public boolean active(int server) {
            return active[server];
        }

        @Override
        public double ramp(int server, long now) {
            return ramp[server];
        }

        @Override
        public double staticWeight(int server) {
            return 1 + server;
        }
    };

    private final PolicyHost host = host("sed");

    private PolicyHost host(String policy) {
        FlowRule rule = PolicyRegistry.parse(policy)
                .build(new PolicySetup(N, 1, 0, 250_000_000, 1, server -> {}))
                .rule();
        Streams streams = Streams.of(1);
        return new PolicyHost(rule, members, streams.stream("rule"), streams.stream("reservoir"), true, 0);
    }

    private static Flow at(long now) {
        return new Flow() {
            @Override
            public long hash() {
                return 42;
            }

            @Override
            public long now() {
                return now;
            }
        };
    }

    @Test
    void integratesWhatIsInFlight() {
        host.setWeights(new double[] {1, 0, 0}, Double.NaN, 0);

        assertThat(host.choose(at(100))).isZero();
        host.opened(0, 100);
        host.opened(0, 200);
        host.closed(0, 150, Outcome.COMPLETED, 250);
        host.closed(0, 300, Outcome.ABORTED, 500);
        Observation seen = host.observe(700);

        assertThat(seen.started(0)).isEqualTo(2);
        assertThat(seen.completed(0)).isEqualTo(1);
        assertThat(seen.inFlight(0)).isZero();
        assertThat(seen.busyNanos(0)).isEqualTo(400);
        assertThat(seen.inFlightNanos(0)).isEqualTo(150 + 300);
        assertThat(seen.flowCompletionTime(0, Reduction.MEAN)).isEqualTo(150 * 1e-9);
        assertThat(seen.flowDuration(1, Reduction.MEAN)).isNaN();
    }

    @Test
    void multipliesWeightsByTheRampAndSendsNothingToTheInactive() {
        active[0] = false;
        ramp[1] = 0.5;

        host.setWeights(new double[] {4, 2, 3}, Double.NaN, 0);

        assertThat(host.eligible(0)).isFalse();
        assertThat(host.weight(1)).isEqualTo(1);
        assertThat(host.weight(2)).isEqualTo(3);
    }

    @Test
    void usesAllActiveServersWhenThoseWithWeightAreGone() {
        host.setWeights(new double[] {1, 0, 0}, Double.NaN, 0);
        active[0] = false;
        host.poolChanged(1);

        assertThat(host.eligible(0)).isFalse();
        assertThat(host.eligible(1)).isTrue();
        assertThat(host.weight(1)).isEqualTo(1);
        assertThat(host.weight(2)).isEqualTo(1);
    }

    @Test
    void refusesEveryServerWhenNoneIsActive() {
        Arrays.fill(active, false);
        host.setWeights(new double[] {1, 1, 1}, Double.NaN, 0);

        assertThat(host.choose(at(1))).isEqualTo(-1);
        assertThat(host.invalidDecisions()).isZero();
    }

    @Test
    void replacesInvalidWeightsAndCountsThem() {
        double[][] invalid = {
            {1, Double.NaN, 1}, {1, -1, 1}, {0, 0, 0}, {Double.POSITIVE_INFINITY, 1, 1}, {1e308, 1e308, 1e308}
        };

        for (double[] weights : invalid) {
            host.setWeights(weights, 0.5, 0);
            assertThat(host.weight(1)).as(Arrays.toString(weights)).isEqualTo(1);
            assertThat(host.bias()).as("bias beside invalid weights").isNaN();
        }

        assertThat(host.invalidDecisions()).isEqualTo(invalid.length);
    }

    @Test
    void keepsWeightsBesideAnInvalidBias() {
        double[] invalid = {-1, Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY};

        for (double bias : invalid) {
            host.setWeights(new double[] {1, 2, 3}, bias, 0);
            assertThat(host.weight(2)).isEqualTo(3);
            assertThat(host.bias()).isNaN();
        }

        assertThat(host.invalidDecisions()).isEqualTo(invalid.length);
    }
}
