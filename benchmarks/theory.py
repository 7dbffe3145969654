"""How much faster the reference package is than a notebook's way: CPU time ratios of one run.

    python benchmarks/theory.py [--only NAME ...] [--json FILE] [--list]

Every case is run in this process, on one thread. A time is the least CPU time of several calls
after one call to warm up (imports, compilation); the contestants take turns in several rounds, so
that a machine whose speed drifts is the same for all. Only ratios are compared with targets. Exit
status 1 if a case misses its target or its error bound.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import platform
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import theory_cases
from theory_cases import Case

_ROUNDS = 4
_SECONDS = 0.5  # of CPU time for each contestant in a round, but at least one timed call in all
_CALLS = 10  # and at most so many


def main() -> int:
    arguments = _parser().parse_args()
    for name in ("OMP", "MKL", "OPENBLAS", "NUMBA"):  # before a case imports numpy
        os.environ[f"{name}_NUM_THREADS"] = "1"
    cases = [c for c in _cases() if not arguments.only or c.name in arguments.only]
    unknown = set(arguments.only) - {c.name for c in cases}
    if unknown:
        _parser().error(f"no case is called {', '.join(sorted(unknown))}; see --list")
    if arguments.list:
        print("\n".join(f"{c.name:<12}{c.title}" for c in cases))
        return 0
    rows = []
    for case in cases:
        rows.append(_measured(case))
        print(_line(rows[-1]), flush=True)
    if arguments.json:
        report = {"machine": _machine(), "threads": 1, "cases": rows}
        arguments.json.write_text(json.dumps(report, indent=2) + "\n")
    return 0 if all(row["passed"] for row in rows) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="run these cases")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here as well")
    parser.add_argument("--list", action="store_true", help="name the cases and stop")
    return parser


def _cases() -> Iterator[Case]:
    for module in pkgutil.iter_modules(theory_cases.__path__):
        yield from importlib.import_module(f"theory_cases.{module.name}").CASES


def _measured(case: Case) -> dict[str, object]:
    import torch

    torch.set_num_threads(1)
    error = case.error(case.ours())
    seconds, calls = _cpu_seconds([case.ours, case.naive, *case.best.values()])
    ours, naive, *others = seconds
    naive /= case.share
    best = dict(zip(case.best, others, strict=True))
    ratio = naive / ours
    return {
        "name": case.name,
        "title": case.title,
        "ours_s": ours,
        "ours_calls": calls[0],
        "naive_s": naive,
        "naive_share": case.share,
        "ratio": ratio,
        "target": case.target,
        "best_s": best,
        "ratio_to_best": {name: seconds / ours for name, seconds in best.items()},
        "error": error,
        "error_bound": case.bound,
        "passed": ratio >= case.target and error <= case.bound,
    }


def _cpu_seconds(contestants: list[Callable[[], object]]) -> tuple[list[float], list[int]]:
    """Least CPU time of a call of each, and how many were timed."""
    times: list[list[float]] = [[] for _ in contestants]
    for _ in range(_ROUNDS):
        for call, own in zip(contestants, times, strict=True):
            # Who has had all its time with one call sits the other rounds out.
            if sum(own) < _ROUNDS * _SECONDS:
                own += _one_round(call)
    return [min(own) for own in times], [len(own) for own in times]


def _one_round(call: Callable[[], object]) -> list[float]:
    times: list[float] = []
    while sum(times) < _SECONDS and len(times) < _CALLS:
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return times


def _line(row: dict[str, object]) -> str:
    best = "".join(
        f", {name} {seconds:.3g} s ({row['ratio_to_best'][name]:.3g}x)"  # type: ignore[index]
        for name, seconds in row["best_s"].items()  # type: ignore[attr-defined]
    )
    verdict = "ok" if row["passed"] else "MISSED"
    return (
        f"{verdict:<7}{row['name']:<12}{row['ratio']:.0f}x (target {row['target']:g}x): "
        f"naive {row['naive_s']:.4g} s{best}, ours {row['ours_s']:.4g} s, "
        f"error {row['error']:.1e} <= {row['error_bound']:.0e}"
    )


def _machine() -> dict[str, str]:
    from importlib.metadata import version

    packages = {name: version(name) for name in ("numpy", "scipy", "torch", "numba")}
    return {"python": platform.python_version(), "cpu": _cpu(), **packages}


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    names = [line.split(":")[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


if __name__ == "__main__":
    sys.exit(main())
