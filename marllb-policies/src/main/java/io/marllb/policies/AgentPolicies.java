package io.marllb.policies;

import io.marllb.core.Need;
import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.AgentFileException;
import io.marllb.policies.frozen.AgentManifest;
import io.marllb.policies.frozen.Codecs;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Trained agents as policies: those that ship with the program, by name, and what the registry says of any. */
final class AgentPolicies {

    /** What a path follows. */
    static final String PREFIX = "agent:";

    static final String SOURCE = "own; trained, see its model card";

    private static final String FOLDER = "agents/";
    private static final String SUFFIX = ".marllb";

    /** One line each; an agent is only there if its file is. */
    private static final Map<String, String> LINES = new LinkedHashMap<>();

    static {
        LINES.put("qmix", "sed with weights and bias from a network trained by QMIX");
        LINES.put("sac-gru", "sed with weights and bias from a recurrent network trained by SAC");
        LINES.put("marllb", "sed with weights and bias from linear heads over all servers, evolved");
        LINES.put("marllb-exchange", "as marllb, and balancers tell each other their counts");
    }

    private static final List<String> SHIPPED = LINES.keySet().stream()
            .filter(name -> AgentPolicies.class.getResource(FOLDER + name + SUFFIX) != null)
            .toList();

    private static final Map<String, AgentFile> LOADED = new ConcurrentHashMap<>(); // read once, when first asked for

    private AgentPolicies() {}

    static List<String> shipped() {
        return SHIPPED;
    }

    static String line(String name) {
        return LINES.get(name);
    }

    static AgentFile load(String name) {
        return LOADED.computeIfAbsent(name, n -> {
            try (InputStream in = AgentPolicies.class.getResourceAsStream(FOLDER + n + SUFFIX)) {
                return AgentFile.read(in, n);
            } catch (IOException e) {
                throw new UncheckedIOException("the shipped agent " + n + " cannot be read", e);
            }
        });
    }

    static EnumSet<Need> needs(AgentFile agent) {
        return Codecs.parse(agent.manifest().codec()).needs();
    }

    /** Of an agent in a file. */
    static String summary(AgentFile agent) {
        AgentManifest m = agent.manifest();
        return AgentFileException.printable(
                "trained by " + m.algorithm() + (m.preset().isEmpty() ? "" : " (" + m.preset() + ")") + " on "
                        + (m.scenario().isEmpty() ? "an unnamed scenario" : m.scenario()) + ", seed " + m.seed());
    }
}
