package io.marllb.agents.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A graph that grows node by node, in the form of onnx.proto3 (field numbers from there). Each method gives the name of its result. */
final class OnnxGraph {

    private static final int IR_VERSION = 8; // what came with opset 15; every reader of the opset knows it
    private static final int OPSET = 13; // the first with axes of ReduceSum and Unsqueeze as inputs
    private static final int FLOAT = 1; // TensorProto.DataType
    private static final int INT64 = 7;
    private static final int INT_ATTRIBUTE = 2; // AttributeProto.AttributeType

    private final List<Proto> nodes = new ArrayList<>();
    private final List<Proto> initializers = new ArrayList<>();
    private final List<Proto> inputs = new ArrayList<>();
    private final List<Proto> outputs = new ArrayList<>();
    private int names;

    String input(String name, String size) {
        inputs.add(value(name, size));
        return name;
    }

    void output(String name, String size) {
        outputs.add(value(name, size));
    }

    /** float32 of shape [batch, size]; a size that is no number is a name. */
    private static Proto value(String name, String size) {
        Proto second = new Proto();
        if (size.chars().allMatch(Character::isDigit)) {
            second.number(1, Long.parseLong(size));
        } else {
            second.text(2, size);
        }
        Proto shape = new Proto().message(1, new Proto().text(2, "batch")).message(1, second);
        Proto tensor = new Proto().number(1, FLOAT).message(2, shape);
        return new Proto().text(1, name).message(2, new Proto().message(1, tensor));
    }

    String constant(String name, float[] values, long... shape) {
        ByteBuffer raw = ByteBuffer.allocate(Float.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        raw.asFloatBuffer().put(values);
        return initializer(name, FLOAT, raw.array(), shape);
    }

    String constant(long... values) {
        ByteBuffer raw = ByteBuffer.allocate(Long.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
        raw.asLongBuffer().put(values);
        return initializer(fresh("indices"), INT64, raw.array(), values.length);
    }

    private String initializer(String name, int type, byte[] raw, long... shape) {
        Proto tensor = new Proto();
        for (long d : shape) {
            tensor.number(1, d);
        }
        initializers.add(tensor.number(2, type).text(8, name).bytes(9, raw));
        return name;
    }

    String node(String type, String... from) {
        String result = fresh(type);
        add(type, List.of(from), List.of(result), Map.of());
        return result;
    }

    /** A node whose result has a given name, such as an output of the graph. */
    void named(String result, String type, String... from) {
        add(type, List.of(from), List.of(result), Map.of());
    }

    /** A node with one integer attribute. */
    String node(String attribute, long value, String type, String... from) {
        String result = fresh(type);
        add(type, List.of(from), List.of(result), Map.of(attribute, value));
        return result;
    }

    /** Equal parts along the last axis of {@code rank}. */
    List<String> split(String from, int parts, int axis) {
        List<String> results = new ArrayList<>();
        for (int i = 0; i < parts; i++) {
            results.add(fresh("Split"));
        }
        add("Split", List.of(from), results, Map.of("axis", (long) axis));
        return results;
    }

    private void add(String type, List<String> from, List<String> results, Map<String, Long> attributes) {
        Proto node = new Proto();
        from.forEach(f -> node.text(1, f));
        results.forEach(r -> node.text(2, r));
        node.text(3, fresh("node")).text(4, type);
        attributes.forEach((name, value) ->
                node.message(5, new Proto().text(1, name).number(3, value).number(20, INT_ATTRIBUTE)));
        nodes.add(node);
    }

    private String fresh(String stem) {
        return stem + "_" + names++;
    }

    byte[] model(String name, Map<String, String> metadata) {
        Proto graph = new Proto();
        nodes.forEach(n -> graph.message(1, n));
        graph.text(2, name);
        initializers.forEach(i -> graph.message(5, i));
        inputs.forEach(i -> graph.message(11, i));
        outputs.forEach(o -> graph.message(12, o));
        Proto model = new Proto().number(1, IR_VERSION).text(2, "marllb").message(7, graph);
        model.message(8, new Proto().text(1, "").number(2, OPSET));
        metadata.forEach(
                (key, value) -> model.message(14, new Proto().text(1, key).text(2, value)));
        return model.toBytes();
    }
}
