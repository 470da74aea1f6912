package io.marllb.policies.frozen;

import io.marllb.core.PolicySetup;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What a trained agent is and where it comes from: all of an {@link AgentFile} but the numbers. Immutable and thread-safe. Made by {@link #of},
 * then the {@code with} methods.
 *
 * @param algorithm such as {@code "qmix"}
 * @param preset such as {@code "default"}; may be empty
 * @param config every setting of the training, in order
 * @param network shape of the network that acts
 * @param heads how its outputs become an action
 * @param codec text of the {@link CodecSpec}; empty for an agent that plays something else than load balancing
 * @param rule the rule that uses the weights, such as {@code "sed:bias=1/m"}; empty with an empty codec
 * @param scenario what it was trained on; may be empty
 * @param seed of the training
 * @param codeVersion which version of the program trained it; may be empty
 * @param servers n that it serves; 0 for any from {@link #LEAST_SERVERS} to {@link #MOST_SERVERS}
 * @param balancers m that it was trained with, {@code >= 1}
 * @param actors number of networks: 1 for all balancers alike, or one per balancer
 * @param training a summary of the training, such as steps, episodes and the best evaluation
 * @param environment where it was trained: processor, libraries, threads
 */
public record AgentManifest(
        String algorithm,
        String preset,
        Map<String, String> config,
        NetworkSpec network,
        Heads.Kind heads,
        String codec,
        String rule,
        String scenario,
        long seed,
        String codeVersion,
        int servers,
        int balancers,
        int actors,
        Map<String, String> training,
        Map<String, String> environment) {

    /** Fewest servers that a network of no fixed size serves: among fewer there is nothing to choose. */
    public static final int LEAST_SERVERS = 2;

    /** Most servers that a network of no fixed size serves. */
    public static final int MOST_SERVERS = 64;

    /** Most balancers, which bounds the number of actors. */
    static final int MOST_BALANCERS = 1024;

    /**
     * Checks and copies.
     *
     * @param algorithm see the record
     * @param preset see the record
     * @param config see the record
     * @param network see the record
     * @param heads see the record
     * @param codec see the record
     * @param rule see the record
     * @param scenario see the record
     * @param seed see the record
     * @param codeVersion see the record
     * @param servers see the record
     * @param balancers see the record
     * @param actors see the record
     * @param training see the record
     * @param environment see the record
     */
    public AgentManifest {
        Objects.requireNonNull(preset, "preset");
        Objects.requireNonNull(network, "network");
        Objects.requireNonNull(heads, "heads");
        Objects.requireNonNull(scenario, "scenario");
        Objects.requireNonNull(codeVersion, "codeVersion");
        config = copy(config);
        training = copy(training);
        environment = copy(environment);
        if (algorithm.isEmpty()) {
            throw new IllegalArgumentException("algorithm must not be empty");
        }
        if (codec.isEmpty() != rule.isEmpty()) {
            throw new IllegalArgumentException(
                    "codec and rule must both be given or both be empty, but were '" + codec + "' and '" + rule + "'");
        }
        if (balancers < 1 || balancers > MOST_BALANCERS) {
            throw new IllegalArgumentException(
                    "balancers must be in [1, " + MOST_BALANCERS + "], but was " + balancers);
        }
        if (actors != 1 && actors != balancers) {
            throw new IllegalArgumentException(
                    "actors must be 1 or one per balancer (" + balancers + "), but was " + actors);
        }
        if (servers < 0) {
            throw new IllegalArgumentException("servers must be >= 0, but was " + servers);
        }
        if (servers == 0 && network instanceof NetworkSpec.Recurrent) {
            throw new IllegalArgumentException(
                    "a network of a fixed size needs the number of servers, but servers was 0");
        }
        if (!codec.isEmpty()) {
            CodecSpec spec = Codecs.parse(codec);
            spec.requireReads(network);
            // sizes are linear in the number of servers, so that two of them stand for all
            for (int n : servers == 0 ? new int[] {LEAST_SERVERS, MOST_SERVERS} : new int[] {servers}) {
                checkSizes(spec, network, heads, n);
            }
        }
    }

    private static void checkSizes(CodecSpec codec, NetworkSpec network, Heads.Kind kind, int servers) {
        if (codec.inputs(servers) != network.inputs(servers)) {
            throw new IllegalArgumentException("with " + servers + " servers the codec gives " + codec.inputs(servers)
                    + " inputs, but the network takes " + network.inputs(servers));
        }
        Heads heads = Heads.of(kind, codec.actionSpace(servers));
        if (heads.outputs() != network.outputs(servers)) {
            throw new IllegalArgumentException("with " + servers + " servers the heads take " + heads.outputs()
                    + " outputs, but the network gives " + network.outputs(servers));
        }
    }

    private static Map<String, String> copy(Map<String, String> map) {
        return Collections.unmodifiableMap(new LinkedHashMap<>(map)); // keeps the order
    }

    /**
     * An agent of one network for all balancers, trained with one balancer on seed 0, and nothing else known of it.
     *
     * @param algorithm such as {@code "qmix"}
     * @param network shape of the network that acts
     * @param heads how its outputs become an action
     * @param codec text of a {@link CodecSpec}; empty for an agent that plays something else
     * @param rule the rule that uses the weights; empty with an empty codec
     * @param servers n that it serves; 0 for any
     * @return the manifest
     * @throws IllegalArgumentException if network, heads, codec and servers do not fit
     */
    public static AgentManifest of(
            String algorithm, NetworkSpec network, Heads.Kind heads, String codec, String rule, int servers) {
        return new AgentManifest(
                algorithm, "", Map.of(), network, heads, codec, rule, "", 0, "", servers, 1, 1, Map.of(), Map.of());
    }

    /**
     * With how it was trained.
     *
     * @param newPreset such as {@code "default"}
     * @param newConfig every setting
     * @param newScenario what it was trained on
     * @param newSeed the root seed
     * @return a copy
     */
    public AgentManifest withTraining(
            String newPreset, Map<String, String> newConfig, String newScenario, long newSeed) {
        return new AgentManifest(
                algorithm,
                newPreset,
                newConfig,
                network,
                heads,
                codec,
                rule,
                newScenario,
                newSeed,
                codeVersion,
                servers,
                balancers,
                actors,
                training,
                environment);
    }

    /**
     * With the number of balancers.
     *
     * @param newBalancers m that it was trained with
     * @param newActors 1, or m
     * @return a copy
     */
    public AgentManifest withBalancers(int newBalancers, int newActors) {
        return new AgentManifest(
                algorithm,
                preset,
                config,
                network,
                heads,
                codec,
                rule,
                scenario,
                seed,
                codeVersion,
                servers,
                newBalancers,
                newActors,
                training,
                environment);
    }

    /**
     * With what came of it.
     *
     * @param newTraining summary of the training
     * @return a copy
     */
    public AgentManifest withSummary(Map<String, String> newTraining) {
        return new AgentManifest(
                algorithm,
                preset,
                config,
                network,
                heads,
                codec,
                rule,
                scenario,
                seed,
                codeVersion,
                servers,
                balancers,
                actors,
                newTraining,
                environment);
    }

    /**
     * With where it was trained.
     *
     * @param newCodeVersion version of the program
     * @param newEnvironment processor, libraries, threads
     * @return a copy
     */
    public AgentManifest withEnvironment(String newCodeVersion, Map<String, String> newEnvironment) {
        return new AgentManifest(
                algorithm,
                preset,
                config,
                network,
                heads,
                codec,
                rule,
                scenario,
                seed,
                newCodeVersion,
                servers,
                balancers,
                actors,
                training,
                newEnvironment);
    }

    /**
     * Whether it serves so many servers.
     *
     * @param count n of the place
     * @return true for the number that it was trained for, and without a fixed size from {@link #LEAST_SERVERS} to {@link #MOST_SERVERS}
     */
    public boolean serves(int count) {
        return servers > 0 ? count == servers : count >= LEAST_SERVERS && count <= MOST_SERVERS;
    }

    /**
     * Throws unless it can serve there.
     *
     * @param setup the place
     * @throws IllegalArgumentException if it plays something else, or was made for another number of servers or balancers
     */
    public void checkServes(PolicySetup setup) {
        if (codec.isEmpty()) {
            throw new IllegalArgumentException(AgentFileException.printable("it was trained by " + algorithm + " on '"
                    + scenario + "', which is no load balancing; it sets no weights"));
        }
        if (servers > 0 && !serves(setup.servers())) {
            throw new IllegalArgumentException("it was trained for " + servers + " servers, but here are "
                    + setup.servers() + "; train one for this scenario, or use one of no fixed size");
        }
        if (!serves(setup.servers())) {
            throw new IllegalArgumentException("it serves " + LEAST_SERVERS + " to " + MOST_SERVERS
                    + " servers, but here are " + setup.servers() + "; use a heuristic");
        }
        if (actors > 1 && setup.balancers() != actors) {
            throw new IllegalArgumentException("it has a network for each of " + actors + " balancers, but here are "
                    + setup.balancers() + "; train one for this scenario, or use one that all balancers share");
        }
    }
}
