"""Distributions behind the limits of lab 1: the model solution over many seeds.

    python benchmarks/lab_thresholds.py accuracy [--seeds 24] [--first 0]
    python benchmarks/lab_thresholds.py race [--seeds 24] [--first 0] [--grid]

accuracy: held-out accuracy of q3's engine as the judge trains it; a mark is the median of three
seeds. race: final losses of q5's race at the model solution's rates; with --grid also over a grid.
Each is printed with the limit and its distance from the mean in standard deviations of the median
of three, which is resampled from the seeds. `--first` is the first seed: a limit that was chosen on
some seeds is judged on others. The code is source/lab1's and its hidden tests'.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import itertools
import json
import os
import statistics
import sys
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("MPLBACKEND", "Agg")

ROOT = Path(__file__).resolve().parents[1]
GRID = {
    "sgd": [0.05, 0.1, 0.2, 0.5, 1.0, 2.0],
    "momentum": [0.005, 0.01, 0.03, 0.1, 0.2, 0.5],
    "adam": [0.001, 0.003, 0.006, 0.01, 0.02, 0.05],
}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=("accuracy", "race"))
    parser.add_argument("--seeds", type=int, default=24)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--grid", action="store_true", help="also race over a grid of rates")
    arguments = parser.parse_args()
    if arguments.grid:
        show_grid()
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    return {"accuracy": accuracy, "race": race}[arguments.what](seeds)


def model_solution(*cells: str) -> dict[str, Any]:
    """The names that these cells of source/lab1 define, without what only shows."""
    notebook = json.loads((ROOT / "source/lab1/lab1.ipynb").read_text("utf-8"))
    sources = {
        c["metadata"]["nbgrader"]["grade_id"]: "".join(c["source"]) for c in notebook["cells"]
    }
    names: dict[str, Any] = {}
    sys.path.insert(0, str(ROOT))
    for cell in ("setup", *cells):
        exec(compile(ast.parse(sources[cell]), cell, "exec"), names)
    return names


def hidden(question: str) -> Any:
    """The module of hidden tests."""
    path = ROOT / "autograder/checks/lab1" / f"test_{question}.py"
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


def report(name: str, found: list[float], limit: float, *, above: bool) -> int:
    medians = [statistics.median(three) for three in itertools.combinations(found, 3)]
    spread = statistics.stdev(found), statistics.pstdev(medians)
    distance = (statistics.fmean(medians) - limit) / spread[1] * (1 if above else -1)
    print(
        f"{name}: {len(found)} seeds, {min(found):.4f} to {max(found):.4f}, "
        f"mean {statistics.fmean(found):.4f}, std {spread[0]:.4f}; median of three: "
        f"std {spread[1]:.4f}; limit {limit} is {distance:.1f} of these away"
    )
    return 0 if distance >= 4 else 1


if __name__ == "__main__":
    sys.exit(main())
