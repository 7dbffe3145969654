"""What a failing check shows of the call, of the trace and of the points."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.selfcheck import check_all
from autograder.selfcheck.calls import described, own_frames
from autograder.selfcheck.checking import check_notebook
from autograder.selfcheck.points import by_hand, points_of

TESTS = '''
import numpy as np
import pytest

pytestmark = pytest.mark.question("q1", hint="Twice.")


def test_big(student):
    """double works on a large array."""
    x = np.ones((20, 30))
    assert np.array_equal(student.double(x), 2 * x), "every entry must be doubled"


def test_value(student):
    """k is 2."""
    assert student.value("k") == 2, "k must be 2"


@pytest.mark.question("q2")
def test_fine(student):
    """one() is 1."""
    assert student.one() == 1
'''
WRONG = "def double(x):\n    return x[0]\nk = [0.5, 3]\ndef one():\n    return 1"
RAISES = "import json\ndef double(x):\n    return json.loads('{')\nk = 2\ndef one():\n    return 1"


def cell(source: str, kind: str = "code", **marks: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {"nbgrader": marks} if marks else {}, "source": source}


def folder_with(tmp_path: Path, answer: str) -> Path:
    """A released folder: q1 and q2 by tests, q3 by hand."""
    home = tmp_path / "hw"
    (home / "tests").mkdir(parents=True)
    (home / "tests" / "test_q.py").write_text(TESTS)
    cells = [
        cell(answer, grade_id="q1-answer", solution=True),
        cell("check('q1')", grade_id="q1", grade=True, points=5),
        cell("check('q2')", grade_id="q2", grade=True, points=2.5),
        cell("Prove.", "markdown", grade_id="q3", task=True, points=4),
        cell("YOUR ANSWER HERE", "markdown", grade_id="q3-answer", solution=True, points=0),
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (home / "hw.ipynb").write_text(json.dumps(notebook))
    return home


def test_a_failure_shows_the_call_and_what_came_back(tmp_path: Path) -> None:
    """The input's shape, and the result as kind and shape or as numbers."""
    report = str(check_notebook(folder_with(tmp_path, WRONG) / "hw.ipynb", "q1"))
    assert "every entry must be doubled" in report
    assert "called:    double(float64 (20, 30))" in report
    assert "came back: float64 (30,)" in report
    assert "called:    the value of k" in report
    assert "came back: [0.5, 3]" in report


def test_a_trace_shows_the_students_frames_only(tmp_path: Path) -> None:
    """Neither this package, nor the standard library that the answer called."""
    report = str(check_notebook(folder_with(tmp_path, RAISES) / "hw.ipynb", "q1"))
    assert "hw.ipynb q1-answer, line 3, in double" in report
    assert "decoder.py" not in report and "namespace.py" not in report
    assert "came back: an error: ValueError" in report


def test_own_frames_keeps_the_lines_of_code() -> None:
    """A frame's text goes with its frame."""
    library = f'  File "{json.__file__}", line 1, in loads\n    inner\n'
    trace = f'  File "mine.py", line 3, in f\n    return g()\n{library}'
    assert own_frames(trace) == "  mine.py, line 3, in f\n    return g()"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.zeros((2, 50)), "float64 (2, 50)"),
        (np.array([1, 2]), "int64 (2,) [1, 2]"),
        (np.float64(0.1), "0.1"),
        (np.bool_(True), "True"),
        ((1, "a", None), "(1, 'a', None)"),
        (list(range(100)), "[0, 1, 2, 3, 4, 5, ... 100 items]"),
        ({"w": np.zeros(3)}, "{'w': float64 (3,) [0, 0, 0]}"),
        ([[[[[[1]]]]]], "[[[[[[1]]]]]]"),
        (abs, "a function abs"),
        ("x" * 500, None),
    ],
)
def test_values_are_told_in_a_few_words(value: Any, text: str | None) -> None:
    """Numbers of small arrays, shapes of large ones, never a screenful."""
    told = described(value)
    assert told == text or (text is None and len(told) <= 60)


def test_points_so_far_count_questions_that_pass(tmp_path: Path) -> None:
    """check_all says what is reached, what there is, and what a person marks."""
    home = folder_with(tmp_path, WRONG)
    assert points_of(home) == {"q1": 5, "q2": 2.5, "q3": 4}
    assert by_hand(home) == 4
    text = str(check_notebook(home / "hw.ipynb"))
    assert "points so far: 2.5 of 7.5" in text
    assert "4 more are marked by hand" in text
    assert "q2: 1 of 1 tests, 2.5 points" in text


def test_a_check_without_a_notebook_has_no_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A student who works in modules still gets results, and a sentence instead of a receipt."""
    home = folder_with(tmp_path, WRONG)
    (home / "hw.ipynb").unlink()
    monkeypatch.chdir(home)
    names: dict[str, Any] = {}
    exec(WRONG, names)
    text = str(check_all(namespace=names))
    assert "1 of 3 public tests pass" in text
    assert "points so far" not in text
    assert "no receipt: folder must hold one notebook" in text


SLOW = """import time
def double(x):
    time.sleep(1.2)
    return 2 * x
k = 2
def one():
    return 1"""
ON_A_TERMINAL = """
import sys
from pathlib import Path
import autograder.selfcheck.progress as progress
progress.PATIENCE = 0.3
progress.Progress.__init__.__defaults__ = (0.3,)
from autograder.selfcheck.checking import check_notebook
sys.stderr.isatty = lambda: True
print(check_notebook(Path("hw.ipynb")).passed)
"""


def test_a_long_check_shows_how_far_it_is(tmp_path: Path) -> None:
    """On a terminal: a bar that names the test, wiped at the end."""
    home = folder_with(tmp_path, SLOW)
    done = subprocess.run(
        [sys.executable, "-c", ON_A_TERMINAL], cwd=home, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "True"
    assert "0 of 3 tests" in done.stderr
    assert "q1: double works on a large array." in done.stderr
    assert done.stderr.rstrip("\r\n").endswith(" " * 79)


def on_a_terminal(command: list[str], folder: Path) -> str:
    """What a command writes to a terminal of its own."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, cwd=folder, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError), open(ours, "rb", buffering=0) as terminal:
        while data := terminal.read(4096):
            said += data
    process.wait()
    return said.decode()


@pytest.mark.parametrize(
    ("command", "end"),
    [
        (["-m", "pytest"], "3 passed"),
        (["-c", "from autograder.selfcheck.commands import main; main(['check', 'hw.ipynb'])"], ""),
    ],
)
def test_a_long_notebook_shows_how_far_it_is(tmp_path: Path, command: list[str], end: str) -> None:
    """Which cell is run, also where pytest captures everything else."""
    home = folder_with(tmp_path, "import time\ntime.sleep(3)\n" + SLOW.replace("1.2", "0"))
    said = on_a_terminal([sys.executable, *command], home)
    assert "0 of 1 cells, 2 s  hw.ipynb q1-answer" in said
    assert end in said


def test_a_short_check_shows_no_bar(tmp_path: Path) -> None:
    """Nothing flickers, and where nobody looks nothing is written at all."""
    home = folder_with(tmp_path, SLOW.replace("1.2", "0"))
    program = ON_A_TERMINAL.replace("0.3", "30")
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=home, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    assert time.monotonic() - started < 30
