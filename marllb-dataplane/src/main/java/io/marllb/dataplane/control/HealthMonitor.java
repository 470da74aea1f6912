package io.marllb.dataplane.control;

import io.marllb.dataplane.ServerAddress;
import io.marllb.dataplane.ServerEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Active health checks: some failures in a row and a server is down, some successes in a row and it is up again. A server is up until it fails. Time is
 * given; checks are made elsewhere. For one thread.
 */
final class HealthMonitor implements AutoCloseable {

    private final Prober prober;
    private final Map<ServerAddress, Watched> watched = new LinkedHashMap<>();
    private final Map<Long, Watched> pending = new HashMap<>();
    private HealthConfig config;
    private long tickets;
    private long checks;
    private long failedChecks;

    /** One server and what is known of it. */
    private static final class Watched {
        final ServerAddress address;
        String name;
        boolean up = true;
        boolean judged; // by a check of ours
        int streak; // results in a row that speak against the present state
        long ticket; // of the check under way; 0 for none
        long startedAt;
        long nextAt = Long.MIN_VALUE;
        String reason = "";

        Watched(ServerAddress address) {
            this.address = address;
        }
    }

    HealthMonitor(Prober prober) {
        this.prober = prober;
        config = HealthConfig.DEFAULTS;
    }

    /** From now on watches these servers; what is known of those that stay is kept. */
    void watch(List<ServerEntry> servers, HealthConfig how) {
        config = how;
        List<ServerAddress> wanted = new ArrayList<>();
        for (ServerEntry server : servers) {
            if (how.kind() != HealthConfig.Kind.NONE && server.address().isPresent()) {
                ServerAddress address = server.address().get();
                wanted.add(address);
                watched.computeIfAbsent(address, Watched::new).name = server.name();
            }
        }
        watched.keySet().retainAll(wanted);
        pending.values().removeIf(w -> !watched.containsValue(w));
    }

    /** A server that another controller found dead starts as down. */
    void startsDown(ServerAddress address) {
        Watched w = watched.get(address);
        if (w != null && !w.judged) {
            w.up = false;
            w.reason = "it was dead when this controller came";
        }
    }

    /** Takes results in and starts the checks that are due. */
    void tick(long now) {
        prober.results(result -> {
            Watched w = pending.remove(result.ticket());
            if (w != null && w.ticket == result.ticket()) {
                take(w, result.failure(), now);
            }
        });
        long patience = 2 * config.timeout().toNanos() + config.interval().toNanos();
        Collection<Watched> all = watched.values();
        for (Watched w : all) {
            if (w.ticket != 0 && now - w.startedAt > patience) {
                pending.remove(w.ticket);
                take(w, "the check itself gave no result", now);
            }
            if (w.ticket == 0 && now >= w.nextAt) {
                w.ticket = ++tickets;
                w.startedAt = now;
                pending.put(w.ticket, w);
                prober.start(w.ticket, w.address, config);
            }
        }
    }

    private void take(Watched w, String failure, long now) {
        boolean well = failure.isEmpty();
        checks++;
        failedChecks += well ? 0 : 1;
        w.ticket = 0;
        w.judged = true;
        w.streak = well == w.up ? 0 : w.streak + 1;
        if (!well) {
            w.reason = failure;
        }
        if (w.up && w.streak >= config.failures()) {
            w.up = false;
            w.streak = 0;
            Incidents.info("server-down", w.name + " (" + w.address + "): " + failure);
        } else if (!w.up && w.streak >= config.successes()) {
            w.up = true;
            w.streak = 0;
            w.reason = "";
            Incidents.info("server-up", w.name + " (" + w.address + ")");
        }
        // In doubt the next look comes sooner.
        long pause = (w.streak > 0 ? config.fastInterval() : config.interval()).toNanos();
        w.nextAt = Math.max(now, w.startedAt + pause);
    }

    /** Whether a server is up; what is not watched is. */
    boolean up(ServerEntry server) {
        Watched w = server.address().map(watched::get).orElse(null);
        return w == null || w.up;
    }

    /** Whether a server is checked at all. */
    boolean watches(ServerEntry server) {
        return server.address().map(watched::containsKey).orElse(false);
    }

    /** Why a server is down or in doubt; empty if it is well. */
    String reason(ServerEntry server) {
        Watched w = server.address().map(watched::get).orElse(null);
        return w == null ? "" : w.reason;
    }

    /** Checks with a result. */
    long checks() {
        return checks;
    }

    /** Those that failed. */
    long failedChecks() {
        return failedChecks;
    }

    @Override
    public void close() {
        prober.close();
    }
}
