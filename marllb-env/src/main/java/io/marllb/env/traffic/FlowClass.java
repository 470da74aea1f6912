package io.marllb.env.traffic;

import java.util.Optional;

/**
 * One kind of flow.
 *
 * @param name its name, shown in results
 * @param share its share of all flows, in (0, 1]; the shares of a scenario sum to 1
 * @param cpu law of its CPU work
 * @param io law of the I/O delay after it, if there is one
 */
public record FlowClass(String name, double share, Distribution cpu, Optional<Distribution> io) {}
