/**
 * QMIX and what shares its code: {@link io.marllb.agents.qmix.Qmix} is the learner, {@link io.marllb.agents.qmix.QmixConfig} its settings and
 * presets, {@link io.marllb.agents.qmix.Mixer} how the agents' values become one (QMIX, VDN, a weighted sum, or none for independent learners).
 * {@link io.marllb.agents.qmix.GameTraining} plays small games whose answers are known. Do not read an agent's own values as returns: only the joint
 * value is in units of the reward.
 */
package io.marllb.agents.qmix;
