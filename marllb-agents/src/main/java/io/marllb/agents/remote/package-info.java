/**
 * Actors in processes of their own, one per balancer, around one learner, over TCP: {@link io.marllb.agents.remote.RemoteActors} is the learner's
 * side, {@link io.marllb.agents.remote.ActorProcess} the other. Training gives the same bits as in one process, also when actors die. There is no
 * authentication and no encryption: stay on the loopback interface or on a network of your own.
 */
package io.marllb.agents.remote;
