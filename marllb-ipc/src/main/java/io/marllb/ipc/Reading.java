package io.marllb.ipc;

/** What came of a look at a record. From {@link #SEQUENCE} on, why it was refused. The order is the layout's. */
public enum Reading {
    /** A new record, checked and copied. */
    FRESH("a new record"),
    /** Nothing newer than what was read before. */
    NOTHING_NEW("nothing new"),
    /** The other side has not published yet. */
    NEVER_PUBLISHED("never published"),
    /** The writer was faster in every attempt; look again later. */
    BUSY("the writer was faster in every attempt"),
    /** The slot does not hold the record that it should. */
    SEQUENCE("the slot holds another record than the one announced"),
    /** An older record than the last good one was announced. */
    BACKWARDS("an older record than the last good one was announced"),
    /** The cursors of a ring contradict each other. */
    CURSOR("the cursors of the ring contradict each other"),
    /** The checksum differs. */
    CHECKSUM("the checksum differs"),
    /** Another number of servers than the segment's. */
    SERVERS("another number of servers than the segment's"),
    /** An unknown stage. */
    STAGE("an unknown stage"),
    /** An unknown state of a server. */
    STATE("an unknown state of a server"),
    /** A statistic that is infinite or negative. */
    STATISTIC("a statistic that is infinite or negative"),
    /** An unknown rule. */
    RULE("an unknown rule"),
    /** The number of choices is not in [1, servers]. */
    CHOICES("the number of choices is not in [1, servers]"),
    /** A parameter of the rule's key that is not finite, or negative. */
    KEY("a parameter of the key that is negative or not finite"),
    /** A flag for ties that is neither 0 nor 1. */
    TIES("a flag for ties that is neither 0 nor 1"),
    /** A weight that is negative or not finite. */
    WEIGHT("a weight that is negative or not finite"),
    /** A cell of the alias table that names no server or whose threshold is above 2^32. */
    CELL("a cell of the alias table out of range"),
    /** An unknown kind of command or event. */
    KIND("an unknown kind"),
    /** A slot that the segment does not have. */
    SLOT("a slot that the segment does not have");

    private final String text;

    Reading(String text) {
        this.text = text;
    }

    /**
     * In words.
     *
     * @return such as {@code the checksum differs}
     */
    public String text() {
        return text;
    }

    /**
     * Whether there was a record that could not be accepted.
     *
     * @return true from {@link #SEQUENCE} on
     */
    public boolean refused() {
        return ordinal() >= SEQUENCE.ordinal();
    }
}
