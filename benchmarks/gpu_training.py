"""What a GPU gains from `tdlcourse.training`: residual networks, CUDA graphs, ensembles, resume.

    python benchmarks/gpu_training.py [--only resnet graph ensemble resume] [--json FILE]
    python benchmarks/gpu_training.py --tiny        # seconds on a CPU: that everything runs

resnet: images a second of ResNet-20, 56 and 110 at CIFAR shapes through `fit`, in bf16 with
channels_last and torch.compile, against the plain float32 loop of every tutorial, and against the
memory-bound floor: images a second if nothing but reading and writing each activation a fixed
number of times took time, at the bandwidth that a copy reaches here. graph: a small network's step
replayed as a CUDA graph against the same loop in eager mode. ensemble: 1000 small networks by
`EnsembleTrainer` against training them one by one. resume: a run that is cut in the middle of an
epoch and continued, bit by bit, with deterministic algorithms. Data are random numbers: only speed
and bits are measured. Exit status 1 if a goal is missed; --tiny has no goals.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.functional import cross_entropy

from tdlcourse import networks
from tdlcourse.training import (
    EnsembleTrainer,
    Examples,
    Options,
    best_device,
    epoch_order,
    fit,
    set_seed,
)

DEPTHS = (20, 56, 110)
GOALS = {
    "resnet20": 400_000,
    "resnet56": 140_000,
    "resnet110": 70_000,
    "graph": 6,
    "ensemble": 2000,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument("--tiny", action="store_true", help="smallest settings, no goals")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    device = best_device()
    if device.type != "cuda" and not arguments.tiny:
        parser.error("needs a CUDA device; --tiny shows on a CPU that everything runs")
    report: dict[str, Any] = {"machine": machine(device), "tiny": arguments.tiny}
    passed = True
    for name in arguments.only:
        for key, row in CASES[name](device, arguments.tiny).items():
            goal = None if arguments.tiny else GOALS.get(key)
            row["goal"] = goal
            row["passed"] = row["value"] is True or goal is None or row["value"] >= goal
            row["passed"] &= row["value"] is not False
            passed &= row["passed"]
            report[key] = row
            print(key, json.dumps(row), flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if passed else 1


def machine(device: torch.device) -> str:
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    return f"{name}, torch {torch.__version__}"


def seconds(call: Callable[[], object], device: torch.device, repeats: int) -> float:
    """The least time of a call, after one to warm up."""
    times = []
    for _ in range(repeats + 1):
        wait(device)
        start = time.perf_counter()
        call()
        wait(device)
        times.append(time.perf_counter() - start)
    return min(times[1:])


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def raw_epoch(
    model: nn.Module, data: Examples, optimizer: torch.optim.Optimizer, batch_size: int
) -> None:
    """The loop of every tutorial, in float32."""
    order = epoch_order(len(data.X), 0, 0).to(data.X.device)
    for first in range(0, len(order) - batch_size + 1, batch_size):
        rows = order[first : first + batch_size]
        loss = cross_entropy(model(data.X[rows]), data.y[rows])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def images(n: int, device: torch.device) -> Examples:
    gen = torch.Generator().manual_seed(0)
    X = torch.randn(n, 3, 32, 32, generator=gen)
    return Examples(X, torch.randint(10, (n,), generator=gen)).to(device)


def sgd(model: nn.Module, **more: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, **more)


def resnet(device: torch.device, tiny: bool) -> dict[str, dict[str, Any]]:
    data, batch = (images(16, device), 8) if tiny else (images(50_000, device), 1024)
    rows = {}
    for depth in (8,) if tiny else DEPTHS:
        make = lambda depth=depth: networks.resnet_cifar(depth, dtype=torch.float32).to(device)  # noqa: E731
        count = len(data.X) // batch * batch
        plain = make()
        optimizer = sgd(plain)
        slow = count / seconds(lambda: raw_epoch(plain, data, optimizer, batch), device, 2)  # noqa: B023
        fast = count / fitted_seconds(make(), data, batch, device, tiny)
        rows[f"resnet{depth}"] = {
            "value": fast,
            "unit": "images/s",
            "float32_eager": slow,
            "ratio": fast / slow,
            "memory_bound": memory_bound(make(), data, device, tiny),
        }
    return rows


def fitted_seconds(
    model: nn.Module, data: Examples, batch: int, device: torch.device, tiny: bool
) -> float:
    """Seconds of an epoch of `fit`, from its own history: the first, which compiles, left out."""
    compiled = not tiny
    options = Options(amp="bf16", channels_last=True, compile=compiled, log_every=10**6)
    run = fit(model, data, sgd(model), epochs=4, batch_size=batch, options=options)
    count = len(data.X) // batch * batch
    return min(count / row["examples_per_second"] for row in run.history[1:])


def memory_bound(model: nn.Module, data: Examples, device: torch.device, tiny: bool) -> float:
    """Images a second if only the traffic of activations took time.

    Each convolution's and normalisation's output, in 2 bytes a number, is written once and read
    once forwards, and as much again, with its gradient, backwards: four passes.
    """
    numbers = 0

    def count(module: nn.Module, inputs: Any, output: torch.Tensor) -> None:
        nonlocal numbers
        numbers += output[0].numel()

    kinds = (nn.Conv2d, nn.BatchNorm2d)
    hooks = [m.register_forward_hook(count) for m in model.modules() if isinstance(m, kinds)]
    with torch.no_grad():
        model.eval()(data.X[:1])
    for hook in hooks:
        hook.remove()
    source = torch.empty(2**16 if tiny else 2**30, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    bandwidth = 2 * source.numel() / seconds(lambda: target.copy_(source), device, 5)
    return bandwidth / (4 * 2 * numbers)


def graph(device: torch.device, tiny: bool) -> dict[str, dict[str, Any]]:
    gen = torch.Generator().manual_seed(0)
    n, batch = (64, 32) if tiny else (64_000, 64)
    data = Examples(torch.randn(n, 64, generator=gen), torch.randint(10, (n,), generator=gen))
    data = data.to(device)

    def model() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 10)).to(device)

    eager = model()
    optimizer = sgd(eager)
    slow = seconds(lambda: raw_epoch(eager, data, optimizer, batch), device, 2)
    recorded = device.type == "cuda"
    options = Options(cuda_graph=recorded, log_every=10**6)
    net = model()
    run = fit(net, data, sgd(net, fused=recorded), epochs=4, batch_size=batch, options=options)
    fast = n / max(row["examples_per_second"] for row in run.history[1:])
    return {"graph": {"value": slow / fast, "unit": "times", "recorded": recorded}}


def ensemble(device: torch.device, tiny: bool) -> dict[str, dict[str, Any]]:
    many, steps, few = (4, 5, 1) if tiny else (1000, 200, 3)
    gen = torch.Generator().manual_seed(0)
    X, y = torch.randn(1000, 64, generator=gen), torch.randint(10, (1000,), generator=gen)
    data = Examples(X, y).to(device)

    def together() -> None:
        trainer = EnsembleTrainer(
            64, 10, hidden=[(16,)], seeds=range(many), rates=[0.1], device=device
        )
        trainer.fit(data, steps=steps, batch_size=32)

    def one_by_one() -> None:
        for seed in range(few):
            torch.manual_seed(seed)
            model = nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10)).to(device)
            optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
            for step in range(steps):
                rows = torch.arange(32, device=device) + step
                optimizer.zero_grad()
                cross_entropy(model(data.X[rows]), data.y[rows]).backward()
                optimizer.step()

    each = seconds(one_by_one, device, 2) / few
    ratio = each * many / seconds(together, device, 2)
    return {"ensemble": {"value": ratio, "unit": "times", "networks": many}}


def resume(device: torch.device, tiny: bool) -> dict[str, dict[str, Any]]:
    class Cut(BaseException):
        pass

    def cut(step: int) -> None:
        if step == 3:
            raise Cut

    data, batch = (images(16, device), 4) if tiny else (images(2048, device), 128)

    def train(**more: Any) -> list[torch.Tensor]:
        set_seed(0, deterministic=True)
        model = networks.resnet_cifar(8, dtype=torch.float32).to(device)
        options = Options(amp="bf16", ema=0.99, **more)
        fit(model, data, sgd(model), epochs=2, batch_size=batch, options=options)
        return [t.cpu() for t in model.state_dict().values()]

    try:
        with tempfile.TemporaryDirectory() as folder:
            whole, file = train(), Path(folder) / "checkpoint"
            try:
                train(checkpoint=file, checkpoint_every=2, on_step=cut)
            except Cut:
                pass
            again = train(checkpoint=file, checkpoint_every=2)
    finally:
        torch.use_deterministic_algorithms(False)
    same = all(torch.equal(a, b) for a, b in zip(whole, again, strict=True))
    return {"resume": {"value": same, "unit": "same bits"}}


CASES: dict[str, Callable[[torch.device, bool], dict[str, dict[str, Any]]]] = {
    "resnet": resnet,
    "graph": graph,
    "ensemble": ensemble,
    "resume": resume,
}

if __name__ == "__main__":
    sys.exit(main())
