package io.marllb.policies.frozen;

import io.marllb.core.Need;
import io.marllb.core.rl.Space;
import java.util.EnumSet;

/**
 * A kind of {@link Codec}, ready to be made for any cluster. Immutable and thread-safe; its text form is part of a checkpoint.
 *
 * <p>An input row is n blocks of {@link #features}, server after server, then {@link #globals}.
 */
public interface CodecSpec {

    /**
     * A codec for one balancer, with nothing learnt yet.
     *
     * @param servers n, {@code >= 1}
     * @param balancers m, {@code >= 1}
     * @param intervalNanos control interval, nanoseconds, {@code > 0}
     * @return a new codec
     * @throws IllegalArgumentException if it does not fit the place
     */
    Codec create(int servers, int balancers, long intervalNanos);

    /**
     * Inputs per server.
     *
     * @return {@code >= 1}
     */
    int features();

    /**
     * Whether feature 0 of a server is its active flag, as a {@link NetworkSpec.PerServer} takes it to be.
     *
     * @return constant
     */
    boolean activeFirst();

    /**
     * Throws if a network would take another input for the active flag, and so leave busy or idle servers out of its means.
     *
     * @param network what reads the inputs
     * @throws IllegalArgumentException if it is a {@link NetworkSpec.PerServer} and {@link #activeFirst} is false
     */
    default void requireReads(NetworkSpec network) {
        if (network instanceof NetworkSpec.PerServer && !activeFirst()) {
            throw new IllegalArgumentException(
                    "a network per server takes a server's first feature for its active flag, but the first of codec '"
                            + text() + "' is another; use relative, or published:features=active/...");
        }
    }

    /**
     * Inputs of the pool, behind those of the servers.
     *
     * @return {@code >= 0}
     */
    int globals();

    /**
     * Length of a row of inputs.
     *
     * @param servers n
     * @return {@code servers * features + globals}
     */
    default int inputs(int servers) {
        return servers * features() + globals();
    }

    /**
     * What agents choose from.
     *
     * @param servers n
     * @return the same as {@link Codec#actionSpace}
     */
    Space actionSpace(int servers);

    /**
     * The action that a training starts from and is measured against: the hand-made policy, or all levels alike.
     *
     * @param servers n
     * @return a new array, an element of {@link #actionSpace}
     */
    float[] neutral(int servers);

    /**
     * What the host must offer.
     *
     * @return a new set
     */
    EnumSet<Need> needs();

    /**
     * The form that checkpoints and the command line carry.
     *
     * @return such as {@code "relative:exponent=0.8"}
     */
    String text();
}
