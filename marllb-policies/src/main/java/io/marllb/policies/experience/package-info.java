/**
 * What a served agent saw, did and got, on disk: {@code ExperienceWriter} belongs to the controller, {@code ExperienceReader} to a learner in another
 * process. Neither waits for the other.
 */
package io.marllb.policies.experience;
