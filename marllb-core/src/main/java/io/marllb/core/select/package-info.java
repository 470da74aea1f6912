/**
 * Data structures that pick a server fast: {@link io.marllb.core.select.MinimumTree} (argmin under change),
 * {@link io.marllb.core.select.AliasTable} (weighted draw) and {@link io.marllb.core.select.MaglevTable} (consistent hashing).
 */
package io.marllb.core.select;
