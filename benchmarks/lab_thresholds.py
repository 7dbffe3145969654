"""Distributions behind the limits of the labs: the model solutions over many seeds.

    python benchmarks/lab_thresholds.py accuracy [--seeds 24] [--first 0]
    python benchmarks/lab_thresholds.py race [--seeds 24] [--first 0] [--grid]
    python benchmarks/lab_thresholds.py stats [--seeds 24] [--first 0]
    python benchmarks/lab_thresholds.py deep [--seeds 24] [--first 0] [--wrong]

lab 1. accuracy: held-out accuracy of q3's engine as the judge trains it; a mark is the median of
three seeds. race: final losses of q5's race at the model solution's rates; with --grid also over a
grid. lab 2. stats: q2's standard deviations over their limits in infinite width, the layer that is
furthest off. deep: q5's accuracies; with --wrong also of typical wrong recipes, three seeds each.
Each is printed with the limit and its distance from the mean in standard deviations of the median
of three, which is resampled from the seeds. `--first` is the first seed: a limit that was chosen on
some seeds is judged on others. The code is that of source/ and of the hidden tests.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import itertools
import json
import os
import random
import statistics
import sys
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np  # noqa: E402  after the number of threads is set

ROOT = Path(__file__).resolve().parents[1]
GRID = {
    "sgd": [0.05, 0.1, 0.2, 0.5, 1.0, 2.0],
    "momentum": [0.005, 0.01, 0.03, 0.1, 0.2, 0.5],
    "adam": [0.001, 0.003, 0.006, 0.01, 0.02, 0.05],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("accuracy", "race", "stats", "deep"))
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--grid", action="store_true", help="also race over a grid of rates")
    parser.add_argument("--wrong", action="store_true", help="also train by wrong recipes")
    arguments = parser.parse_args()
    if arguments.grid:
        show_grid()
    if arguments.wrong:
        show_wrong()
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    tasks = {"accuracy": accuracy, "race": race, "stats": stats, "deep": deep}
    return tasks[arguments.what](seeds)


def model_solution(*cells: str, lab: str = "lab1", **changes: str) -> dict[str, Any]:
    """The names that these cells of a lab's source define, without what only shows."""
    notebook = json.loads((ROOT / f"source/{lab}/{lab}.ipynb").read_text("utf-8"))
    sources = {
        c["metadata"]["nbgrader"]["grade_id"]: "".join(c["source"]) for c in notebook["cells"]
    }
    names: dict[str, Any] = {}
    sys.path.insert(0, str(ROOT))
    for cell in ("setup", *cells):
        source = sources[cell]
        for old, new in changes.items():
            source = source.replace(old, new)
        exec(compile(ast.parse(source), cell, "exec"), names)
    return names


