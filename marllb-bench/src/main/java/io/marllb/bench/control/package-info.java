/** What a round of the real-time controller costs (JMH). */
package io.marllb.bench.control;
