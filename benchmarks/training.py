"""What `tdlcourse.training.fit` costs over the raw loop, and whether killed runs go on bit by bit.

    python benchmarks/training.py overhead [--runs 60]
    python benchmarks/training.py kills [--times 1000]

overhead: the same MLP on the same batches by `fit` and by the loop of every tutorial, in turn, on
one thread; the figure is the median over runs of the difference in CPU time a step, in
microseconds. Both must end with the same bits. kills: forks runs with dropout, batch
normalisation, AdamW, schedule, average and augmentation, kills each at a random step with SIGKILL,
lets it go on from its checkpoint, and compares a hash of weights, moments, averages, history and
generators with the uninterrupted run's. Exit status 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported: runs are forked

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from tdlcourse.training import Examples, digits, epoch_order, fit

ALLOWED_US = 15.0
EPOCHS, BATCH = 25, 64


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("overhead", "kills"))
    parser.add_argument("--runs", type=int, default=60)
    parser.add_argument("--times", type=int, default=1000)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, 1 thread")
    return overhead(arguments.runs) if arguments.what == "overhead" else kills(arguments.times)


def overhead(runs: int) -> int:
    data = digits().train
    steps = EPOCHS * (len(data.X) // BATCH)
    timed(by_fit, data, 0), timed(by_hand, data, 0)
    ours, theirs, same = [], [], True
    for k in range(runs):
        contestants = [by_fit, by_hand] if k % 2 else [by_hand, by_fit]
        results = {c: timed(c, data, k) for c in contestants}
        ours.append(results[by_fit][0] / steps * 1e6)
        theirs.append(results[by_hand][0] / steps * 1e6)
        same &= results[by_fit][1] == results[by_hand][1]
    extra = [a - b for a, b in zip(ours, theirs, strict=True)]
    print(f"raw loop {statistics.median(theirs):.1f} us a step, fit {statistics.median(ours):.1f}")
    low, middle, high = statistics.quantiles(extra, n=4)
    error = 1.25 * (high - low) / 1.35 / runs**0.5  # of a median, where the bulk is normal
    print(f"difference: median {middle:.1f} us, standard error {error:.1f}, of {runs} runs")
    print(f"quartiles {low:.1f} to {high:.1f}: how busy the machine is")
    print(f"same bits: {same}")
    return 0 if same and middle <= ALLOWED_US else 1


def timed(contestant, data: Examples, seed: int) -> tuple[float, bytes]:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    start = time.process_time()
    contestant(model, optimizer, data)
    seconds = time.process_time() - start
    return seconds, b"".join(p.detach().numpy().tobytes() for p in model.parameters())


def by_fit(model: nn.Module, optimizer: torch.optim.Optimizer, data: Examples) -> None:
    fit(model, data, optimizer, epochs=EPOCHS, batch_size=BATCH)


def by_hand(model: nn.Module, optimizer: torch.optim.Optimizer, data: Examples) -> None:
    for epoch in range(EPOCHS):
        order = epoch_order(len(data.X), 0, epoch)
        for first in range(0, len(order) - BATCH + 1, BATCH):
            batch = order[first : first + BATCH]
            loss = cross_entropy(model(data.X[batch]), data.y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


def kills(times: int) -> int:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from tests.tdlcourse.test_training_resume import kill_many

    with tempfile.TemporaryDirectory() as folder:
        kill_many(folder, times)  # raises at the first difference
    return 0


if __name__ == "__main__":
    sys.exit(main())
