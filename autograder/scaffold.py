"""A new homework that works at once: one question in code and one proof, tests, corpus.

What it asks is a placeholder worth reading: the stable logarithm of a sum of exponentials, and the
two bounds that make it a soft maximum. Replace question by question; `tdl doctor` says what no
longer fits.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from autograder.corpus import SUBMISSIONS
from autograder.errors import CourseError
from autograder.grade.course import CourseFolder

KINDS = {  # grade, solution, locked, task
    "text": (False, False, True, False),
    "answer": (False, True, False, False),
    "check": (True, False, True, False),
    "task": (False, False, True, True),
    "proof": (True, True, False, False),
}
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}

INTRO = """# {title}

Questions: q1 in code, q2 a proof. Run `check("q1")` as often as you like; it tells what the public
tests say. Keep the names of functions and the locked cells as they are."""
SETUP = """import numpy as np

from autograder.selfcheck import check, check_all"""
Q1_STATEMENT = r"""## q1. A sum of exponentials, in logarithms (6 points)

`log_sum_exp(z)` takes `z`, float64 `[n, K]` with finite entries and $K \ge 1$, and returns the
float64 `[n]` array with entries $\log\sum_k e^{z_{ik}}$, to a relative error of 1e-12 (absolute
near 0), for entries of any size. `z` stays as it was. Not allowed: `scipy.special` and
`torch.logsumexp`."""
Q1_ANSWER = '''def log_sum_exp(z):
    """Logarithm of the sum of exponentials of each row of z, float64 [n, K]."""
    ### BEGIN SOLUTION
    top = z.max(axis=1)
    return top + np.log(np.exp(z - top[:, None]).sum(axis=1))
    ### END SOLUTION'''
Q2_TASK = r"""## q2. A soft maximum (4 points)

Let $z \in \mathbb{R}^K$. Prove that
$$\max_k z_k \;\le\; \log\sum_{k=1}^K e^{z_k} \;\le\; \max_k z_k + \log K ,$$
and say for which $z$ the right inequality is an equality.

=== BEGIN MARK SCHEME ===
| step | points | earned for |
|---|---|---|
| a | 1 | left: the sum is at least its largest term, and log increases |
| b | 2 | right: each of the $K$ terms is at most the largest |
| c | 1 | equality exactly if all $z_k$ are equal |
=== END MARK SCHEME ==="""
Q2_ANSWER = r"""Let $m = \max_k z_k$. All terms are positive and one of them is $e^m$, so the sum
is at least $e^m$; the logarithm increases, which is the left inequality. Each term is at most
$e^m$, so the sum is at most $K e^m$, which is the right one. There equality holds exactly if every
term equals $e^m$, that is if all $z_k$ are equal."""
PUBLIC = '''"""Public tests of q1: what can be checked by hand."""

import numpy as np
import pytest

from autograder.testing import assert_close

pytestmark = pytest.mark.question("q1", forbid=["scipy.special", "torch.logsumexp"])


@pytest.mark.question("q1", hint="Sum over the entries of a row: axis 1.")
def test_equal_entries(student):
    """K equal entries c give c + log K."""
    assert_close(student.log_sum_exp(np.full((2, 4), 3.0)), np.full(2, 3.0 + np.log(4.0)))


@pytest.mark.question("q1", hint="Which of your lines writes into z?")
def test_the_argument_stays(student, rng):
    """z is the same after the call."""
    z = rng.normal(size=(4, 3))
    before = z.copy()
    student.log_sum_exp(z)
    assert np.array_equal(z, before), "z was changed"
'''
HIDDEN = '''"""Hidden tests of q1: against exact summation, on moderate and on large entries.

Tolerance 1e-12: the maximum is subtracted exactly up to one rounding of each difference, the sum of
K <= 8 terms in [0, 1] and its logarithm add a few more units of 2.2e-16.
"""

import math

import numpy as np
import pytest

from autograder.testing import assert_close


def by_rows(z):
    """Row by row, with exact summation behind the largest entry."""
    tops = [max(row) for row in z.tolist()]
    pairs = zip(z.tolist(), tops, strict=True)
    return np.array([t + math.log(math.fsum(math.exp(v - t) for v in row)) for row, t in pairs])


@pytest.mark.question("q1", weight=2, hint="Compare with the definition, row by row.")
def test_values(student, rng):
    """Right on moderate entries, n and K different."""
    z = rng.normal(size=(5, 8))
    assert_close(student.log_sum_exp(z), by_rows(z), rtol=1e-12, atol=1e-12)


@pytest.mark.question("q1", weight=1, hint="Entries may be large: what is exp(1000)?")
def test_large_entries(student, rng):
    """Finite and right where exp overflows."""
    z = 1000.0 + rng.normal(size=(3, 4))
    assert_close(student.log_sum_exp(z), by_rows(z), rtol=1e-12)


@pytest.mark.question("q1", weight=1, hint="Entries may be very negative: what is log(exp(-1000))?")
def test_very_negative_entries(student, rng):
    """Finite and right where exp underflows in every entry."""
    z = -1000.0 + rng.normal(size=(3, 4))
    assert_close(student.log_sum_exp(z), by_rows(z), rtol=1e-12)
'''
LOOP = """def log_sum_exp(z):
    result = np.empty(len(z))
    for i, row in enumerate(z):
        top = max(row)
        result[i] = top + np.log(sum(np.exp(v - top) for v in row))
    return result
