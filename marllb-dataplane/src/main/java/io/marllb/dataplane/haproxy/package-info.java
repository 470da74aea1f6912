/**
 * HAProxy as a data plane: {@link io.marllb.dataplane.haproxy.HaproxyDataPlane} reads its statistics and sets its weights through the runtime socket. Flows
 * are placed by HAProxy's own {@code balance}.
 */
package io.marllb.dataplane.haproxy;
