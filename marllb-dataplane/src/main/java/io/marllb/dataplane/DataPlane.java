package io.marllb.dataplane;

import io.marllb.core.Need;
import io.marllb.ipc.Event;
import io.marllb.ipc.MsgIn;
import io.marllb.ipc.MsgOut;
import io.marllb.ipc.Rule;
import io.marllb.ipc.SegmentSpec;
import io.marllb.policies.RuleNumbers;
import java.util.Optional;
import java.util.Set;

/**
 * What carries flows, as a controller steers it: it says what it saw ({@link MsgOut}) and does what it is told ({@link MsgIn}). A server is a slot.
 *
 * <p>States travel in every {@code MsgIn} and not as commands, so that a lost one heals with the next. Calls never wait for the other side longer
 * than it takes to copy a record, except where an implementation says so. For one thread, except {@link #describe}.
 */
public interface DataPlane extends AutoCloseable {

    /** What came of a look at the data plane. */
    enum Contact {
        /** It has published since the last look. */
        FRESH,
        /** It lives and has published nothing new. */
        NOTHING_NEW,
        /** What it published is not valid; the last good record stays. {@link #trouble} says why. */
        REFUSED,
        /** It has ended, hangs, or was never there; every look tries to find it again. {@link #trouble} says why. */
        GONE,
        /** Another one is there: slots, counters and sequences start again, and {@link #spec} may differ. */
        REPLACED
    }

    /**
     * One line for people.
     *
     * @return such as {@code shm:/dev/shm/marllb-vip (64 slots, 2 cores, pid 4711)}
     */
    String describe();

    /**
     * Slots, balancers and the interval it expects; of the present one, after {@link Contact#REPLACED}.
     *
     * @return what it says of itself
     */
    SegmentSpec spec();

    /**
     * What it can give a policy.
     *
     * @return an immutable set
     */
    Set<Need> offers();

    /**
     * How it would run a rule.
     *
     * @param rule the rule half of a policy
     * @return the rule to publish; empty if it cannot run it
     */
    Optional<Rule> rule(RuleNumbers rule);

    /**
     * The rules it runs, for messages.
     *
     * @return such as {@code sed, two-choices and maglev}
     */
    String rules();

    /**
     * Looks for the newest record.
     *
     * @param into filled if the answer is {@link Contact#FRESH}, else left as it is; as many slots as {@link #spec} says
     * @return what came of it
     */
    Contact read(MsgOut into);

    /**
     * Why the last {@link #read} was not what one hopes for.
     *
     * @return a sentence with the fix where it is known; empty if nothing is wrong
     */
    String trouble();

    /**
     * Takes the next event.
     *
     * @param into filled if there was one
     * @return false if there is none
     */
    boolean event(Event into);

    /**
     * Says what is wanted from now on.
     *
     * @param wanted complete and valid; its time and sequence are set here
     * @throws RuntimeException if it could not be told; the caller counts it and tries again with the next record
     */
    void publish(MsgIn wanted);

    /**
     * Asks for a server in an absent slot. The answer comes as an event.
     *
     * @param slot the slot
     * @param server what to put there
     * @return sequence of the command; 0 if it could not be asked now
     */
    long add(int slot, ServerEntry server);

    /**
     * Asks to make a slot absent. The answer comes as an event.
     *
     * @param slot the slot
     * @param generation of the slot
     * @return sequence of the command; 0 if it could not be asked now
     */
    long remove(int slot, int generation);

    /**
     * Name of the server in a slot where the data plane itself knows one.
     *
     * @param slot the slot
     * @return the name; empty where it knows none
     */
    default String name(int slot) {
        return "";
    }

    /**
     * Whether it watches its servers by itself, so that its states are to be believed and not to be set.
     *
     * @return false where health is the controller's
     */
    default boolean watchesItself() {
        return false;
    }

    /**
     * Records and events that were refused so far.
     *
     * @return cumulative count
     */
    long refusals();

    /** Leaves the data plane alone; what was published last stays in force there. Closing twice is nothing. */
    @Override
    void close();
}
