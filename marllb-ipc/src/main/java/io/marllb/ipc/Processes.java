package io.marllb.ipc;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/** Tells a live process from a dead one whose number was given away again: by its start time. Both sides must see the same process numbers. */
final class Processes {

    private static final Path PROC = Path.of("/proc");
    private static final int STATE = 0; // of the fields after the command's name
    private static final int START = 19; // field 22 of proc(5), which counts from 1 and has two before

    private Processes() {}

    static int self() {
        return (int) ProcessHandle.current().pid();
    }

    /** Start time of a process, clock ticks since boot (elsewhere than on Linux: milliseconds since 1970), or 0 if no such process lives. */
    static long start(int pid) {
        if (pid <= 0) {
            return 0;
        }
        if (!Files.exists(PROC.resolve("self/stat"))) {
            return ProcessHandle.of(pid)
                    .filter(ProcessHandle::isAlive)
                    .flatMap(process -> process.info().startInstant())
                    .map(Instant::toEpochMilli)
                    .orElse(0L);
        }
        String stat;
        try {
            stat = Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return 0; // it has just ended, or never was
        }
        // The name is in parentheses and may hold anything.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 1).strip().split(" ", -1);
        boolean gone = fields[STATE].equals("Z") || fields[STATE].equals("X");
        return gone ? 0 : Long.parseLong(fields[START]);
    }

    static boolean alive(int pid, long start) {
        return start != 0 && start(pid) == start;
    }
}
