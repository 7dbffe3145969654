"""Points of verdict corpora on three targets: tdl grade, Gradescope's container, otter.

    python benchmarks/agreement.py hw0 hw1 [--every 4] [--first 0] [--only 'wrong/q2_*']

Answers to different questions are graded in one notebook, as by `tdl verdicts`. Prints a table of
submissions, notebooks and questions, and every question in which a target says something else.
Needs root and bwrap, as the container is made of namespaces.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.corpus import read_corpus  # noqa: E402
from autograder.packing import packed  # noqa: E402
from tests.autograder.targets.agreement import compare_targets  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("assignments", nargs="+")
    parser.add_argument("--only", default="*")
    parser.add_argument("--every", type=int, default=1, help="each so many-th notebook only")
    parser.add_argument("--first", type=int, default=0, help="number of the first of them")
    options = parser.parse_args()
    print("| assignment | submissions | notebooks | questions | with points lost | differ | s |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    different = 0
    for assignment in options.assignments:
        started = time.perf_counter()
        corpus = [e for e in read_corpus(ROOT, assignment) if fnmatch(e.name, options.only)]
        packs = packed(corpus)[options.first :: options.every]
        with tempfile.TemporaryDirectory(prefix="tdl-agreement-") as folder:
            merged = [pack.merged for pack in packs]
            agreement = compare_targets(ROOT, Path(folder), assignment, merged)
        differences = agreement.differences()
        different += len(differences)
        members = sum(len(pack.members) for pack in packs)
        points = [p for each in agreement.native.values() for p in each.items()]
        full = agreement.full_marks()
        lost = sum(value < full[question] for question, value in points)
        seconds = time.perf_counter() - started
        cells = [members, len(packs), len(points), lost, len(differences), f"{seconds:.0f}"]
        print("|", " | ".join([f"{assignment}, of {len(corpus)}", *map(str, cells)]), "|")
        print(*differences, sep="\n", end="\n" if differences else "", flush=True)
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
