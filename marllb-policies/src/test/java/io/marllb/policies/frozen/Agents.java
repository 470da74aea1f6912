package io.marllb.policies.frozen;

import java.util.List;
import java.util.Map;

/** Agents with random parameters, for tests. */
public final class Agents {

    private Agents() {}

    /** Of a fixed size: discrete levels, the last weights among the inputs. */
    public static AgentFile fixed(int servers) {
        NetworkSpec spec = new NetworkSpec.Recurrent(7 * servers, List.of(16), 8, List.of(), 6 * servers);
        AgentManifest manifest = AgentManifest.of(
                        "sac-gru", spec, Heads.Kind.SOFTMAX, "published:last=weights:actions=levels", "sed", servers)
                .withTraining("paper", Map.of("discount", "0.99", "batch", "32"), "paper-moderate-690", 17)
                .withSummary(Map.of("episodes", "120"))
                .withEnvironment("0.1.0", Map.of("cpu", "a test"));
        return AgentFile.of(manifest, List.of(FrozenNetworkTest.parameters(spec, 1)));
    }

    /** For any number of servers. */
    public static AgentFile sizeFree() {
        NetworkSpec spec = new NetworkSpec.PerServer(3, 0, List.of(8), 8, 3, 0);
        AgentManifest manifest = AgentManifest.of(
                "qmix",
                spec,
                Heads.Kind.VALUES,
                "published:features=active/in-flight/duration-mean:last=none:actions=original",
                "sed:bias=1/m",
                0);
        return AgentFile.of(manifest, List.of(FrozenNetworkTest.parameters(spec, 2)));
    }
}
