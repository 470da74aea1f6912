package io.marllb.policies.frozen;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * A trained agent, as it lies in a {@code .marllb} file: what it is, the parameters of its networks, the scaling of their inputs, and on demand
 * all that its training needs to continue. docs/checkpoints.md describes the file. Same contents, same bytes.
 *
 * <p>Whatever is in a file, reading it ends well or in an {@link AgentFileException}: lengths, shapes, hashes and numbers are checked before they
 * are used, and nothing in it is ever executed or written elsewhere. Holds arrays that nobody may change; not to be shared while they are.
 */
public final class AgentFile {

    private static final String MANIFEST = "manifest.json";
    private static final String ACTOR = "actor.safetensors";
    private static final String TRAINING = "training.safetensors";
    private static final List<String> ENTRIES = List.of(MANIFEST, ACTOR, TRAINING);
    private static final String MEAN = "normalisation.mean";
    private static final String SCALE = "normalisation.scale";
    private static final int LONGEST_MANIFEST = 1 << 20;
    private static final long LARGEST_ACTOR = 1L << 30; // 16 networks of 16 million parameters
    private static final int LARGEST_STREAM = 1 << 26;

    private final String name;
    private final AgentManifest manifest;
    private final List<float[]> actors;
    private final InputScaling scaling; // null for none
    private final Tensors training; // null if there is none or it was not asked for

    private AgentFile(
            String name, AgentManifest manifest, List<float[]> actors, InputScaling scaling, Tensors training) {
        this.name = name;
        this.manifest = Objects.requireNonNull(manifest, "manifest");
        this.actors = List.copyOf(actors);
        this.scaling = scaling;
        this.training = training;
        if (actors.size() != manifest.actors()) {
            throw new IllegalArgumentException(
                    "the manifest says " + manifest.actors() + " actors, but there are " + actors.size());
        }
        for (float[] flat : actors) {
            FrozenNetwork.check(manifest.network(), flat);
        }
        int inputs = manifest.network().inputs(Math.max(1, manifest.servers()));
        if (scaling != null && (manifest.servers() == 0 || scaling.size() != inputs)) {
            throw new IllegalArgumentException("input scaling is for " + scaling.size()
                    + " inputs, but the network has " + (manifest.servers() == 0 ? "no fixed number" : inputs));
        }
    }

    /**
     * An agent with these networks.
     *
     * @param manifest what it is
     * @param actors the parameters of each actor in the order of the network's spec, borrowed
     * @return a new agent without input scaling and training
     * @throws IllegalArgumentException if the numbers do not fit the manifest or are not finite
     */
    public static AgentFile of(AgentManifest manifest, List<float[]> actors) {
        return new AgentFile("agent", manifest, actors, null, null);
    }

    /**
     * With scaling of the inputs.
     *
     * @param newScaling what the network's inputs are scaled by; only for a fixed number of servers
     * @return a copy
     */
    public AgentFile withScaling(InputScaling newScaling) {
        return new AgentFile(name, manifest, actors, Objects.requireNonNull(newScaling), training);
    }

    /**
     * With what the training needs to continue.
     *
     * @param newTraining optimiser, targets, counters, data; borrowed
     * @return a copy
     */
    public AgentFile withTraining(Tensors newTraining) {
        return new AgentFile(name, manifest, actors, scaling, Objects.requireNonNull(newTraining));
    }

    /**
     * Without what only a training needs.
     *
     * @return a copy
     */
    public AgentFile withoutTraining() {
        return new AgentFile(name, manifest, actors, scaling, null);
    }

    /**
     * Where it was read from.
     *
     * @return a path or a name; {@code "agent"} if it was not read
     */
    public String name() {
        return name;
    }

    /**
     * What it is.
     *
     * @return the manifest
     */
    public AgentManifest manifest() {
        return manifest;
    }

    /**
     * The parameters of an actor.
     *
     * @param actor index in {@code [0, manifest().actors())}
     * @return a new array in the order of the network's spec
     */
    public float[] actor(int actor) {
        return actors.get(actor).clone();
    }

    /**
     * A network for an actor.
     *
     * @param actor index in {@code [0, manifest().actors())}
     * @return a new one
     */
    public FrozenNetwork network(int actor) {
        return FrozenNetwork.of(manifest.network(), actors.get(actor));
    }

    /**
     * How inputs are scaled before the network sees them.
     *
     * @return empty if they are not
     */
    public Optional<InputScaling> scaling() {
        return Optional.ofNullable(scaling);
    }

