package io.marllb.bench.live;

import io.marllb.core.Outcome;
import io.marllb.dataplane.DataPlane;
import io.marllb.dataplane.ServerAddress;
import io.marllb.dataplane.ServerEntry;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.Scenarios;
import io.marllb.policies.PolicyRegistry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The simulator. Its clients come by themselves, five in a second, and stay for a minute. */
class SimulatorConformanceTest extends DataPlaneConformance {

    private static final String CLUSTER = """
            name: conformance
            servers:
              - {cores: 256}
              - {cores: 512}
              - {cores: 1024}
              - {cores: 256}
            weights: known
            traffic:
              arrivals: {type: poisson, rate: 5}
              acks: 16
              classes:
                - {name: held, share: 1, cpu: {type: deterministic, mean: 60s}}
            control: {interval: 1s, detection: 1s, slow-start: 0s}
            run: {flows: 100000}
            """;

    @Override
    Traffic start(int doomed) {
        String death = doomed < 0 ? "" : "events:\n  - {at: 20s, servers: [" + doomed + "], down: true}\n";
        return new Simulated(Scenarios.parse(CLUSTER + death, "conformance", Path.of("")));
    }

    private static final class Simulated implements Traffic, SimulatedDataPlane.Watcher {

        private static final int MOMENTS = 4; // as long as two signs of life of a flow are apart

        private final SimulatedDataPlane plane;
        private final Map<Long, Integer> byTime = new HashMap<>(); // of the flows that are open
        private final List<Integer> first = new ArrayList<>();
        private final List<Integer> last = new ArrayList<>();
        private final long[] opened = new long[4];
        private final long[] ended = new long[4];
        private final double[] lifetimes = new double[4];

        Simulated(Scenario scenario) {
            plane = SimulatedDataPlane.watched(scenario, PolicyRegistry.parse("sed"), 0, 7, this);
            plane.dataPlane().remove(3, 1);
        }

        @Override
        public void placed(int server, long now) {
            byTime.put(now, first.size());
            first.add(server);
            last.add(server);
            opened[server]++;
        }

        @Override
        public void answered(int server, long came, long now) {
            last.set(byTime.get(came), server);
        }

        @Override
        public void ended(int server, long came, Outcome outcome) {
            last.set(byTime.remove(came), -1);
            if (outcome == Outcome.COMPLETED) {
                ended[server]++;
                lifetimes[server] += (plane.now() - came) * 1e-9;
            }
        }

        @Override
        public DataPlane dataPlane() {
            return plane.dataPlane();
        }

        @Override
        public int[] open(int flows) {
            int[] opening = new int[flows];
            for (int i = 0; i < flows; i++) {
                opening[i] = first.size();
                plane.advanceByFlow();
            }
            return opening;
        }

        @Override
        public int server(int flow) {
            return first.get(flow);
        }

        @Override
        public int[] touch(int[] flows) {
            for (int i = 0; i < MOMENTS; i++) {
                pause();
            }
            int[] heard = new int[flows.length];
            for (int i = 0; i < flows.length; i++) {
                heard[i] = last.get(flows[i]);
            }
            return heard;
        }

        @Override
        public void close(int[] flows) {
            // They end when their work is done.
        }

        @Override
        public long opened(int server) {
            return opened[server];
        }

        @Override
        public long ended(int server) {
            return ended[server];
        }

        @Override
        public Lifetime lifetime(int server) {
            return new Lifetime(lifetimes[server] / ended[server], lifetimes[server] / ended[server]);
        }

        @Override
        public double clockSeconds() {
            return 1e-6; // nanoseconds, summed in doubles
        }

        @Override
        public ServerEntry fourth() {
            return ServerEntry.of(3, ServerAddress.parse("192.0.2.4:80"));
        }

        @Override
        public void die(int server) {
            while (plane.simulation().active(server)) {
                pause();
            }
        }

        @Override
        public void pause() {
            plane.advance();
        }

        @Override
        public void close() {
            plane.close();
        }
    }
}
