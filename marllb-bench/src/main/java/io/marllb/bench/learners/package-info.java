/**
 * Holds the learners to problems whose answers are known: {@link io.marllb.bench.learners.LearnerSuite} runs games, control tasks and a queueing
 * problem over several seeds and says which bars are met.
 */
package io.marllb.bench.learners;
