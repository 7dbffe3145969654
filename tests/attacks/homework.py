"""A tiny homework to attack: a judged question with hidden inputs, one with a policy, a task."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.grade.course import CourseFolder, load_course
from tests.autograder.grade.conftest import cell
from tests.courses import nbgrader

NAME = "trial"
POINTS = {"q1": 4.0, "q2": 4.0}
SECRET_WORDS = ("987654321", "1975308642", "SECRETNAME")  # of the hidden tests below
CONFIG = """
import sys
c = get_config()
sys.path.insert(0, {root!r})
from autograder.targets.nbgrader import install
c.CourseDirectory.course_id = "attacks"
c.CourseDirectory.release_directory = "assignments"
c.Execute.record_timing = False
c.Course.term = "2026"
c.Course.checks = "checks"
c.Course.embargo = {{"trial": ["tdlcourse"]}}
c.Sandbox.level = c.Sandbox.minimum = "limits"
c.Sandbox.preload = ["numpy", "torch"]
c.Sandbox.cell_seconds = 0.4
c.Sandbox.cpu_seconds = 6
c.Sandbox.memory_mb = 768
c.Sandbox.file_mb = 8
c.Sandbox.disk_mb = 24
c.Sandbox.processes = 40
c.Sandbox.wall_factor = 4.0
c.Sandbox.wall_slack = 4.0
install(c)
"""
PUBLIC = '''
import pytest


@pytest.mark.question("q1", hint="Two is an example.", timeout=0.4)
def test_of_two(student):
    """double(2) is 4."""
    assert student.double(2) == 4


@pytest.mark.question("q2", forbid=["numpy.linalg.solve", ".backward"], timeout=0.4)
def test_of_the_identity(student):
    """The identity matrix leaves b."""
    import numpy as np
    assert np.allclose(student.solve(np.eye(2), np.ones(2)), np.ones(2))
'''
HIDDEN = '''
import numpy as np
import pytest
from autograder.testing import assert_close


@pytest.mark.question("q1", weight=2, hint="Think of arrays.", timeout=0.4)
def test_SECRETNAME_arrays(student, rng):
    """@HIDDEN@: arrays are doubled."""
    for _ in range(2):
        x = rng.normal(size=5)
        expected = 2 * x
        assert_close(student.double(x), expected)


@pytest.mark.question("q1", weight=1, timeout=0.4)
def test_SECRETNAME_number(student):
    """@HIDDEN@: a number that nobody knows."""
    assert student.double(-987654321) == -1975308642, "@HIDDEN@"


@pytest.mark.question("q1", weight=1, timeout=0.4)
def test_SECRETNAME_callback(student, rng):
    """@HIDDEN@: the function is applied twice, in order."""
    step, seen = int(rng.integers(10, 10**9)), []

    def f(x):
        seen.append(x)
        return x + step

    expected = 3 + 2 * step
    assert student.apply_twice(f, 3) == expected, "@HIDDEN@"
    assert seen == [3, 3 + step], "@HIDDEN@"


@pytest.mark.question("q2", weight=1, timeout=0.4)
def test_SECRETNAME_systems(student, rng):
    """@HIDDEN@: a system of two equations."""
    a, b = rng.normal(size=(2, 2)) + 4 * np.eye(2), rng.normal(size=2)
    expected = np.linalg.solve(a, b)
    assert_close(student.solve(a.copy(), b.copy()), expected, rtol=1e-9)
'''
HONEST_1 = "def double(x): return 2 * x\ndef apply_twice(f, x): return f(f(x))"
HONEST_2 = (
    "def solve(a, b):\n    det = a[0, 0] * a[1, 1] - a[0, 1] * a[1, 0]\n"
    "    x = b[0] * a[1, 1] - a[0, 1] * b[1]\n    y = a[0, 0] * b[1] - b[0] * a[1, 0]\n"
    "    return np.array([x, y]) / det"
)


def _source() -> dict[str, object]:
    """The instructor's notebook."""

    def answer(id: str, text: str) -> dict[str, object]:
        body = f"### BEGIN SOLUTION\n{text}\n### END SOLUTION"
        return cell("code", id, body, solution=True, locked=False)

    scheme = "Prove it.\n\n=== BEGIN MARK SCHEME ===\n@HIDDEN@\n=== END MARK SCHEME ==="
    proof = {"solution": True, "locked": False, "grade": True, "points": 0}
    cells = [
        cell("code", "setup", "import numpy as np\nfrom autograder.selfcheck import check"),
        answer("q1-answer", HONEST_1),
        cell("code", "q1", 'check("q1")', grade=True, points=POINTS["q1"]),
        answer("q2-answer", HONEST_2),
        cell("code", "q2", 'check("q2")', grade=True, points=POINTS["q2"]),
        cell("markdown", "q3", scheme, task=True, points=5),
        cell("markdown", "q3-answer", "The model proof.", **proof),
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def make_course(folder: Path, canary: str) -> CourseFolder:
    """The course of this homework, generated; hidden things hold the canary."""
    tests, checks = folder / "source" / NAME / "tests", folder / "checks" / NAME
    tests.mkdir(parents=True)
    checks.mkdir(parents=True)
    notebook = json.dumps(_source()).replace("@HIDDEN@", canary)
    (folder / "source" / NAME / f"{NAME}.ipynb").write_text(notebook)
    (tests / "test_public.py").write_text(PUBLIC)
    (checks / "test_q1.py").write_text(HIDDEN.replace("@HIDDEN@", canary))
    (folder / "nbgrader_config.py").write_text(CONFIG.format(root=str(folder)))
    nbgrader(folder, "generate_assignment", NAME)
    return load_course(folder)
