package io.marllb.agents.remote;

/**
 * What went over the wire on the learner's side, since the start.
 *
 * @param messagesSent count
 * @param bytesSent frames with their length fields, TCP and IP headers not counted
 * @param messagesReceived count
 * @param bytesReceived frames with their length fields, TCP and IP headers not counted
 */
public record TrafficCount(long messagesSent, long bytesSent, long messagesReceived, long bytesReceived) {

    /**
     * What went since an earlier count.
     *
     * @param earlier an older count of the same source
     * @return the difference
     */
    public TrafficCount since(TrafficCount earlier) {
        return new TrafficCount(
                messagesSent - earlier.messagesSent,
                bytesSent - earlier.bytesSent,
                messagesReceived - earlier.messagesReceived,
                bytesReceived - earlier.bytesReceived);
    }
}
