/**
 * Live traffic. A data plane carries flows and tells what it sees; a controller reads that, asks a policy, and publishes weights. The two meet in
 * records of one layout, so either may stop without the other.
 *
 * <p>{@link io.marllb.dataplane.DataPlane} is what a controller steers, {@link io.marllb.dataplane.SegmentDataPlane} one behind shared memory.
 */
package io.marllb.dataplane;
