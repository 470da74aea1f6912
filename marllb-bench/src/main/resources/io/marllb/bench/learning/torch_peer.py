"""The peer of `marllb bench learning-speed`: the same networks in PyTorch, in a process of its own that works when it is told to.

Reads a line "CASE REPETITIONS" from stdin, works, and answers with one line of JSON on stdout: {"nanos": [CPU time of the thread in each repetition]}.
Cases: "update H T B" (dense relu, GRU, linear; Adam), "mixer A S E N" (QMIX), "decision H" (its repetition is DECISIONS steps). The first line that it writes says what runs.
"""
import json
import sys
import time

import torch
from torch import nn

INPUTS, OUTPUTS, DECISIONS = 64, 32, 200
torch.set_num_threads(1)
torch.manual_seed(1)


class Net(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.dense = nn.Linear(INPUTS, hidden)
        self.gru = nn.GRU(hidden, hidden)
        self.head = nn.Linear(hidden, OUTPUTS)

    def forward(self, x, h):
        y, h = self.gru(torch.relu(self.dense(x)), h)
        return self.head(y), h


class Step(nn.Module):
    """One step of the same, by a cell, which is faster than a sequence of one."""

    def __init__(self, hidden):
        super().__init__()
        self.dense = nn.Linear(INPUTS, hidden)
        self.gru = nn.GRUCell(hidden, hidden)
        self.head = nn.Linear(hidden, OUTPUTS)

    def forward(self, x, h):
        h = self.gru(torch.relu(self.dense(x)), h)
        return self.head(h), h


class Mixer(nn.Module):
    def __init__(self, agents, state, embed):
        super().__init__()
        self.agents, self.embed = agents, embed
        # The first layers on the state as one, which is faster than four.
        self.first = nn.Linear(state, (agents + 3) * embed)
        self.value = nn.Linear(embed, 1)

    def forward(self, q, state):
        a, e = self.agents, self.embed
        w1, wf, b1, v = torch.split(self.first(state), [a * e, e, e, e], 1)
        hidden = nn.functional.elu(torch.bmm(q.unsqueeze(1), w1.abs().view(-1, a, e)).squeeze(1) + b1)
        return (hidden * wf.abs()).sum(1, keepdim=True) + self.value(torch.relu(v))


def optimiser(net):
    return torch.optim.Adam(net.parameters(), lr=1e-4)


def update(hidden, steps, batch):
    net = Net(hidden)
    adam = optimiser(net)
    x = torch.rand(steps, batch, INPUTS) * 2 - 1
    # As large as a loss makes it that is a mean over the batch.
    gradient = (torch.rand(steps, batch, OUTPUTS) * 2 - 1) / (steps * batch)
    start = torch.zeros(1, batch, hidden)

    def work():
        adam.zero_grad(set_to_none=True)
        y, _ = net(x, start)
        y.backward(gradient)
        adam.step()

    return work


def mixer(agents, state, embed, samples):
    net = Mixer(agents, state, embed)
    adam = optimiser(net)
    q = (torch.rand(samples, agents) * 2 - 1).requires_grad_()
    s = torch.rand(samples, state) * 2 - 1
    gradient = (torch.rand(samples, 1) * 2 - 1) / samples

    def work():
        adam.zero_grad(set_to_none=True)
        q.grad = None
        net(q, s).backward(gradient)
        adam.step()

    return work


def decision(hidden):
    """The fastest of eager mode and a frozen trace, of a sequence of one and a cell."""

    def loop(call, x, h):
        def work():
            state = h
            with torch.no_grad():
                for _ in range(DECISIONS):
                    _, state = call(x, state)

        return work

    ways = []
    for net, shape in ((Net(hidden), (1, 1)), (Step(hidden), (1,))):
        net.eval()
        x = torch.rand(*shape, INPUTS) * 2 - 1
        h = torch.zeros(*shape, hidden)
        with torch.no_grad():
            frozen = torch.jit.freeze(torch.jit.trace(net, (x, h)))
        ways += [loop(net, x, h), loop(frozen, x, h)]
    return min(ways, key=lambda work: min(timed(work, 20)[5:]))


def blas():
    """The libraries behind the matrix products, by what is mapped into this process."""
    with open("/proc/self/maps") as maps:
        files = {line.split()[-1] for line in maps if "blas" in line or "mkl" in line}
    return sorted(files)


def timed(work, repetitions):
    nanos = []
    for _ in range(repetitions):
        before = time.thread_time_ns()
        work()
        nanos.append(time.thread_time_ns() - before)
    return nanos


def main():
    print(json.dumps({"torch": torch.__version__, "blas": blas(), "decisions": DECISIONS}), flush=True)
    cases = {}
    makers = {"update": update, "mixer": mixer, "decision": decision}
    for line in sys.stdin:
        *case, repetitions = line.split()
        key = " ".join(case)
        if key not in cases:
            cases[key] = makers[case[0]](*map(int, case[1:]))
        print(json.dumps({"nanos": timed(cases[key], int(repetitions))}), flush=True)


if __name__ == "__main__":
    main()
