"""False rejects: right answers marked with one set of hidden inputs after another.

`python benchmarks/stability.py hw1 --seeds 1000` marks the model solution and every submission of
alternative/ in each part that it answers anew, with that many seeds, all in copies of one process
per answer. Tests that draw no inputs run once. Prints, per part, how many markings there were and
how many lost points; a rejected right answer is a fault of its test. Exit code 1 if there is one.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from pathlib import Path
from typing import Any

from autograder.mutation.running import in_children

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    """Try the seeds; 1 if a right answer lost points."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("assignment")
    parser.add_argument("--seeds", type=int, default=1000, help="sets of hidden inputs")
    parser.add_argument("--first", type=int, default=0, help="number of the first seed")
    parser.add_argument("--question", default="", help="only this question or part")
    parser.add_argument("--seconds", type=float, default=0.0, help="per answer, at most; 0: no end")
    parser.add_argument("--jobs", type=int, default=1, help="processes at once; 0: one per core")
    arguments = parser.parse_args()
    jobs = arguments.jobs or len(os.sched_getaffinity(0))
    lines = [line for found in in_children(orders(arguments, jobs)) for line in found]
    return show(lines)


def orders(arguments: argparse.Namespace, jobs: int) -> list[dict[str, Any]]:
    """One order per process: each takes a run of the seeds."""
    order = {"work": "seeds", "course": str(ROOT), "assignment": arguments.assignment}
    order |= {"question": arguments.question, "seconds": arguments.seconds}
    bounds = [arguments.first + arguments.seeds * job // jobs for job in range(jobs + 1)]
    shares = zip(bounds, bounds[1:], strict=False)
    return [{**order, "first": first, "seeds": end - first} for first, end in shares]


def show(lines: list[dict[str, Any]]) -> int:
    """Print what happened; 1 if a right answer lost points."""
    answers, tried, rejected = Counter[str](), Counter[str](), Counter[str]()
    seconds = Counter[str]()
    fixed = set[str]()
    fewest: dict[str, int] = {}
    for line in lines:
        part = line["part"]
        if "seeds" in line:
            answers[part] += 1
            tried[part] += line["seeds"]
            seconds[part] += line["seconds"]
            fixed |= set() if line["drawn"] else {part}
            fewest[part] = min(line["seeds"], fewest.get(part, line["seeds"]))
        else:
            rejected[part] += 1
            print(f"{line['name']}: {line['case']}, seed {line['seed']}: {line['said'][:200]}")
    print(f"{'part':<12}{'answers':>8}{'seeds':>7}{'markings':>10}{'lost':>6}{'ms each':>9}")
    for part in tried:
        each = 1000 * seconds[part] / tried[part]
        counts = f"{answers[part]:>8}{fewest[part]:>7}{tried[part]:>10}{rejected[part]:>6}"
        said = "  draws no inputs" if part in fixed else ""
        print(f"{part:<12}{counts}{each:>9.0f}{said}")
    print(f"{sum(rejected.values())} of {sum(tried.values())} markings lost points")
    return 1 if rejected else 0


if __name__ == "__main__":
    raise SystemExit(main())
