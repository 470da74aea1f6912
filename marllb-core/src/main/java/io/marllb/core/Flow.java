package io.marllb.core;

/**
 * What a balancer knows of a new flow when it must choose: never its size or its class.
 *
 * <p>Hosts pass a borrowed instance that is valid during one {@link FlowRule#choose} call only.
 */
public interface Flow {

    /**
     * Hash of the 5-tuple, uniform over all 64 bits and constant over the flow's life.
     *
     * @return the flow's hash
     */
    long hash();

    /**
     * Time of the flow's first packet at this balancer.
     *
     * @return nanoseconds on the host's clock
     */
    long now();
}
