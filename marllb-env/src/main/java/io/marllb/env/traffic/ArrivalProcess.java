package io.marllb.env.traffic;

/** When the flows of generated traffic arrive, in operational time. */
interface ArrivalProcess {

    /** The next moment, in nanoseconds from the start, never decreasing; infinite when nothing more can come. */
    double next();
}
