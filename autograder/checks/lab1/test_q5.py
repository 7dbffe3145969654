"""Hidden tests of q5: the judge runs the race itself, with the student's rates and its own seeds.

Limits: benchmarks/lab_thresholds.py; the distribution is in docs/labs.md.
"""

import math

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch.nn.functional import cross_entropy

pytestmark = pytest.mark.question("q5")

LIMITS = {"sgd": 0.60, "momentum": 0.40, "adam": 0.40}


def race(method, rate, seed, steps=120):
    """The final loss of the notebook's race."""
    images, labels = load_digits(return_X_y=True)
    train = np.arange(len(images)) % 18 >= 5
    X = torch.from_numpy((images[train] / 16).astype(np.float32))
    y = torch.from_numpy(labels[train])
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(64, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10))
    make = {
        "sgd": lambda p: torch.optim.SGD(p, lr=rate),
        "momentum": lambda p: torch.optim.SGD(p, lr=rate, momentum=0.9),
        "adam": lambda p: torch.optim.Adam(p, lr=rate),
    }
    optimizer = make[method](model.parameters())
    for _ in range(steps):
        rows = torch.randint(len(X), (32,))
        optimizer.zero_grad()
        cross_entropy(model(X[rows]), y[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        return float(cross_entropy(model(X), y))


@pytest.mark.question("q5", weight=1, hint="At this rate the median final loss is above its limit.")
@pytest.mark.parametrize("method", list(LIMITS))
def test_rate(student, rng, method):
    """The median final loss of three seeds is within the limit."""
    rates = student.value("best_rates")
    rate = rates.get(method) if isinstance(rates, dict) else None
    assert type(rate) in (int, float) and math.isfinite(rate) and rate > 0, "a positive number"
    losses = [race(method, rate, int(seed)) for seed in rng.integers(10**6, size=3)]
    losses = [loss if math.isfinite(loss) else math.inf for loss in losses]
    assert np.median(losses) <= LIMITS[method], "the median final loss is too large"
