/** What agents have lived through: {@link io.marllb.agents.replay.Episode} grows while it is played; buffers of episodes give batches of sequences. */
package io.marllb.agents.replay;