"""
PAIRWISE = """def log_sum_exp(z):
    return np.logaddexp.reduce(z, axis=1)
"""
CORPUS: dict[str, tuple[str, str, str]] = {  # claim, expected marks, answer of q1
    "correct/model_solution": ("The model solution.", "", ""),
    "alternative/q1_loop": ("Row by row in plain Python.", "", LOOP),
    "alternative/q1_pairwise": ("Folds the row pair by pair.", "", PAIRWISE),
    "wrong/q1_empty_return": (
        "Returns an empty array.",
        "q1 = { score = 0.0 }",
        "def log_sum_exp(z):\n    return np.zeros(0)\n",
    ),
    "wrong/q1_overflows": (
        "Takes the exponential of the entries themselves.",
        "q1 = { score = 3.0 }",
        "def log_sum_exp(z):\n"
        '    with np.errstate(all="ignore"):\n'
        "        return np.log(np.exp(z).sum(axis=1))\n",
    ),
    "wrong/q1_wrong_axis": (
        "Sums over the rows instead of within them.",
        "q1 = { score = 0.0 }",
        "def log_sum_exp(z):\n    return np.logaddexp.reduce(z, axis=0)\n",
    ),
    "wrong/q1_forgets_the_maximum": (
        "Does not add the maximum back.",
        "q1 = { score = 0.0 }",
        "def log_sum_exp(z):\n"
        "    return np.log(np.exp(z - z.max(axis=1, keepdims=True)).sum(axis=1))\n",
    ),
}


def new_homework(course: CourseFolder, name: str, title: str = "") -> list[Path]:
    """Write a new homework's source, tests and corpus; the files.

    Args:
        course: the course.
        name: such as hw5.
        title: the notebook's heading; from the name if empty.

    Raises:
        CourseError: the name can't be one, or something of that name is there.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,40}", name):
        raise CourseError(f"name must be letters and digits such as hw5, got {name!r}")
    source = course.folder("source", ".", name)
    checks = course.root / course.course.checks / name
    corpus = (course.private or course.root) / SUBMISSIONS / name
    for folder in (source, checks, corpus):
        if folder.exists():
            raise CourseError(f"{folder} must not exist yet, got one")
    files = {
        source / f"{name}.ipynb": _notebook(title or f"Homework {name.removeprefix('hw')}"),
        source / "tests" / "test_q1.py": PUBLIC,
        checks / "test_q1.py": HIDDEN,
    }
    for submission, (claim, expected, answer) in CORPUS.items():
        table = f"\n[questions]\n{expected}\n" if expected else ""
        files[corpus / submission / "expect.toml"] = f'claim = "{claim}"\n{table}'
        if answer:
            files[corpus / submission / "q1-answer.py"] = answer
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return list(files)


def keep_private(course: CourseFolder) -> bool:
    """Make the folders of a private part that lie nowhere yet; whether there were any.

    Else a first homework would go into the course folder, which may be public.
    """
    if course.private is None:
        return False
    places = {
        "source": course.folder("source", ".", "x").parent,
        "checks": course.root / course.course.checks,
    }
    missing = [part for part, place in places.items() if not place.exists()]
    for part in missing:
        (course.private / part).mkdir(mode=0o700, exist_ok=True)
    return bool(missing)


def _notebook(title: str) -> str:
    cells = [
        _cell("markdown", "intro", "text", INTRO.format(title=title)),
        _cell("code", "setup", "text", SETUP),
        _cell("markdown", "q1-statement", "text", Q1_STATEMENT),
        _cell("code", "q1-answer", "answer", Q1_ANSWER),
        _cell("code", "q1", "check", 'check("q1")', 6),
        _cell("markdown", "q2", "task", Q2_TASK, 4),
        _cell("markdown", "q2-answer", "proof", Q2_ANSWER, 0),
    ]
    notebook = {"cells": cells, "metadata": {"kernelspec": KERNEL}}
    return json.dumps({**notebook, "nbformat": 4, "nbformat_minor": 5}, indent=1) + "\n"


def _cell(type: str, id: str, kind: str, source: str, points: int | None = None) -> dict[str, Any]:
    names = ("grade", "solution", "locked", "task")
    marks: dict[str, Any] = dict(zip(names, KINDS[kind], strict=True))
    marks |= {"grade_id": id, "schema_version": 3}
    if points is not None:
        marks["points"] = points
    cell: dict[str, Any] = {"cell_type": type, "id": id, "metadata": {"nbgrader": marks}}
    cell["source"] = source.splitlines(keepends=True)
    return {**cell, "execution_count": None, "outputs": []} if type == "code" else cell
