"""The released assignment: what cells there are, what they are worth, what may not change."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import CourseError, shown


@dataclass(frozen=True)
class ReleasedCell:
    """One cell of the released notebook, with what the gradebook knows of it.

    Attributes:
        grade_id: its id in nbgrader, or "" for a cell without one.
        cell_id: its id in nbformat, or "".
        cell_type: code, markdown or raw.
        source: its text as graded (locked cells: the gradebook's, mark schemes and inline hidden
            tests included).
        grade, solution, locked, task: nbgrader's flags.
        points: maximum, for graded cells and tasks.
        metadata: its metadata as released.
        checksum: nbgrader's, of the released text.
        released: its text as students got it.
    """

    grade_id: str
    cell_id: str
    cell_type: str
    source: str
    grade: bool = False
    solution: bool = False
    locked: bool = False
    task: bool = False
    points: float = 0.0
    metadata: dict[str, Any] = field(default_factory=dict)
    checksum: str = ""
    released: str = ""

    @property
    def fixed(self) -> bool:
        """Whether its text is the course's and never the student's."""
        return (
            bool(self.grade_id) and not self.solution and (self.locked or self.grade or self.task)
        )

    @property
    def worth(self) -> bool:
        """Whether it has a mark of its own.

        nbgrader wants a markdown answer to be graded; beside a task, which has the points, it is
        worth nothing and has none.
        """
        return self.task or (self.grade and not (self.solution and self.points == 0))

    @property
    def question(self) -> str:
        return self.grade_id.partition("-")[0]


@dataclass(frozen=True)
class ReleasedNotebook:
    """A released notebook: cells in order, and its metadata."""

    name: str
    cells: tuple[ReleasedCell, ...]
    metadata: dict[str, Any]

    def by_id(self) -> dict[str, ReleasedCell]:
        return {cell.grade_id: cell for cell in self.cells if cell.grade_id}

    def plain(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_plain(cls, data: dict[str, Any]) -> ReleasedNotebook:
        cells = tuple(ReleasedCell(**cell) for cell in data["cells"])
        return cls(data["name"], cells, data["metadata"])


def read_release(path: Path, stored: dict[str, dict[str, Any]]) -> ReleasedNotebook:
    """The released notebook at `path`, with locked texts as the gradebook stores them.

    Args:
        path: notebook in the release directory.
        stored: grade_id -> {source, checksum, locked, cell_type} of the gradebook's source cells.

    Raises:
        CourseError: no such notebook, not a notebook, or it does not belong to the gradebook's.
    """
    try:
        notebook = json.loads(path.read_text("utf-8"))
        cells = tuple(_read_cell(cell, stored) for cell in notebook["cells"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{path} must be a released notebook, got {shown(error)}") from None
    missing = set(stored) - {cell.grade_id for cell in cells}
    if missing:
        raise CourseError(f"{path} must hold cell {sorted(missing)[0]!r}, got a stale release")
    return ReleasedNotebook(path.stem, cells, dict(notebook.get("metadata", {})))


def _read_cell(cell: dict[str, Any], stored: dict[str, dict[str, Any]]) -> ReleasedCell:
    marks = cell["metadata"].get("nbgrader", {})
    grade_id = str(marks.get("grade_id", ""))
    text = cell_text(cell)
    known = stored.get(grade_id, {})
    fixed = not marks.get("solution") and bool(known)
    return ReleasedCell(
        grade_id=grade_id if known else "",
        cell_id=str(cell.get("id", "")),
        cell_type=str(cell["cell_type"]),
        source=str(known["source"]) if fixed else text,
        grade=bool(marks.get("grade")),
        solution=bool(marks.get("solution")),
        locked=bool(known.get("locked", False)),
        task=bool(marks.get("task")),
        points=float(marks.get("points") or 0.0),
        metadata=dict(cell["metadata"]),
        checksum=str(known.get("checksum", "")),
        released=text,
    )


def cell_text(cell: dict[str, Any]) -> str:
    """A cell's source, which may be one string or a list of lines."""
    source = cell.get("source", "")
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""
