/**
 * Live traffic. A data plane carries flows and tells what it sees; a controller reads that, asks a policy, and publishes weights. The two meet in shared
 * memory only, so either may stop without the other.
 */
package io.marllb.dataplane;
