/**
 * Shared memory between a data plane and its controller: one file per balancer. The schema in {@code layout.txt} is the only source of every offset,
 * in Java and in C. Everything starts at {@link io.marllb.ipc.Segment}; do not write to a segment past its writers.
 *
 * <p>A data plane:
 *
 * <pre>{@code
 * try (Segment segment = Segment.create(Path.of("/dev/shm/marllb-0"), new SegmentSpec(64, 1, 1, 250_000_000L))) {
 *     MsgOutWriter writer = segment.msgOutWriter();
 *     MsgInReader reader = segment.msgInReader();
 *     CommandReader commands = segment.commandReader();
 *     MsgOut saw = new MsgOut(64);
 *     MsgIn wanted = new MsgIn(64);
 *     Command command = new Command();
 *     while (running) {
 *         segment.dataPlane().beat(System.nanoTime());
 *         if (reader.read(wanted) == Reading.FRESH) { ... } // else the last good one stays
 *         while (commands.take(command) == Reading.FRESH) { ... } // answered by an Event COMMAND_DONE
 *         saw.timeNanos = System.nanoTime();
 *         saw.msgInApplied = reader.sequence();
 *         writer.publish(saw);
 *     }
 * }
 * }</pre>
 *
 * <p>A controller, each interval:
 *
 * <pre>{@code
 * // MsgOutReader reader = segment.msgOutReader(); MsgInWriter writer = segment.msgInWriter(); made anew after each attach
 * segment.controller().beat(System.nanoTime());
 * if (segment.dataPlane().stale(System.nanoTime()) && segment.replaced()) {
 *     segment.close();
 *     segment = Segment.attach(file);
 * }
 * if (reader.read(saw) == Reading.FRESH) {
 *     wanted.answers = saw.sequence;
 *     wanted.weight[0] = ...
 *     writer.publish(wanted); // throws if a weight is not finite or negative: such a record never leaves
 * }
 * }</pre>
 */
package io.marllb.ipc;
