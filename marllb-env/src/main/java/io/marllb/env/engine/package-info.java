/**
 * The event engine: servers, balancers and flows in virtual time.
 *
 * <p>Entry type {@link io.marllb.env.engine.Simulation}; one object is one run, needs no other, and gives the same bits whatever else runs beside it.
 * Times are long nanoseconds. State is in primitive arrays and small fixed objects; nothing is allocated per event.
 */
package io.marllb.env.engine;
