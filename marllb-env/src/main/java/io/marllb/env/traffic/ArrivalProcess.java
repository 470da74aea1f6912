package io.marllb.env.traffic;

/** When the flows of generated traffic arrive, in operational time. */
interface ArrivalProcess {

    /** @return nanoseconds from the start, never decreasing; infinite when nothing more can come */
    double next();
}
