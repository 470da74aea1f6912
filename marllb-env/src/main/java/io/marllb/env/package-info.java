/** Environments over the simulated cluster; see the sub-packages for scenarios, traffic, traces and the event engine. */
package io.marllb.env;
