"""What a course's inspection can only find by running it: stale trees, a solution below 100 %."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from autograder.corpus import Expected, build
from autograder.errors import TdlError, shown
from autograder.grade.course import CourseFolder, load_course
from autograder.grade.pipeline import grade_assignment
from autograder.homework import Finding
from autograder.inspecting import inspect_assignment
from autograder.planning import inspect_dates
from autograder.releasing import VERBS, assignments_of, stale_trees, tree_folder
from autograder.verdicts import scratch_course


def inspect_course(
    root: Path,
    assignments: Sequence[str],
    *,
    run: bool = False,
    told: Callable[[str], None] = lambda name: None,
) -> list[Finding]:
    """What is inconsistent in these assignments; in all of them and in the plan if none is given.

    Args:
        root: the course folder.
        assignments: names.
        run: also generate the trees, and grade the model solution.
        told: hears the name of each assignment before it is run.

    Raises:
        CourseError: an assignment is not in source/.
    """
    course = load_course(root)
    names = [each for name in assignments for each in assignments_of(root, name)]
    found: list[Finding] = []
    if not assignments:
        found = [*inspect_dates(course), *_without_notebook(course), *_without_source(course)]
    names = names or assignments_of(root)
    if not names and not found:
        found.append(
            Finding("source", "", "has no assignment", "`tdl new hw1`, or -C another folder")
        )
    for name in names:
        found += inspect_assignment(course, name)
        if run:
            told(name)
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


def _without_source(course: CourseFolder) -> list[Finding]:
    """Generated assignments that no source generates any more."""
    known = set(assignments_of(course.root))
    return [
        Finding(f"{tree}/{path.parent.name}", "", "has no source", "remove it, or write its source")
        for tree in VERBS
        for path in sorted(tree_folder(course.root, tree).glob("*/*.ipynb"))
        if path.parent.name not in known
    ]


def rehearse(course: CourseFolder, name: str) -> list[Finding]:
    """Stale trees, and check cells where the model solution has less than full marks."""
    found: list[Finding] = []
    try:
        for line in stale_trees(course.root, name):
            file, _, mend = line.removeprefix("stale: ").partition("; ")
            found.append(Finding(file, "", "is not what the source generates", mend))
        return [*found, *_below_full(course, name)]
    except (TdlError, KeyError) as error:  # KeyError: cells of source and release don't fit
        lines = [line for line in str(error).splitlines() if line.strip()]
        problem = f"can't be generated or graded: {shown(lines[-1] if lines else error, 300)}"
        return [*found, Finding(f"source/{name}", "", problem, "mend it, then ask again")]


def _below_full(course: CourseFolder, name: str) -> list[Finding]:
    """The solution as it stands in the source, whatever the corpus hands in as correct."""
    with tempfile.TemporaryDirectory(prefix="tdl-doctor-") as temporary:
        scratch = scratch_course(course.root, Path(temporary) / "course", name)
        nothing = Path(temporary) / "nothing"
        nothing.mkdir()
        model = Expected("model", "The model solution.", nothing)
        build(scratch.root, name, model, scratch.folder("submitted", "model", name))
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
