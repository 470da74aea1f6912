package io.marllb.bench.testbed;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** HAProxy at a balancer of a testbed, in TCP mode on one thread: what most would use there. */
final class Haproxy {

    private Haproxy() {}

    /** Starts it at the first balancer; the service then answers through it. */
    static Process start(Testbed testbed, Path folder) throws IOException {
        StringBuilder s = new StringBuilder("""
                global
                  nbthread 1
                defaults
                  mode tcp
                  timeout connect 3s
                  timeout client 60s
                  timeout server 60s
                frontend front
                  bind %s:%d backlog 4096
                  default_backend back
                backend back
                  balance leastconn
                """.formatted(Testbed.VIP, Testbed.PORT));
        for (int j = 0; j < testbed.spec().speeds().size(); j++) {
            s.append("  server s%d %s:%d check inter 2s\n".formatted(j, testbed.serverAddress(j), Testbed.PORT));
        }
        Path conf = folder.resolve("haproxy.cfg");
        Files.writeString(conf, s);
        testbed.giveVip(0);
        Process p = testbed.startAtBalancer(
                0, folder.resolve("haproxy.log"), List.of("haproxy", "-db", "-f", conf.toString()));
        if (!testbed.serves()) {
            Programs.stop(p);
            throw new TestbedException("the service does not answer through HAProxy: "
                    + Files.readString(folder.resolve("haproxy.log")).strip());
        }
        return p;
    }
}
