/** Checks of configuration values that report every violation at once, and the nearest valid name for a misspelt one. */
package io.marllb.core.check;
