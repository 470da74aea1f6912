/**
 * How many packets a core carries, beside DPDK's own programs on the same packets in the same run: {@link io.marllb.bench.packets.PacketSuite}.
 */
package io.marllb.bench.packets;
