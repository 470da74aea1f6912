/** Learning from live traffic: {@code OnlineLearner} reads what a controller wrote down, and makes candidates for it. It never touches the traffic. */
package io.marllb.agents.online;
