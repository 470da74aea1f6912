/**
 * Configuration files in strict YAML: {@code YamlDocument} refuses what is no plain tree, {@code Fields} reads one mapping of it, and {@code
 * Problems} collects everything that is wrong with its line and column, so that a user sees all of it at once.
 */
package io.marllb.core.config;
