/**
 * The scenario: the cluster, its traffic, what goes wrong and how long a run is; read strictly from YAML, and the named scenarios that ship.
 */
package io.marllb.env.scenario;
