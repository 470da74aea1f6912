/**
 * Open-loop load on real servers: requests leave when the traffic says so, however slow the answers are, and are timed from the moment they were due.
 * {@link io.marllb.bench.load.OpenLoop} runs it.
 */
package io.marllb.bench.load;
