/**
 * Every policy that can serve: flow rules (the fast path), weight policies (the slow loop), and the registry that names them.
 *
 * <p>Start at {@link io.marllb.policies.PolicyRegistry#parse}. Each rule and each weight policy is one package-private class in its own
 * file, {@code XRule} or {@code XWeights}, with a constant that tells its name, source and parameters; the registry lists them. A new
 * policy is one such file and one line there.
 */
package io.marllb.policies;
