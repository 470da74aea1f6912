package io.marllb.env.engine;

import java.util.Arrays;

/**
 * Everything that happens later and is not a server's next CPU event: I/O that ends, packets and signals on their way, ticks, scenario
 * events. A binary heap over primitive arrays, ordered by time, then by sequence number; entries are never removed early.
 */
final class TimerQueue {

    private long[] time = new long[64];
    private long[] seq = new long[64];
    private int[] kind = new int[64];
    private int[] a = new int[64];
    private int[] b = new int[64];
    private int size;

    long time() {
        return size == 0 ? CompletionQueue.NEVER : time[0];
    }

    long sequence() {
        return seq[0];
    }

    int kind() {
        return kind[0];
    }

    int a() {
        return a[0];
    }

    int b() {
        return b[0];
    }

    int size() {
        return size;
    }

    void add(long at, long sequence, int what, int first, int second) {
        if (size == time.length) {
            int n = size * 2;
            time = Arrays.copyOf(time, n);
            seq = Arrays.copyOf(seq, n);
            kind = Arrays.copyOf(kind, n);
            a = Arrays.copyOf(a, n);
            b = Arrays.copyOf(b, n);
        }
        int i = size++;
        while (i > 0) {
            int parent = (i - 1) >> 1;
            if (before(time[parent], seq[parent], at, sequence)) {
                break;
            }
            move(parent, i);
            i = parent;
        }
        put(i, at, sequence, what, first, second);
    }

    /** Drops the first entry. */
    void remove() {
        int last = --size;
        if (last == 0) {
            return;
        }
        long at = time[last];
        long sequence = seq[last];
        int i = 0;
        while (true) {
            int child = 2 * i + 1;
            if (child >= last) {
                break;
            }
            if (child + 1 < last && before(time[child + 1], seq[child + 1], time[child], seq[child])) {
                child++;
            }
            if (before(at, sequence, time[child], seq[child])) {
                break;
            }
            move(child, i);
            i = child;
        }
        put(i, at, sequence, kind[last], a[last], b[last]);
    }

    private static boolean before(long t1, long s1, long t2, long s2) {
        return t1 < t2 || (t1 == t2 && s1 < s2);
    }

    private void move(int from, int to) {
        put(to, time[from], seq[from], kind[from], a[from], b[from]);
    }

    private void put(int i, long at, long sequence, int what, int first, int second) {
        time[i] = at;
        seq[i] = sequence;
        kind[i] = what;
        a[i] = first;
        b[i] = second;
    }
}
