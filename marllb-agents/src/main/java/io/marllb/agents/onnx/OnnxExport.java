package io.marllb.agents.onnx;

import io.marllb.policies.frozen.AgentFile;
import io.marllb.policies.frozen.AgentManifest;
import io.marllb.policies.frozen.Heads;
import io.marllb.policies.frozen.InputScaling;
import io.marllb.policies.frozen.NetworkSpec;
import io.marllb.policies.frozen.WholeFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The actor of an agent as an ONNX model (opset 13, elementary operators only).
 *
 * <p>Inputs: {@code inputs [batch, inputs]}, float32, as the agent's codec writes them; with memory also {@code state [batch, state]}, zeros at
 * first. Outputs: {@code outputs [batch, outputs]}, one block per head, before softmax or squashing; with memory also {@code next_state}, which goes
 * into the next step. A network per server takes any number of servers: the sizes follow from the row. Input scaling, if the agent has one, is in
 * the model. ONNX's exact tanh and the rational one of {@link io.marllb.policies.frozen.Activations} differ by less than 4e-7, outputs by
 * about 1e-6.
 */
public final class OnnxExport {

    private static final long END = Integer.MAX_VALUE; // of a slice: as far as there is
    private static final int FEATURES = 2; // the axes of what is per server: [batch, servers, features]

    private final OnnxGraph graph = new OnnxGraph();
    private final NetworkSpec network;
    private final float[] flat;

    private OnnxExport(NetworkSpec network, float[] flat) {
        this.network = network;
        this.flat = flat;
    }

    /**
     * The model of one actor.
     *
     * @param agent what was trained
     * @param actor index in {@code [0, manifest().actors())}
     * @return the bytes of an .onnx file; the same agent gives the same bytes
     */
    public static byte[] model(AgentFile agent, int actor) {
        AgentManifest manifest = agent.manifest();
        OnnxExport export = new OnnxExport(manifest.network(), agent.actor(actor));
        export.build(agent.scaling().orElse(null));
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("algorithm", manifest.algorithm());
        metadata.put("heads", heads(manifest.heads()));
        metadata.put("codec", manifest.codec());
        metadata.put("rule", manifest.rule());
        metadata.put("servers", Integer.toString(manifest.servers()));
        return export.graph.model("actor", metadata);
    }

