"""What a hostile side may send, turned into calls: shared by hypothesis and by benchmarks/fuzz.py.

Each function returns or raises only what its callers are made for; anything else is a finding.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from autograder.definitions import Source
from autograder.errors import SubmissionError
from autograder.grade import sanitize
from autograder.grade.release import ReleasedCell, ReleasedNotebook
from autograder.policy import breaches
from autograder.protocol import ProtocolError, decode, encode
from autograder.proxy import Link, Student, StudentFault

RELEASE = ReleasedNotebook(
    "hw",
    (
        ReleasedCell("setup", "c0", "code", "import numpy as np", locked=True, released="import"),
        ReleasedCell("q1-answer", "c1", "code", "pass", solution=True, released="pass"),
        ReleasedCell("q1", "c2", "code", "check('q1')", grade=True, locked=True, points=2.0),
        ReleasedCell("q2", "c3", "markdown", "Prove it.", task=True, locked=True, points=3.0),
        ReleasedCell("q2-answer", "c4", "markdown", "", solution=True, grade=True),
    ),
    {"kernelspec": {"name": "python3", "display_name": "Python", "language": "python"}},
)


class Scripted(Link):
    """A process over there that sends these frames, whatever it is asked."""

    def __init__(self, frames: Iterable[bytes]) -> None:
        super().__init__()
        self._frames = iter(frames)

    def transact(self, payload: bytes) -> bytes:
        for frame in self._frames:
            if b"ask" not in frame[:16]:
                return frame
            self.answer(frame)
        return encode({"value": None})


def _call_with_everything(student: Student) -> object:
    """Arguments of every kind that can be changed, and a callback."""
    array = np.arange(6.0).reshape(2, 3)
    generator = np.random.default_rng(1)
    mixed: list[Any] = [1, [array[0]], {"k": array[1], 2: (3, [4])}, {5, 6}]
    return student.f(array, mixed, generator, lambda x: 2 * x, key={"a": [array]})


OPERATIONS: tuple[Callable[[Student], object], ...] = (
    _call_with_everything,
    lambda student: student.call("f", [1.0], abs),
    lambda student: student.value("x"),
    lambda student: student.names(),
    lambda student: student.draw(),
    lambda student: student.make("quadratic", matrix=np.eye(2)),
    lambda student: student.vjp("f", [np.ones(2)], np.ones(2)),
    lambda student: student.in_place("f")([np.zeros(2), {"a": 1}]),
    lambda student: student.seed(3),
)


def talk(operation: int, frames: Iterable[bytes]) -> None:
    """One operation of a test with a process that sends these frames.

    What a callback of the test raises for arguments of the student's choice is raised in the test.
    """
    student = Student(Scripted(frames))
    try:
        OPERATIONS[operation % len(OPERATIONS)](student)
    except (StudentFault, SubmissionError):
        pass
    except Exception as error:
        if not getattr(error, "from_student", False) and not getattr(error, "from_callback", False):
            raise


def read_frame(data: bytes) -> None:
    """A payload, decoded and, if it is a value, sent back."""
    try:
        value = decode(data)
    except ProtocolError:
        return
    try:
        encode(value)
    except ProtocolError:
        return  # shared parts may count more often than they were sent


def read_notebook(data: bytes, folder: Path) -> None:
    """A submitted notebook, read, rebuilt and written."""
    path = folder / "hw.ipynb"
    path.write_bytes(data)
    try:
        cells = sanitize.read_submitted(path)
    except SubmissionError:
        return
    rebuilt = sanitize.rebuild(cells, RELEASE)
    made = sanitize.to_notebook(rebuilt, RELEASE)
    ids = [cell.grade_id for cell in rebuilt.cells if cell.grade_id]
    if sorted(ids) != sorted(cell.grade_id for cell in RELEASE.cells):
        raise AssertionError(f"every released cell must occur once, got {ids}")
    json.dumps(made, ensure_ascii=False).encode("utf-8", "replace")


def read_policy(text: str) -> None:
    """A cell's text, read for what a question forbids."""
    breaches([Source("a", text), Source("m", text, "m")], ["f", "g"], ["torch.nn", ".backward"])
