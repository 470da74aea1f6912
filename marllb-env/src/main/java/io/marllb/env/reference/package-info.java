/**
 * Small environments with known answers, by which learners are judged before they meet load balancing: the two-step game, matrix games,
 * the pendulum and the cart-pole, the last two also with their velocities hidden. Dynamics are those of the published originals; tests
 * compare trajectories with Gymnasium's.
 */
package io.marllb.env.reference;