    private static String heads(Heads.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    /**
     * Writes the model of one actor.
     *
     * @param agent what was trained
     * @param actor index in {@code [0, manifest().actors())}
     * @param path the .onnx file; replaced at once or not at all
     * @throws IOException if that fails
     */
    public static void write(AgentFile agent, int actor, Path path) throws IOException {
        byte[] model = model(agent, actor);
        WholeFile.write(path, out -> out.write(model));
    }

    private void build(InputScaling scaling) {
        if (network instanceof NetworkSpec.Recurrent r) {
            String x = scaled(graph.input("inputs", Integer.toString(r.inputs())), scaling);
            recurrent(r, x);
        } else {
            String x = scaled(graph.input("inputs", "inputs"), scaling);
            perServer((NetworkSpec.PerServer) network, x);
        }
    }

    private String scaled(String x, InputScaling scaling) {
        if (scaling == null) {
            return x;
        }
        String shifted = graph.node("Sub", x, graph.constant("scaling.mean", scaling.mean(), scaling.size()));
        String scaled = graph.node("Mul", shifted, graph.constant("scaling.scale", scaling.scale(), scaling.size()));
        return graph.node(
                "Clip",
                scaled,
                graph.constant("scaling.low", new float[] {-InputScaling.CLIP}),
                graph.constant("scaling.high", new float[] {InputScaling.CLIP}));
    }

    private void recurrent(NetworkSpec.Recurrent spec, String inputs) {
        String x = inputs;
        for (int i = 0; i < spec.before().size(); i++) {
            x = graph.node("Relu", dense("before." + i, x));
        }
        if (spec.gru() > 0) {
            String size = Integer.toString(spec.gru());
            x = gru(x, graph.input("state", size));
            graph.named("next_state", "Identity", x);
            graph.output("next_state", size);
        }
        for (int i = 0; i < spec.after().size(); i++) {
            x = graph.node("Relu", dense("after." + i, x));
        }
        graph.named("outputs", "Identity", dense("output", x));
        graph.output("outputs", Integer.toString(spec.outputs()));
    }

    private void perServer(NetworkSpec.PerServer spec, String inputs) {
        int globals = spec.globals();
        String own = globals == 0 ? inputs : slice(inputs, 0, -globals, 1);
        String features = graph.node("Reshape", own, graph.constant(0, -1, spec.features()));
        String active = slice(features, 0, 1, FEATURES);
        String one = graph.constant("one", new float[] {1});
        String count = graph.node("Max", sum(active), one);
        NetworkSpec.Tensor first = tensor("encoder.0.weight");
        String bias = vector("encoder.0.bias");
        if (globals > 0) {
            String common =
                    graph.node("MatMul", slice(inputs, -globals, END, 1), rows(first, spec.features(), first.rows()));
            bias = graph.node("Unsqueeze", graph.node("Add", common, bias), graph.constant(1));
        }
        String e = graph.node(
                "Relu", graph.node("Add", graph.node("MatMul", features, rows(first, 0, spec.features())), bias));
        for (int i = 1; i < spec.encoder().size(); i++) {
            e = graph.node("Relu", dense("encoder." + i, e));
        }
        NetworkSpec.Tensor mix = tensor("mix.0.weight");
        int width = mix.rows() / 2;
        String pool = graph.node("MatMul", mean(e, active, count), rows(mix, width, mix.rows()));
        String shared = graph.node("Add", pool, vector("mix.0.bias"));
        String h = graph.node("Relu", graph.node("Add", graph.node("MatMul", e, rows(mix, 0, width)), shared));
        if (spec.gru() > 0) {
            String state = graph.node("Reshape", graph.input("state", "state"), graph.constant(0, -1, spec.gru()));
            h = gru(h, state);
            graph.named("next_state", "Reshape", h, graph.constant(0, -1));
            graph.output("next_state", "state");
        }
        String row = null;
        if (spec.perServer() > 0) {
            row = graph.node("Reshape", dense("output", h), graph.constant(0, -1));
        }
        if (spec.pooled() > 0) {
            String values = graph.node("Reshape", dense("pooled", mean(h, active, count)), graph.constant(0, -1));
            row = row == null ? values : graph.node("axis", 1, "Concat", row, values);
        }
        graph.named("outputs", "Identity", row);
        graph.output("outputs", "outputs");
    }

    private String sum(String x) {
        return graph.node("keepdims", 1, "ReduceSum", x, graph.constant(1));
    }

    private String mean(String x, String active, String count) {
        return graph.node("Div", sum(graph.node("Mul", x, active)), count);
    }

    private String slice(String x, long from, long to, int axis) {
        return graph.node("Slice", x, graph.constant(from), graph.constant(to), graph.constant(axis));
    }

    /** The next state; state and x have the same number of axes. */
    private String gru(String x, String state) {
        List<String> gx = graph.split(affine(x, "gru.weight_x", "gru.bias_x"), 3, -1);
        List<String> gh = graph.split(affine(state, "gru.weight_h", "gru.bias_h"), 3, -1);
        String r = graph.node("Sigmoid", graph.node("Add", gx.get(0), gh.get(0)));
        String z = graph.node("Sigmoid", graph.node("Add", gx.get(1), gh.get(1)));
        String n = graph.node("Tanh", graph.node("Add", gx.get(2), graph.node("Mul", r, gh.get(2))));
        return graph.node("Add", n, graph.node("Mul", z, graph.node("Sub", state, n)));
    }

    private String dense(String name, String x) {
        return affine(x, name + ".weight", name + ".bias");
    }

    private String affine(String x, String weight, String bias) {
        NetworkSpec.Tensor w = tensor(weight);
        return graph.node("Add", graph.node("MatMul", x, rows(w, 0, w.rows())), vector(bias));
    }

    private String rows(NetworkSpec.Tensor w, int from, int to) {
        String name = to - from == w.rows() ? w.name() : w.name() + "." + from + "-" + to;
        int start = w.offset() + from * w.columns();
        float[] values = Arrays.copyOfRange(flat, start, start + (to - from) * w.columns());
        return graph.constant(name, values, to - from, w.columns());
    }

    private String vector(String name) {
        NetworkSpec.Tensor b = tensor(name);
        return graph.constant(name, Arrays.copyOfRange(flat, b.offset(), b.end()), b.size());
    }

    private NetworkSpec.Tensor tensor(String name) {
        for (NetworkSpec.Tensor t : network.tensors()) {
            if (t.name().equals(name)) {
                return t;
            }
        }
        throw new AssertionError("no tensor " + name);
    }
}
