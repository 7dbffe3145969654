"""Points of a whole verdict corpus on three targets: tdl grade, Gradescope's container, otter.

    python benchmarks/agreement.py hw1 [--only 'wrong/q2_*']

Prints a table of submissions by kind, how many agree in every question, and every difference.
Needs root and bwrap, as the container is made of namespaces.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from autograder.corpus import read_corpus  # noqa: E402
from tests.autograder.targets.agreement import compare_targets  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("assignment")
    parser.add_argument("--only", default="*")
    options = parser.parse_args()
    corpus = read_corpus(ROOT, options.assignment)
    chosen = [e for e in corpus if fnmatch(e.name, options.only)]
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="tdl-agreement-") as folder:
        agreement = compare_targets(ROOT, Path(folder), options.assignment, chosen)
    differences = agreement.differences()
    differing = {line.split(" ")[0].partition("--")[0] for line in differences}
    kinds = Counter(name.partition("--")[0] for name in agreement.native)
    print(f"{'kind':<14}{'submissions':>12}{'questions':>11}  agree")
    for kind, count in sorted(kinds.items()):
        rows = [p for name, p in agreement.native.items() if name.startswith(f"{kind}--")]
        questions = sum(map(len, rows))
        print(f"{kind:<14}{count:>12}{questions:>11}  {'no' if kind in differing else 'all'}")
    for line in differences:
        print(line)
    print(f"{time.perf_counter() - started:.0f} s")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
