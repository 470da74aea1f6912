package io.marllb.bench.shm;

import io.marllb.ipc.Segment;
import java.nio.file.Path;

/** A {@link ShmController} in a process of its own, to be killed. Started by {@link ShmSuite}. */
public final class ShmControllerProcess {

    private static final int LOOKS_BETWEEN_CHECKS = 1 << 12;

    private ShmControllerProcess() {}

    /**
     * Attaches, says how long that took in nanoseconds, and goes on until it is killed, its parent has gone or something is bad.
     *
     * @param args the segment
     */
    @SuppressWarnings("ThreadPriorityCheck") // where both share a core, the data plane gets its turn
    public static void main(String[] args) {
        long parent = parent();
        long start = System.nanoTime();
        try (Segment segment = Segment.attach(Path.of(args[0]))) {
            ShmController controller = new ShmController(segment);
            while (!controller.turn()) {
                Thread.onSpinWait();
            }
            System.out.println(System.nanoTime() - start);
            for (long turns = 1; controller.bad() == 0; turns++) {
                controller.turn();
                Thread.yield();
                if (turns % LOOKS_BETWEEN_CHECKS == 0 && parent() != parent) {
                    return;
                }
            }
            throw new IllegalStateException("a bad record after " + controller.fresh() + " good ones");
        }
    }

    private static long parent() {
        return ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(0L);
    }
}
