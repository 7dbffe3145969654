"""What of a notebook has to run before a part can be marked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.errors import CourseError
from autograder.grade.release import cell_text


@dataclass(frozen=True)
class CodeCell:
    """A code cell: its id in nbgrader ("" for none), its text, whether it is an answer."""

    grade_id: str
    source: str
    answer: bool

    @property
    def question(self) -> str:
        return self.grade_id.partition("-")[0]


@dataclass(frozen=True)
class Stage:
    """One part of a question: texts to run after the earlier stage's, then the part's tests."""

    part: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Target:
    """An answer cell and everything that its marks depend on.

    Attributes:
        part: grade_id of the marked cell that it answers.
        source: its text.
        before: texts to run first.
        stages: the parts of the question from this one on; the cell itself runs before the first.
    """

    part: str
    source: str
    before: tuple[str, ...]
    stages: tuple[Stage, ...]

    @property
    def question(self) -> str:
        return self.part.partition("-")[0]


def code_cells(notebook: Path) -> list[CodeCell]:
    """The code cells of a notebook.

    Raises:
        CourseError: it can't be read.
    """
    try:
        cells: list[dict[str, Any]] = json.loads(notebook.read_text("utf-8"))["cells"]
    except (OSError, ValueError, KeyError) as error:
        raise CourseError(f"{notebook} must be a notebook, got {error}") from None
    found = []
    for cell in cells:
        marks = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "code":
            grade_id, answer = str(marks.get("grade_id", "")), bool(marks.get("solution"))
            found.append(CodeCell(grade_id, cell_text(cell), answer))
    return found


def targets_of(cells: list[CodeCell], judged: Iterable[str]) -> list[Target]:
    """The answers that are marked automatically: `X-answer` belongs to the marked cell `X`.

    Answers to other questions are left out of what runs, since no question depends on them, and so
    are answers that nobody marks automatically (plots).

    Args:
        cells: the notebook's.
        judged: ids of the cells that have tests.
    """
    judged = set(judged)
    return [
        _target(cells, index, judged)
        for index, cell in enumerate(cells)
        if cell.answer and _part(cell) in judged
    ]


def _part(cell: CodeCell) -> str:
    return cell.grade_id.removesuffix("-answer")


def _target(cells: list[CodeCell], index: int, judged: set[str]) -> Target:
    cell = cells[index]
    questions = {grade_id.partition("-")[0] for grade_id in judged}

    def runs(other: CodeCell) -> bool:
        if other.answer:
            return other.question == cell.question and _part(other) in judged
        return other.grade_id not in judged and (
            other.question == cell.question or other.question not in questions
        )

    before = tuple(other.source for other in cells[:index] if runs(other))
    stages, waiting = list[Stage](), list[str]()
    for other in cells[index + 1 :]:
        if other.grade_id in judged and other.question == cell.question:
            stages.append(Stage(other.grade_id, tuple(waiting)))
            waiting = []
        elif runs(other):
            waiting.append(other.source)
    return Target(_part(cell), cell.source, before, tuple(stages))
