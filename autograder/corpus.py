"""The verdict corpus: submissions as small folders of overrides, built into notebooks.

A submission is a folder with `expect.toml` and files that replace cells of a base notebook; see
docs/corpus.md. The corpus of a course lies in tests/submissions/<assignment>/<kind>/<name>.
"""

from __future__ import annotations

import copy
import json
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder import corpus_edits
from autograder.errors import CourseError
from autograder.grade.course import part_of
from autograder.overlay import CORPUS

SUBMISSIONS = CORPUS
_QUESTION = re.compile(r"(q\d+)(?:-|$)")
TREES = {"solution": "source", "release": "assignments"}  # the source holds the model solution


@dataclass(frozen=True)
class Expected:
    """What a submission must get.

    Attributes:
        name: "wrong/q2_strict_inequality".
        claim: what is right or wrong with it, one sentence.
        base: "solution" or "release".
        edits: structural edits, see `corpus_edits`.
        outcome: the submission's outcome.
        questions: grade_id -> {"score", "verdict"} for judge cells without full marks.
        more: further folders of overrides, see `packing`.
        answered: the questions that it is about, the others being left blank; empty: all.
    """

    name: str
    claim: str
    folder: Path
    base: str = "solution"
    edits: tuple[str, ...] = ()
    outcome: str = "finished"
    questions: dict[str, dict[str, Any]] = field(default_factory=dict)
    more: tuple[Path, ...] = ()
    answered: tuple[str, ...] = ()

    def is_about(self, grade_id: str) -> bool:
        """Whether it says what a cell must get."""
        return not self.answered or question_of(grade_id) in self.answered


def question_of(grade_id: str) -> str:
    """The question that a cell belongs to: "q2" for "q2-answer"; "" if to none."""
    match = _QUESTION.match(grade_id)
    return match[1] if match else ""


def read_corpus(root: Path, assignment: str) -> list[Expected]:
    """All submissions of an assignment's corpus, by name.

    Args:
        root: the course folder.
        assignment: its name.

    Raises:
        CourseError: an expect.toml with unknown keys.
    """
    found = []
    for path in sorted((part_of(root, SUBMISSIONS) / assignment).glob("*/*/expect.toml")):
        data = tomllib.loads(path.read_text("utf-8"))
        unknown = set(data) - {"claim", "base", "edits", "outcome", "questions", "notes"}
        if unknown:
            raise CourseError(f"{path} must have known keys, got {sorted(unknown)}")
        found.append(
            Expected(
                name=f"{path.parent.parent.name}/{path.parent.name}",
                claim=data["claim"],
                folder=path.parent,
                base=data.get("base", "solution"),
                edits=tuple(data.get("edits", ())),
                outcome=data.get("outcome", "finished"),
                questions=data.get("questions", {}),
            )
        )
    return found


def base_notebook(root: Path, assignment: str, base: str) -> dict[str, Any]:
    """The model solution or the released notebook."""
    path = part_of(root, TREES[base]) / assignment / f"{assignment}.ipynb"
    notebook: dict[str, Any] = json.loads(path.read_text("utf-8"))
    if base == "solution":
        _take_locked_texts(notebook, base_notebook(root, assignment, "release"))
    return notebook


def _sources(notebook: dict[str, Any]) -> dict[str, str]:
    """grade_id -> text."""
    return {
        c["metadata"].get("nbgrader", {}).get("grade_id"): c["source"] for c in notebook["cells"]
    }


def _take_locked_texts(notebook: dict[str, Any], release: dict[str, Any]) -> None:
    """Students have the release's locked cells, without mark schemes."""
    texts = _sources(release)
    for cell in notebook["cells"]:
        marks = cell["metadata"].get("nbgrader", {})
        if marks and not marks.get("solution"):
            cell["source"] = texts[marks["grade_id"]]


def build(root: Path, assignment: str, expected: Expected, target: Path) -> None:
    """Write a submission's folder as a student would have submitted it.

    Args:
        root: a course folder with source/ and generated assignments/.
        assignment: its name.
        expected: the submission.
        target: the folder to write.
    """
    notebook = copy.deepcopy(base_notebook(root, assignment, expected.base))
    cells = {c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in notebook["cells"]}
    target.mkdir(parents=True, exist_ok=True)
    if expected.answered:  # figures take a second and are marked by nobody here
        for grade_id in cells:
            if grade_id is not None and grade_id.endswith("-plot-answer"):
                cells[grade_id]["source"] = "pass  # left out of a pack"
        blank = _sources(base_notebook(root, assignment, "release"))
        for grade_id, cell in cells.items():
            solved = cell["metadata"].get("nbgrader", {}).get("solution")
            if solved and question_of(grade_id) and not expected.is_about(grade_id):
                cell["source"] = blank[grade_id]
    files = [path for folder in (expected.folder, *expected.more) for path in folder.iterdir()]
    for path in sorted(files):
        if path.name == "expect.toml":
            continue
        if path.suffix in (".py", ".md") and path.stem in cells:
            cells[path.stem]["source"] = path.read_text("utf-8").rstrip("\n")
        else:
            (target / path.name).write_bytes(path.read_bytes())
    corpus_edits.apply(expected.edits, notebook, target, assignment)
