package io.marllb.bench.theory;

import io.marllb.core.Policy;
import io.marllb.core.PolicySetup;
import io.marllb.env.scenario.Scenario;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

/**
 * A scenario whose truth is known, and what is claimed of it.
 *
 * @param name what the case is called, unique in a suite, such as {@code M/M/10 rho .9}
 * @param source where the truth comes from, in a few words
 * @param scenario what is run; its {@code run} holds the flows of one replication
 * @param policyName what results call the policy
 * @param policies builds each balancer's policy
 * @param replications independent runs, on seeds of their own, {@code >= 30}
 * @param tolerance largest accepted relative error, such as 0.01
 * @param claims what must hold, at least one
 */
public record TheoryCase(
        String name,
        String source,
        Scenario scenario,
        String policyName,
        Function<PolicySetup, Policy> policies,
        int replications,
        double tolerance,
        List<Claim> claims) {

    /** Checks that there is something to hold, and enough to hold it by. */
    public TheoryCase {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(scenario, "scenario");
        Objects.requireNonNull(policyName, "policyName");
        Objects.requireNonNull(policies, "policies");
        claims = List.copyOf(claims);
        if (claims.isEmpty()) {
            throw new IllegalArgumentException(name + ": claims must not be empty");
        }
        if (replications < 30) {
            throw new IllegalArgumentException(name + ": replications must be >= 30, but was " + replications);
        }
        if (!(tolerance > 0 && tolerance < 1)) {
            throw new IllegalArgumentException(name + ": tolerance must be in (0, 1), but was " + tolerance);
        }
    }

    /** What theory says of a run. Times are in mean service times. */
    public sealed interface Claim {

        /**
         * The true value.
         *
         * @return finite, {@code > 0}
         */
        double want();

        /**
         * What is measured.
         *
         * @return such as {@code mean} or {@code p99}
         */
        String metric();

        /**
         * The mean response time.
         *
         * @param want mean service times
         */
        record MeanResponse(double want) implements Claim {
            @Override
            public String metric() {
                return "mean";
            }
        }

        /**
         * The mean response time of one class.
         *
         * @param flowClass its index
         * @param want mean service times
         */
        record ClassMean(int flowClass, double want) implements Claim {
            @Override
            public String metric() {
                return "mean of class " + flowClass;
            }
        }

        /**
         * A quantile of the response time.
         *
         * @param probability in (0, 1)
         * @param want mean service times
         */
        record Quantile(double probability, double want) implements Claim {
            @Override
            public String metric() {
                return "p" + Math.round(probability * 1000) / 10.0;
            }
        }

        /**
         * The share of the flows that are rejected.
         *
         * @param want a probability
         */
        record Blocking(double want) implements Claim {
            @Override
            public String metric() {
                return "blocking";
            }
        }
    }

    /**
     * Flows of all replications, warm-up included.
     *
     * @return flows
     */
    public long flows() {
        return replications * scenario.run().flows().orElseThrow();
    }
}
