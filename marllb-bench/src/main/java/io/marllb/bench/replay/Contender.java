package io.marllb.bench.replay;

import io.marllb.env.engine.RunOptions;
import io.marllb.env.engine.RunResult;
import io.marllb.env.scenario.Scenario;

/** One of the policies that an experiment compares, and how one run of it is done. Runs are independent and may overlap in threads. */
interface Contender {

    /** What users call it. */
    String name();

    /** Whether it sees what no real balancer can. */
    boolean oracle();

    /** Runs it once. */
    RunResult run(Scenario scenario, long seed, RunOptions options);
}
