package io.marllb.bench.testbed;

import java.nio.file.Path;
import java.util.List;

/**
 * The programs that a testbed runs besides nginx.
 *
 * @param marllb how the marllb command is started, without a subcommand
 * @param dpdk the DPDK program; null where there is none
 */
public record Tools(List<String> marllb, Path dpdk) {

    /** Copies the list. */
    public Tools {
        marllb = List.copyOf(marllb);
    }
}
