/**
 * Trained networks for other programs: {@link io.marllb.agents.onnx.OnnxExport} writes the actor of an agent as an ONNX model. Nothing here reads
 * models, and serving never goes through ONNX.
 */
package io.marllb.agents.onnx;