    /**
     * What the training needs to continue.
     *
     * @return empty if the file has none, or if it was read to serve
     */
    public Optional<Tensors> training() {
        return Optional.ofNullable(training);
    }

    /**
     * Reads an agent to serve; what only its training needs is left where it is.
     *
     * @param path a .marllb file
     * @return the agent
     * @throws AgentFileException if it cannot be read or is not one
     */
    public static AgentFile read(Path path) {
        return read(path, false);
    }

    /**
     * Reads an agent with all that its training needs.
     *
     * @param path a .marllb file
     * @return the agent; {@link #training} is empty if the file has none
     * @throws AgentFileException if it cannot be read or is not one
     */
    public static AgentFile readForTraining(Path path) {
        return read(path, true);
    }

    private static AgentFile read(Path path, boolean withTraining) {
        if (Files.isDirectory(path)) {
            throw new AgentFileException(path.toString(), "it is a folder", "name the .marllb file in it");
        }
        try (ByteSource source = ByteSource.of(path)) {
            return read(source, path.toString(), withTraining);
        } catch (NoSuchFileException e) {
            throw new AgentFileException(path.toString(), "there is no such file", "train one with `marllb train`", e);
        } catch (IOException e) {
            throw new AgentFileException(path.toString(), "it cannot be read (" + e + ")", "check the permissions", e);
        }
    }

    /**
     * Reads an agent to serve, such as one that is a resource.
     *
     * @param in at most 64 MiB, read to its end, not closed
     * @param name for messages
     * @return the agent
     * @throws AgentFileException if it cannot be read or is not one
     */
    public static AgentFile read(InputStream in, String name) {
        try (ByteSource source = ByteSource.of(in, LARGEST_STREAM)) {
            return read(source, name, false);
        } catch (MalformedException e) {
            throw new AgentFileException(name, e.getMessage(), e.fix(), e);
        } catch (IOException e) {
            throw new AgentFileException(name, "it cannot be read (" + e + ")", "check the permissions", e);
        }
    }

    private static AgentFile read(ByteSource source, String name, boolean withTraining) throws IOException {
        try {
            return parse(source, name, withTraining);
        } catch (MalformedException e) {
            throw new AgentFileException(name, e.getMessage(), e.fix(), e);
        } catch (JsonProcessingException e) {
            throw new AgentFileException(
                    name, "its JSON is malformed (" + e.getOriginalMessage() + ")", MalformedException.DAMAGED, e);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new AgentFileException(name, e.getMessage(), "use the marllb that wrote it, or train it again", e);
        }
    }

    private static AgentFile parse(ByteSource source, String name, boolean withTraining) throws IOException {
        Map<String, StoredZip.Entry> entries = StoredZip.read(source, ENTRIES);
        for (String needed : List.of(MANIFEST, ACTOR)) {
            if (!entries.containsKey(needed)) {
                throw new MalformedException("it has no " + needed, "name a .marllb file");
            }
        }
        for (StoredZip.Entry entry : entries.values()) {
            if (withTraining || entry != entries.get(TRAINING)) {
                entry.checkSum();
            }
        }
        ByteSource text = entries.get(MANIFEST).bytes();
        if (text.size() > LONGEST_MANIFEST) {
            throw new MalformedException("manifest.json has " + text.size() + " bytes, more than " + LONGEST_MANIFEST);
        }
        ManifestFormat.Contents contents =
                ManifestFormat.read(text.bytes(0, (int) text.size()).array());
        if (contents.trainingHashes().isEmpty() == entries.containsKey(TRAINING)) {
            throw new MalformedException("manifest.json and the archive disagree on whether there is a " + TRAINING);
        }
        ByteSource actorBytes = entries.get(ACTOR).bytes();
        if (actorBytes.size() > LARGEST_ACTOR) {
            throw new MalformedException(ACTOR + " has " + actorBytes.size() + " bytes, more than " + LARGEST_ACTOR);
        }
        Tensors tensors = SafeTensors.read(actorBytes, ACTOR);
        checkHashes(tensors, contents.actorHashes(), ACTOR);
        Tensors training = null;
        if (withTraining && entries.containsKey(TRAINING)) {
            training = SafeTensors.read(entries.get(TRAINING).bytes(), TRAINING);
            checkHashes(training, contents.trainingHashes(), TRAINING);
        }
        AgentManifest manifest = contents.manifest();
        List<float[]> actors = new ArrayList<>();
        int used = 0;
        for (int a = 0; a < manifest.actors(); a++) {
            actors.add(flat(tensors, manifest.network(), a));
            used += manifest.network().tensors().size();
        }
        InputScaling scaling = null;
        if (tensors.names().contains(MEAN) && tensors.names().contains(SCALE)) {
            scaling = InputScaling.of(tensors.floats(MEAN), tensors.floats(SCALE));
            used += 2;
        }
        if (used != tensors.names().size()) {
            throw new MalformedException(
                    ACTOR + " has " + tensors.names().size() + " tensors, but the manifest is for " + used);
        }
        return new AgentFile(name, manifest, actors, scaling, training);
    }

