package io.marllb.env.scenario;

import io.marllb.core.check.Checks;
import java.util.List;
import java.util.Objects;

/** Something that goes wrong or changes at a moment of a run. Times are nanoseconds from the start; servers are indices. */
public sealed interface ScenarioEvent {

    /**
     * When it happens.
     *
     * @return nanoseconds from the start of the run, {@code >= 0}
     */
    long at();

    /**
     * Servers run at another speed from now on.
     *
     * @param at when
     * @param servers which
     * @param speed the new speed, absolute, as in {@link ServerSpec}
     */
    record SetSpeed(long at, List<Integer> servers, double speed) implements ScenarioEvent {
        /** Copies the servers and checks the speed. */
        public SetSpeed {
            servers = List.copyOf(servers);
            new Checks("speed event")
                    .inRange("speed", speed, ServerSpec.MIN_SPEED, ServerSpec.MAX_SPEED)
                    .throwIfAny();
        }
    }

    /**
     * Servers die (their flows are aborted) or come back.
     *
     * @param at when
     * @param servers which
     * @param down true to die
     */
    record SetDown(long at, List<Integer> servers, boolean down) implements ScenarioEvent {
        /** Copies the servers. */
        public SetDown {
            servers = List.copyOf(servers);
        }
    }

    /**
     * Servers get no new flows, or get them again.
     *
     * @param at when
     * @param servers which
     * @param drain true to drain
     */
    record SetDrain(long at, List<Integer> servers, boolean drain) implements ScenarioEvent {
        /** Copies the servers. */
        public SetDrain {
            servers = List.copyOf(servers);
        }
    }

    /**
     * Servers leave for good; flows that they have are finished.
     *
     * @param at when
     * @param servers which
     */
    record Remove(long at, List<Integer> servers) implements ScenarioEvent {
        /** Copies the servers. */
        public Remove {
            servers = List.copyOf(servers);
        }
    }

    /**
     * A server joins; it takes the next free index.
     *
     * @param at when
     * @param server its description
     */
    record Add(long at, ServerSpec server) implements ScenarioEvent {
        /** Requires a server. */
        public Add {
            Objects.requireNonNull(server, "server");
        }
    }

    /**
     * The arrival rate becomes this many times the base rate.
     *
     * @param at when
     * @param factor {@code > 0}
     */
    record SetRate(long at, double factor) implements ScenarioEvent {
        /** Checks the factor. */
        public SetRate {
            new Checks("rate event").positive("factor", factor).throwIfAny();
        }
    }
}
