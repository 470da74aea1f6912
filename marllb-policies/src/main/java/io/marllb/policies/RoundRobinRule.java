package io.marllb.policies;

import io.marllb.core.Flow;
import io.marllb.core.FlowRule;
import io.marllb.core.PolicySetup;
import io.marllb.core.View;
import io.marllb.core.Words;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Smooth weighted round robin as nginx has it: every turn each server's credit grows by its weight, the largest credit (lowest index among
 * equals) takes the flow and pays the sum of the weights. Weights 5, 1, 1 give a a b a c a a. With equal weights it is plain round robin.
 *
 * <p>The credit at turn t is kept as {@code base + w t}. Servers of one weight form a queue whose head has the most credit, so a turn looks
 * at one server per distinct weight: O(1) for equal weights, a few for configured ones, O(n) when all weights differ. Credits survive a
 * change of the weights, in units of the sum of the weights.
 */
final class RoundRobinRule implements FlowRule {

    static final Half<FlowRule> HALF = new Half<>(
            "round-robin",
            "the servers in turn, as often as their weights say, without bursts",
            "nginx smooth weighted round robin, 2012",
            RoundRobinRule::new);

    private final double[] weight; // [n], 0 where not eligible
    private final double[] base; // [n], credit at turn 0
    private final Integer[] byQueue; // [n], eligible servers first, sorted by weight, then by their place in the queue
    private final int[] ring; // [n], the queues one after another, each a ring
    private final int[] from; // [queues + 1], where each queue begins in the ring
    private final int[] head; // [queues], place of the head within its queue
    private int queues;
    private double sum;
    private long turn;

    RoundRobinRule(Arguments arguments, PolicySetup setup) {
        int n = setup.servers();
        weight = new double[n];
        base = new double[n];
        byQueue = new Integer[n];
        Arrays.setAll(byQueue, j -> j);
        ring = new int[n];
        from = new int[n + 1];
        head = new int[n];
    }

    @Override
    public int choose(Flow flow, View view, Words words) {
        if (queues == 0) {
            return -1;
        }
        turn++;
        int best = -1;
        int bestQueue = -1;
        double bestCredit = Double.NEGATIVE_INFINITY;
        for (int q = 0; q < queues; q++) {
            int server = ring[from[q] + head[q]];
            double credit = base[server] + weight[server] * turn;
            if (credit > bestCredit || (credit == bestCredit && server < best)) {
                best = server;
                bestQueue = q;
                bestCredit = credit;
            }
        }
        base[best] -= sum;
        requeue(bestQueue, best);
        return best;
    }

    /** Moves the head to its new place, which is the tail but after a change of weights. */
    private void requeue(int queue, int server) {
        int start = from[queue];
        int length = from[queue + 1] - start;
        int place = head[queue];
        head[queue] = place + 1 == length ? 0 : place + 1;
        for (int behind = 1; behind < length; behind++) {
            int before = place == 0 ? length - 1 : place - 1;
            int other = ring[start + before];
            if (base[other] > base[server] || (base[other] == base[server] && other < server)) {
                break;
            }
            ring[start + place] = other;
            place = before;
        }
        ring[start + place] = server;
    }

    @Override
    public void poolChanged(View view) {
        double newSum = 0;
        for (int j = 0; j < weight.length; j++) {
            newSum += view.eligible(j) ? view.weight(j) : 0;
        }
        double scale = sum > 0 ? newSum / sum : 0;
        for (int j = 0; j < weight.length; j++) {
            double credit = (base[j] + weight[j] * turn) * scale;
            weight[j] = view.eligible(j) ? view.weight(j) : 0;
            base[j] = weight[j] > 0 ? credit : 0;
        }
        sum = newSum;
        turn = 0;
        Arrays.sort(
                byQueue,
                Comparator.<Integer>comparingDouble(j -> -weight[j])
                        .thenComparingDouble(j -> -base[j])
                        .thenComparingInt(j -> j));
        queues = 0;
        for (int i = 0; i < byQueue.length && weight[byQueue[i]] > 0; i++) {
            int server = byQueue[i];
            if (i == 0 || weight[server] != weight[ring[i - 1]]) {
                head[queues] = 0;
                from[queues++] = i;
            }
            ring[i] = server;
            from[queues] = i + 1;
        }
    }
}
