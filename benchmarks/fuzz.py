"""Coverage-guided fuzzing of what the judge reads from the student's side, for a bounded time.

    python benchmarks/fuzz.py wire --seconds 120      frames, and replies to a test's calls
    python benchmarks/fuzz.py notebook --seconds 120  submitted notebooks
    python benchmarks/fuzz.py policy --seconds 120    cells, read for what a question forbids

Needs atheris (`pip install atheris`); not part of CI, where hypothesis looks at the same functions
(tests/autograder/test_fuzz.py). Ends with libFuzzer's count of executions; an exception that its
caller is not made for ends it at once, with the input in a file.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris
import torch  # noqa: F401 - or the first tensor of the run would pay for its import

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
with atheris.instrument_imports(include=["autograder"]):
    from tests.autograder import fuzzing


def wire(data: bytes) -> None:
    """A payload by itself; then, cut in pieces by its first bytes, as replies to a test."""
    fuzzing.read_frame(data)
    provider = atheris.FuzzedDataProvider(data)
    operation, count = provider.ConsumeIntInRange(0, 31), provider.ConsumeIntInRange(1, 3)
    frames = [provider.ConsumeBytes(provider.ConsumeIntInRange(0, 400)) for _ in range(count)]
    fuzzing.talk(operation, [*frames, provider.ConsumeBytes(10_000)])


def notebook(folder: Path) -> Callable[[bytes], None]:
    """Bytes as a submitted notebook."""

    def one(data: bytes) -> None:
        fuzzing.read_notebook(data, folder)

    return one


def policy(data: bytes) -> None:
    """Text as a cell and as a module."""
    fuzzing.read_policy(data.decode("utf-8", "replace"))


def seeds_of(target: str, folder: Path) -> None:
    """Well-formed inputs to start from."""
    import numpy as np

    from autograder.protocol import encode

    array, generator = np.arange(6.0).reshape(2, 3), np.random.default_rng(1)
    values = [None, True, -5, 1.5, 2j, "a", b"b", [1], (2,), {"a": 1}, {3}, range(3), array, ...]
    values += [array.T, np.float32(1), np.dtype("int8"), generator, {"value": array, "shared": []}]
    values += [{"ask": 0, "args": (1,), "kwargs": {}}, {"error": {"types": ["KeyError"]}}]
    values += [{"value": 1, "changed": ((array, [1], generator, None), {"key": {"a": [array]}})}]
    marks = {"nbgrader": {"grade_id": "q1-answer", "points": 2, "solution": True}}
    cell = {"cell_type": "code", "metadata": marks, "source": ["x"], "id": "c1", "outputs": []}
    texts = [
        "def f(x): return x.y",
        "import torch as t\nf = t.nn",
        "%%time\n!ls",
        "class A:\n  x=1",
    ]
    inputs = {
        "wire": [encode(value) for value in values],
        "notebook": [
            json.dumps({"cells": [cell], "nbformat": 4}).encode(),
            json.dumps({"worksheets": [{"cells": [cell]}]}).encode(),
        ],
        "policy": [text.encode() for text in texts],
    }
    for number, data in enumerate(inputs[target]):
        (folder / f"seed{number}").write_bytes(data)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target", choices=["wire", "notebook", "policy"])
    parser.add_argument("--seconds", type=int, default=60)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tdl-fuzz-") as work:
        corpus = Path(work, "corpus")
        corpus.mkdir()
        seeds_of(asked.target, corpus)
        targets = {"wire": wire, "notebook": notebook(Path(work)), "policy": policy}
        options = [f"-max_total_time={asked.seconds}", "-timeout=60", "-rss_limit_mb=4096"]
        options += ["-max_len=20000", f"-artifact_prefix={tempfile.gettempdir()}/tdl-fuzz-"]
        atheris.Setup([sys.argv[0], *options, str(corpus)], targets[asked.target])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