    private static void checkHashes(Tensors tensors, Map<String, String> hashes, String file)
            throws MalformedException {
        if (!tensors.names().equals(hashes.keySet())) {
            throw new MalformedException(
                    file + " has tensors " + tensors.names() + ", but the manifest " + hashes.keySet());
        }
        for (String tensor : tensors.names()) {
            String found = SafeTensors.sha256(tensors, tensor);
            if (!found.equals(hashes.get(tensor))) {
                throw new MalformedException(file + ": tensor '" + tensor + "' has SHA-256 " + found
                        + ", but the manifest says " + hashes.get(tensor));
            }
        }
    }

    private static String tensorName(int actor, NetworkSpec.Tensor tensor) {
        return "actor." + actor + "." + tensor.name();
    }

    private static int[] shape(NetworkSpec.Tensor tensor) {
        return tensor.name().contains("bias")
                ? new int[] {tensor.columns()}
                : new int[] {tensor.rows(), tensor.columns()};
    }

    private static float[] flat(Tensors tensors, NetworkSpec network, int actor) throws MalformedException {
        long sum = 0;
        for (NetworkSpec.Tensor t : network.tensors()) {
            String name = tensorName(actor, t);
            if (!tensors.names().contains(name)) {
                throw new MalformedException(ACTOR + " has no tensor '" + name + "'");
            }
            if (!tensors.isFloat(name) || !Arrays.equals(tensors.shape(name), shape(t))) {
                throw new MalformedException(
                        ACTOR + ": tensor '" + name + "' has shape " + Arrays.toString(tensors.shape(name))
                                + ", but the manifest's network needs float32 of " + Arrays.toString(shape(t)));
            }
            sum += t.size();
        }
        float[] flat = new float[Math.toIntExact(sum)];
        for (NetworkSpec.Tensor t : network.tensors()) {
            System.arraycopy(tensors.floats(tensorName(actor, t)), 0, flat, t.offset(), t.size());
        }
        return flat;
    }

    /**
     * Writes the file, or leaves what was there: into a temporary file beside it, which is forced to disk and then takes its place at once. One
     * writer at a time.
     *
     * @param path the .marllb file; its folder exists
     * @throws IOException if that fails, such as on a full disk; the old file is as before
     */
    public void write(Path path) throws IOException {
        WholeFile.write(path, this::write);
    }

    void write(Path path, WholeFile.Opener opener) throws IOException {
        WholeFile.write(path, this::write, opener);
    }

    private void write(OutputStream out) throws IOException {
        Tensors tensors = new Tensors();
        for (int a = 0; a < actors.size(); a++) {
            for (NetworkSpec.Tensor t : manifest.network().tensors()) {
                tensors.put(tensorName(a, t), Arrays.copyOfRange(actors.get(a), t.offset(), t.end()), shape(t));
            }
        }
        if (scaling != null) {
            tensors.put(MEAN, scaling.mean()).put(SCALE, scaling.scale());
        }
        ManifestFormat.Contents contents =
                new ManifestFormat.Contents(manifest, hashes(tensors), training == null ? Map.of() : hashes(training));
        Map<String, StoredZip.Content> entries = new LinkedHashMap<>();
        entries.put(MANIFEST, sink -> ManifestFormat.write(contents, sink));
        entries.put(ACTOR, sink -> SafeTensors.write(tensors, sink));
        if (training != null) {
            entries.put(TRAINING, sink -> SafeTensors.write(training, sink));
        }
        StoredZip.write(entries, out);
    }

    private static Map<String, String> hashes(Tensors tensors) {
        Map<String, String> hashes = new LinkedHashMap<>();
        for (String tensor : tensors.names()) {
            hashes.put(tensor, SafeTensors.sha256(tensors, tensor));
        }
        return hashes;
    }
}
