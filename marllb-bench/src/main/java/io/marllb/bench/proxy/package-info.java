/** What the TCP proxy costs, beside HAProxy in the same rounds, in front of the same nginx. Start at {@link io.marllb.bench.proxy.ProxySuite}. */
package io.marllb.bench.proxy;
