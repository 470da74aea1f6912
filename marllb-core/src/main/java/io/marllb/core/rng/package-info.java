/**
 * Named, seeded random streams ({@link io.marllb.core.rng.Streams}) and samplers whose bits do not depend on the JDK's.
 *
 * <p>Every random number of the project comes from a named stream; there is no constructor without a seed.
 */
package io.marllb.core.rng;
