/**
 * Shared memory between a data plane and its controller: one file per balancer. The schema in {@code layout.txt} is the only source of every offset,
 * in Java and in C.
 */
package io.marllb.ipc;