def hidden(question: str, lab: str = "lab1") -> Any:
    """The module of hidden tests."""
    path = ROOT / "autograder/checks" / lab / f"test_{question}.py"
    spec = importlib.util.spec_from_file_location(question, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def accuracy(seeds: range) -> int:
    names, checks = model_solution("q3-answer"), hidden("q3")
    X, y, X_test, y_test = names["digits_split"]()
    found = []
    for seed in seeds:
        state = names["start"]([128], seed)
        state = names["advance"](state, X, y, 800, 0.1, momentum=0.9, batch_size=32)
        logits = checks.outputs(checks.parameters(state), X_test)[-1]
        found.append(float((logits.argmax(1) == y_test).mean()))
    return report("accuracy", found, 0.95, above=True)


def show_grid() -> None:
    checks = hidden("q5")
    for method, grid in GRID.items():
        for rate in grid:
            few = [checks.race(method, rate, seed) for seed in range(5)]
            print(f"{method} {rate:g}: median of 5 seeds {statistics.median(few):.3f}", flush=True)


def race(seeds: range) -> int:
    checks, rates = hidden("q5"), model_solution("q5-answer")["best_rates"]
    bad = 0
    for method in GRID:
        found = [checks.race(method, rates[method], seed) for seed in seeds]
        bad |= report(f"{method} at {rates[method]:g}", found, checks.LIMITS[method], above=False)
    return bad


def stats(seeds: range) -> int:
    names, checks = model_solution("q2-answer", lab="lab2"), hidden("q2", "lab2")
    rng, bad = np.random.default_rng(0), 0
    for case, (scheme, nonlinearity, d, scale, limit) in checks.CASES.items():
        X = scale * rng.normal(size=(100, d))
        expected = checks.limits(X, 10, 500, scheme, nonlinearity)
        runs = [names["activation_stats"](X, 10, 500, scheme, nonlinearity, s) for s in seeds]
        ratios = np.array(runs) / expected
        of = 9 if nonlinearity == "relu" else 3
        for what, part, tolerance, of_what in (
            ("layer 1", ratios[:, 0], 0.05, 3),
            ("worst layer", ratios[:, np.abs(ratios - 1).mean(axis=0).argmax()], limit, of),
        ):
            values = [float(v) for v in part]
            for side, above in ((1 - tolerance, True), (1 + tolerance, False)):
                name = f"{case}, {what}"
                bad |= report(name, values, side, above=above, of=of_what)
    return bad


def deep(seeds: range) -> int:
    names, checks = model_solution("q5-answer", lab="lab2"), hidden("q5", "lab2")
    bad = 0
    for kind, depth, limit, above in (
        ("plain", 4, checks.SHALLOW, True),
        ("residual", 22, checks.RESIDUAL, True),
        ("plain", 22, checks.PLAIN, False),
    ):
        found = []
        for seed in seeds:
            weights = checks.parameters(names["train_deep"](kind, depth, seed), depth)
            found.append(checks.accuracy(kind, *weights))
        bad |= report(f"{kind}, {depth} layers", found, limit, above=above)
    return bad


WRONG = {  # what is wrong: kind, depth, replacements in the model solution
    "residual without its shortcut": ("residual", 22, {"else h + r": "else relu(r)"}),
    "residual, last layer only": (
        "residual",
        22,
        {
            "[p.requires_grad_() for p in parameters]": "[parameters[depth - 1].requires_grad_(),"
            " parameters[-1].requires_grad_()]"
        },
    ),
    "residual, not trained": ("residual", 22, {"in range(steps)": "in range(0)"}),
    "plain of 4 layers without momentum": ("plain", 4, {", momentum=0.9": ""}),
    "plain with the shortcut": ("plain", 22, {'relu(r) if kind == "plain" else h + r': "h + r"}),
}


def show_wrong() -> None:
    checks = hidden("q5", "lab2")
    for name, (kind, depth, changes) in WRONG.items():
        names = model_solution("q5-answer", lab="lab2", **changes)
        # Weights are judged in the network that the statement has for their kind.
        few = []
        for seed in range(3):
            weights = checks.parameters(names["train_deep"](kind, depth, seed), depth)
            few.append(checks.accuracy(kind, *weights))
        print(f"{name}: " + ", ".join(f"{a:.3f}" for a in few), flush=True)


def report(name: str, found: list[float], limit: float, *, above: bool, of: int = 3) -> int:
    medians = medians_of(found, of)
    spread = statistics.stdev(found), statistics.pstdev(medians)
    # Where all seeds give one value, one held-out example stands for the spread.
    distance = (statistics.fmean(medians) - limit) / max(spread[1], 0.002) * (1 if above else -1)
    print(
        f"{name}: {len(found)} seeds, {min(found):.4f} to {max(found):.4f}, "
        f"mean {statistics.fmean(found):.4f}, std {spread[0]:.4f}; median of {of}: "
        f"std {spread[1]:.4f}; limit {limit} is {distance:.1f} of these away"
    )
    return 0 if distance >= 4 else 1


def medians_of(found: list[float], of: int) -> list[float]:
    """Medians of all choices of three, or of random draws of more."""
    if of == 3:
        return [statistics.median(three) for three in itertools.combinations(found, 3)]
    rng = random.Random(0)
    return [statistics.median(rng.choices(found, k=of)) for _ in range(20_000)]


if __name__ == "__main__":
    sys.exit(main())
