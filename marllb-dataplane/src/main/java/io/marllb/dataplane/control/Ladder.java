package io.marllb.dataplane.control;

/**
 * The fall-back ladder from the controller's side: how many decisions in a row are missing, and what holds instead. The data plane has a ladder of its
 * own for a controller that is gone.
 */
final class Ladder {

    /** Missed intervals after which the last good weights officially stay. */
    static final int LATE = 5;

    /** Missed intervals after which SED on the configured weights takes over. */
    static final int LOST = 40;

    private final Incidents incidents;
    private int missed;
    private String cause = "";

    Ladder(Incidents incidents) {
        this.incidents = incidents;
    }

    /** A decision was made. */
    void decided() {
        if (missed >= LATE) {
            Incidents.info("recovered", "the policy decides again, after " + missed + " missed intervals");
            incidents.over("late");
            incidents.over("lost");
        }
        missed = 0;
        cause = "";
    }

    /** An interval went by without one. */
    void missed(String why) {
        missed++;
        cause = why;
        if (missed == LATE) {
            incidents.note("late", missed + " decisions missed (" + why + "); the last good weights stay");
        } else if (missed == LOST) {
            incidents.note(
                    "lost", missed + " decisions missed (" + why + "); sed on the configured weights takes over");
        }
    }

    /** Intervals in a row without a decision. */
    int missedInARow() {
        return missed;
    }

    /** Why the last one was missed; empty if it was not. */
    String cause() {
        return cause;
    }

    /** 0 the policy's weights, 1 the last good ones, 2 SED on the configured weights. */
    int stage() {
        return missed >= LOST ? 2 : missed >= LATE ? 1 : 0;
    }
}
