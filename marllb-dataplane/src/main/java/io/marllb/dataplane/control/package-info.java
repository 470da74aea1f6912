/**
 * The real-time controller: each interval it reads a data plane, asks a policy, checks and bounds what that says, and publishes it. {@link
 * io.marllb.dataplane.control.Controller} is the loop; health checks, guard-rails, the fall-back ladder and metrics are around it. Nothing here is on
 * the path of a packet: when it fails, traffic goes on.
 */
package io.marllb.dataplane.control;
