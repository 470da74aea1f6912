/**
 * Recorded traffic: streaming readers and writers of every known trace format, conversion, and description.
 *
 * <p>Start with {@link io.marllb.env.trace.TraceReader#open} to read, {@link io.marllb.env.trace.TraceConverter} to convert and
 * {@link io.marllb.env.trace.TraceDescription} for rates, burstiness and sizes. A trace is never held in memory. Malformed content is a
 * {@link io.marllb.env.trace.TraceFormatException} that names file, line and column; nothing is repaired silently.
 */
package io.marllb.env.trace;
