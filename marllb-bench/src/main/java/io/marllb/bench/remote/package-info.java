/** What it costs that actors are processes of their own: {@link io.marllb.bench.remote.RemoteCost} measures messages, bytes and time per step. */
package io.marllb.bench.remote;
