"""An assignment as its author wrote it: cells and tests, read and not run."""

from __future__ import annotations

import ast
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from autograder.grade.course import CourseFolder
from autograder.grade.release import cell_text


@dataclass(frozen=True)
class Finding:
    """Something to mend."""

    file: str
    cell: str
    problem: str
    mend: str

    def __str__(self) -> str:
        where = f"{self.file} [{self.cell}]" if self.cell else self.file
        return f"{where}: {self.problem}; {self.mend}"


class Test(NamedTuple):
    """A test function, its file, and the marks that the file gives to all of its tests."""

    file: str
    node: ast.FunctionDef
    marks: tuple[ast.Call, ...]


@dataclass(frozen=True)
class Source:
    """An assignment's source notebook and tests.

    Attributes:
        cells: (grade id, nbgrader's metadata, cell type, text).
        public, hidden: grade id -> test functions.
    """

    course: CourseFolder
    name: str
    file: str
    cells: list[tuple[str, dict[str, Any], str, str]]
    public: dict[str, list[Test]]
    hidden: dict[str, list[Test]]

    def finding(self, cell: str, problem: str, mend: str) -> Finding:
        return Finding(self.file, cell, problem, mend)

    @property
    def judged(self) -> dict[str, float]:
        """Check cells -> points."""
        return {
            id: float(marks.get("points") or 0)
            for id, marks, kind, text in self.cells
            if kind == "code" and marks.get("grade") and not marks.get("solution")
            if text.lstrip().startswith("check(")
        }


def read_source(course: CourseFolder, name: str) -> Source:
    """An assignment's notebook and tests."""
    folder = course.folder("source", ".", name)
    path = folder / f"{name}.ipynb"
    cells = []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        marks = cell["metadata"].get("nbgrader", {})
        cells.append((str(marks.get("grade_id", "")), marks, cell["cell_type"], cell_text(cell)))
    public, hidden = course.test_roots(name)
    file = str(path.relative_to(course.root)) if path.is_relative_to(course.root) else str(path)
    return Source(course, name, file, cells, _tests(course, public), _tests(course, hidden))


def _tests(course: CourseFolder, folders: list[Path]) -> dict[str, list[Test]]:
    found: dict[str, list[Test]] = {}
    for folder in folders:
        for path in sorted(folder.rglob("test_*.py")):
            tree = ast.parse(path.read_text("utf-8"), filename=str(path))
            name = str(path.relative_to(course.root) if path.is_relative_to(course.root) else path)
            marks = tuple(
                mark
                for node in tree.body
                if isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node.targets[0])
                for mark in _question_marks(node.value)
            )
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                    own = [mark for each in node.decorator_list for mark in _question_marks(each)]
                    ids = [str(mark.args[0].value) for mark in (*own, *marks)]  # type: ignore[attr-defined]
                    test = Test(name, node, (*own, *marks))
                    found.setdefault(ids[0] if ids else "", []).append(test)
    return found


def _question_marks(node: ast.AST) -> list[ast.Call]:
    """The calls `pytest.mark.question("q1", ...)` in a decorator, or in a file's pytestmark."""
    return [
        call
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("mark.question")
        if call.args and isinstance(call.args[0], ast.Constant)
    ]
