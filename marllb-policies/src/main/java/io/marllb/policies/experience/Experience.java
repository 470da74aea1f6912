package io.marllb.policies.experience;

import java.nio.ByteBuffer;

/** One control interval of a served agent. A holder to be used again and again; not thread-safe. */
public final class Experience {

    /** When, nanoseconds of the data plane's clock. */
    public long timeNanos;
    /** Whether the same agent recorded the interval before, so that {@link #reward} is of that record's action. */
    public boolean follows;
    /** Minus the logarithm of the mean flow time (seconds) of the interval that ends here: flow-seconds over completions; NaN if nothing completed. */
    public float reward;
    /** What the network was given. */
    public final float[] inputs;
    /** What was done about it. */
    public final float[] action;

    /**
     * An empty record.
     *
     * @param shape of the file
     */
    public Experience(ExperienceShape shape) {
        inputs = new float[shape.inputs()];
        action = new float[shape.actionSize()];
    }

    void encode(ByteBuffer to) {
        to.clear();
        to.putLong(timeNanos).putInt(follows ? 1 : 0).putFloat(reward);
        for (float x : inputs) {
            to.putFloat(x);
        }
        for (float x : action) {
            to.putFloat(x);
        }
        to.putInt(Crc.of(to, to.position()));
        to.flip();
    }

    /** False if the bytes are damaged. */
    boolean decode(ByteBuffer from) {
        int end = from.limit() - Integer.BYTES;
        if (from.getInt(end) != Crc.of(from, end)) {
            return false;
        }
        timeNanos = from.getLong();
        follows = from.getInt() != 0;
        reward = from.getFloat();
        for (int i = 0; i < inputs.length; i++) {
            inputs[i] = from.getFloat();
        }
        for (int i = 0; i < action.length; i++) {
            action[i] = from.getFloat();
        }
        return true;
    }
}
