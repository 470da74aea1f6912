/**
 * A TCP proxy that needs no privileges: the data plane that comes with the program. {@link io.marllb.dataplane.proxy.TcpProxy} carries connections between
 * clients and servers, picks servers by the same rules as the simulator, and meets its controller in a segment as any other data plane: in memory,
 * with the controller beside it, or in a file, for a controller outside. It looks into no byte that it carries.
 */
package io.marllb.dataplane.proxy;
