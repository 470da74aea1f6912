package io.marllb.env.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.marllb.env.scenario.Discipline;
import io.marllb.env.scenario.Scenario;
import io.marllb.env.scenario.ServerSpec;
import io.marllb.env.traffic.Arrivals;
import io.marllb.env.traffic.Distribution;
import io.marllb.env.traffic.FlowClass;
import io.marllb.policies.PolicyRegistry;
import java.lang.management.ManagementFactory;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Twice the flows must not take more memory: what a run allocates, it allocates once. */
class AllocationTest {

    private static final int FLOWS = 200_000;

    private static Scenario scenario(Discipline discipline, long flows) {
        ServerSpec server = new ServerSpec(1, 1, 0, ServerSpec.UNLIMITED, ServerSpec.UNLIMITED, discipline);
        FlowClass cpu = new FlowClass("cpu", 0.8, new Distribution.Exponential(1e6), Optional.empty());
        FlowClass io = new FlowClass(
                "io", 0.2, new Distribution.Exponential(1e6), Optional.of(new Distribution.Exponential(5e6)));
        return new Scenario(
                "allocation",
                2,
                Collections.nCopies(16, server),
                true,
                new Scenario.Traffic(new Arrivals.Poisson(12_000), List.of(cpu, io), 2),
                new Scenario.Network(100_000, 50_000, 0),
                List.of(),
                Scenario.Control.defaults(),
                new Scenario.Run(OptionalLong.of(flows), OptionalLong.empty(), 0.1, 1));
    }

    private static long allocatedBy(Discipline discipline, long flows) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long id = Thread.currentThread().getId();
        long before = threads.getThreadAllocatedBytes(id);
        Simulation.run(
                scenario(discipline, flows), PolicyRegistry.parse("sed"), 1, RunOptions.PLAIN.withObservations());
        return threads.getThreadAllocatedBytes(id) - before;
    }

    @ParameterizedTest
    @EnumSource(Discipline.class)
    void allocatesNothingPerEvent(Discipline discipline) {
        allocatedBy(discipline, FLOWS); // compiles, so that boxing that the compiler removes is not counted

        long once = allocatedBy(discipline, FLOWS);
        long twice = allocatedBy(discipline, 2 * FLOWS);

        // Tables may double once more in the longer run (they hold a few hundred flows), a histogram may grow; a byte
        // per flow would show.
        assertThat(twice - once).isLessThan(FLOWS / 2);
    }
}
