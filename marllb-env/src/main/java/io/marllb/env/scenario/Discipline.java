package io.marllb.env.scenario;

/** How a server shares its cores. */
public enum Discipline {
    /** First come, first served: at most {@code cores} flows run, the rest wait in order. */
    FIFO,
    /** Processor sharing: up to {@code workers} flows share the cores equally, none faster than one core. */
    PS
}
