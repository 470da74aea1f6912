package io.marllb.dataplane.proxy;

/** Connections in the order in which something last moved on them, so that the first one is the first to be overdue. */
final class ConnectionList {

    private Connection first;
    private Connection last;

    /** The one on which nothing has moved for longest; null if there is none. */
    Connection first() {
        return first;
    }

    void add(Connection c, long now) {
        c.movedAt = now;
        c.before = last;
        c.after = null;
        if (last == null) {
            first = c;
        } else {
            last.after = c;
        }
        last = c;
    }

    void remove(Connection c) {
        if (c.before == null) {
            first = c.after;
        } else {
            c.before.after = c.after;
        }
        if (c.after == null) {
            last = c.before;
        } else {
            c.after.before = c.before;
        }
        c.before = null;
        c.after = null;
    }

    /** Something moves on one of them. */
    void moved(Connection c, long now) {
        if (c == last) {
            c.movedAt = now;
        } else {
            remove(c);
            add(c, now);
        }
    }
}
