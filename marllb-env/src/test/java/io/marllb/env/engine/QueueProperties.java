package io.marllb.env.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Both queues against a sorted list; few distinct times, so that ties are common. */
class QueueProperties {

    @Property(tries = 300)
    void completionQueueFindsTheEarliestByTimeThenSequence(
            @ForAll @IntRange(min = 1, max = 600) int servers,
            @ForAll @Size(min = 1, max = 200) List<@IntRange(min = 0, max = 1_000_000) Integer> steps) {
        CompletionQueue queue = new CompletionQueue(servers);
        long[] time = new long[servers];
        long[] sequence = new long[servers];
        java.util.Arrays.fill(time, CompletionQueue.NEVER);
        long seq = 0;
        for (int step : steps) {
            int server = step % servers;
            long at = step % 7 == 6 ? CompletionQueue.NEVER : step / 7 % 5;
            time[server] = at;
            sequence[server] = seq;
            queue.set(server, at, seq++);

            int best = 0;
            for (int j = 1; j < servers; j++) {
                if (time[j] < time[best] || (time[j] == time[best] && sequence[j] < sequence[best])) {
                    best = j;
                }
            }
            assertThat(queue.time()).isEqualTo(time[best]);
            if (time[best] != CompletionQueue.NEVER) {
                assertThat(queue.server()).isEqualTo(best);
                assertThat(queue.sequence()).isEqualTo(sequence[best]);
            }
        }
    }

    @Property(tries = 300)
    void timerQueueDeliversInOrder(
            @ForAll @Size(min = 1, max = 300) List<@IntRange(min = 0, max = 1000) Integer> steps) {
        TimerQueue queue = new TimerQueue();
        List<long[]> expected = new ArrayList<>();
        long seq = 0;
        for (int step : steps) {
            if (step % 3 == 0 && !expected.isEmpty()) {
                expected.sort(Comparator.<long[]>comparingLong(e -> e[0]).thenComparingLong(e -> e[1]));
                long[] first = expected.remove(0);
                assertThat(new long[] {queue.time(), queue.sequence(), queue.kind(), queue.a(), queue.b()})
                        .containsExactly(first[0], first[1], 1, first[1], -first[1]);
                queue.remove();
            } else {
                expected.add(new long[] {step % 11, seq});
                queue.add(step % 11, seq, 1, (int) seq, (int) -seq);
                seq++;
            }
        }
        assertThat(queue.size()).isEqualTo(expected.size());
    }
}
