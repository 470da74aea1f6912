/**
 * The {@code marllb} command. {@link io.marllb.cli.Marllb} is the entry point; each command is one class that reads its arguments, calls
 * the module that does the work, and prints what comes back. No logic of balancing or simulation lives here.
 *
 * <p>stdout carries results only; progress and errors go to stderr. Exit codes: 0 done, 1 the job failed, 2 bad input, 130 interrupted.
 */
package io.marllb.cli;
