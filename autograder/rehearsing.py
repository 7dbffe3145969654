"""What a course's inspection can only find by running it: stale trees, a solution below 100 %."""

from __future__ import annotations

import fnmatch
import tempfile
from collections.abc import Sequence
from pathlib import Path

from autograder.corpus import build, read_corpus
from autograder.errors import TdlError
from autograder.grade.course import CourseFolder, load_course
from autograder.grade.pipeline import grade_assignment
from autograder.inspecting import Finding, inspect_assignment
from autograder.planning import inspect_dates
from autograder.releasing import assignments_of, stale_trees
from autograder.verdicts import scratch_course


def inspect_course(root: Path, assignments: Sequence[str], *, run: bool = False) -> list[Finding]:
    """What is inconsistent in these assignments; in all of them and in the plan if none is given.

    Args:
        root: the course folder.
        assignments: names.
        run: also generate the trees, and grade the model solution.

    Raises:
        CourseError: an assignment is not in source/.
    """
    course = load_course(root)
    names = [each for name in assignments for each in assignments_of(root, name)]
    found = [] if assignments else [*inspect_dates(course), *_without_notebook(course)]
    for name in names or assignments_of(root):
        found += inspect_assignment(course, name)
        if run:
            found += rehearse(course, name)
    return found


def _without_notebook(course: CourseFolder) -> list[Finding]:
    """Folders in source/ that no command would ever look into."""
    folders = sorted(course.folder("source", ".", "x").parent.glob("[!.]*"))
    return [
        Finding(f"source/{folder.name}", "", "has no notebook", "write it, or remove the folder")
        for folder in folders
        if folder.is_dir() and not list(folder.glob("*.ipynb"))
    ]


def rehearse(course: CourseFolder, name: str) -> list[Finding]:
    """Stale trees, and check cells where the model solution has less than full marks."""
    stale = []
    for line in stale_trees(course.root, name):
        file, _, mend = line.removeprefix("stale: ").partition("; ")
        stale.append(Finding(file, "", "is not what the source generates", mend))
    try:
        return [*stale, *_below_full(course, name)]
    except TdlError as error:
        return [*stale, Finding(f"source/{name}", "", str(error), "mend it, then ask again")]


def _below_full(course: CourseFolder, name: str) -> list[Finding]:
    models = [e for e in read_corpus(course.root, name) if fnmatch.fnmatch(e.name, "correct/*")]
    if not models:
        return []
    with tempfile.TemporaryDirectory(prefix="tdl-doctor-") as temporary:
        scratch = scratch_course(course.root, Path(temporary) / "course", name)
        build(scratch.root, name, models[0], scratch.folder("submitted", "model", name))
        run = grade_assignment(scratch, name, jobs=1)
    row = next(row for row in run["submissions"] if row["student"] == "model")
    file = f"source/{name}/{name}.ipynb"
    if row["outcome"] != "finished":
        return [Finding(file, "", f"solution {row['outcome']}: {row['message']}", "mend it")]
    return [
        Finding(
            file,
            grade_id,
            f"solution gets {part['score']:g} of {part['max_score']:g} points",
            "mend the solution, or the test that it fails",
        )
        for question in row["questions"].values()
        for grade_id, part in question["parts"].items()
        if part["kind"] != "manual" and (part["score"] or 0.0) < part["max_score"]
    ]
