package io.marllb.core;

/** The five statistics that a balancer keeps of a reservoir of (value, time) samples. */
public enum Reduction {
    /** Plain mean. */
    MEAN,
    /** Plain 90th percentile. */
    P90,
    /** Standard deviation of the population. */
    STD,
    /** Mean with weights {@code 0.9^age} (age in seconds), normalised by their sum. */
    DISCOUNTED_MEAN,
    /** 90th percentile with the same weights. */
    DISCOUNTED_P90
}
