"""n FIFO servers of one core, Poisson arrivals, exponential work of mean 1 s, join the shortest queue with random ties: a plain heap loop.

Arguments: servers, flows, utilisation, seed. Prints one line of JSON. What most simulators of this field look like inside.
"""

import heapq
import json
import random
import sys
import time
from collections import deque


def main():
    n, flows, utilisation, seed = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    rng = random.Random(seed)
    exponential = rng.expovariate
    rate = utilisation * n
    counts = [0] * n
    waiting = [deque() for _ in range(n)]
    heap = []
    total = 0.0
    events = 0
    arrived = 0
    before = time.process_time()
    heapq.heappush(heap, (exponential(rate), -1, 0.0))
    while heap:
        now, server, since = heapq.heappop(heap)
        events += 1
        if server < 0:
            least = min(counts)
            tied = [j for j in range(n) if counts[j] == least]
            j = tied[0] if len(tied) == 1 else rng.choice(tied)
            counts[j] += 1
            if counts[j] == 1:
                heapq.heappush(heap, (now + exponential(1.0), j, now))
            else:
                waiting[j].append(now)
            arrived += 1
            if arrived < flows:
                heapq.heappush(heap, (now + exponential(rate), -1, 0.0))
        else:
            total += now - since
            counts[server] -= 1
            if counts[server]:
                heapq.heappush(heap, (now + exponential(1.0), server, waiting[server].popleft()))
    cpu = time.process_time() - before
    print(json.dumps({"events": events, "cpu_s": cpu, "mean_response": total / flows}))


if __name__ == "__main__":
    main()
