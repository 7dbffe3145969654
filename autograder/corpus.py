"""The verdict corpus: submissions as small folders of overrides, built into notebooks.

A submission is a folder with `expect.toml` and files that replace cells of a base notebook; see
docs/corpus.md. The corpus of a course lies in tests/submissions/<assignment>/<kind>/<name>.
"""

from __future__ import annotations

import copy
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder import corpus_edits
from autograder.errors import CourseError
from autograder.grade.course import part_of
from autograder.overlay import CORPUS

SUBMISSIONS = CORPUS
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
    """

    name: str
    claim: str
    folder: Path
    base: str = "solution"
    edits: tuple[str, ...] = ()
    outcome: str = "finished"
    questions: dict[str, dict[str, Any]] = field(default_factory=dict)
    more: tuple[Path, ...] = ()


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


def _take_locked_texts(notebook: dict[str, Any], release: dict[str, Any]) -> None:
    """Students have the release's locked cells, without mark schemes."""
    texts = {
        c["metadata"].get("nbgrader", {}).get("grade_id"): c["source"] for c in release["cells"]
    }
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
    if expected.more:  # figures take a second and are marked by nobody here
        for grade_id in cells:
            if grade_id is not None and grade_id.endswith("-plot-answer"):
                cells[grade_id]["source"] = "pass  # left out of a pack"
    files = [path for folder in (expected.folder, *expected.more) for path in folder.iterdir()]
    for path in sorted(files):
        if path.name == "expect.toml":
            continue
        if path.suffix in (".py", ".md") and path.stem in cells:
            cells[path.stem]["source"] = path.read_text("utf-8").rstrip("\n")
        else:
            (target / path.name).write_bytes(path.read_bytes())
    corpus_edits.apply(expected.edits, notebook, target, assignment)
