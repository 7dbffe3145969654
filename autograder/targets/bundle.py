"""One assignment in a folder of its own, gradable where there is no nbgrader and no gradebook.

What `tdl grade` takes from a course and its gradebook lies in the folder as plain files and is read
back as a `CourseFolder`, so that the same service grades with the same seeds, tests and limits:

    bundle.json    the released notebooks with their points, and the configuration
    source/<hw>/tests, checks/<hw>, release/<hw>   public tests, hidden tests, files of the release
    packages/      this package without other assignments' checks, and the reference package
    term_secret    keys the hidden inputs

All of it is the staff's: whoever grades with it closes the folder to student code.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from traitlets.config import Config

from autograder.errors import CourseError, shown
from autograder.grade.choosing import versions
from autograder.grade.course import CourseFolder
from autograder.grade.release import ReleasedNotebook
from autograder.grade.service import Service, Submission
from autograder.grade.submission import copy_plain_files
from autograder.judge.spawning import PACKAGE, reference_folder

FORMAT = 1
DESCRIPTION = "bundle.json"
SECRET = "term_secret"  # noqa: S105 - a file's name
# Of the course's configuration; the late policy's own section comes along by its class's name.
SECTIONS = ("Gradescope", "AssignLatePenalties", "LateSubmissionPlugin")


class _Directory:
    """What `CourseFolder` asks nbgrader's CourseDirectory for, in a bundle."""

    source_directory = "source"
    release_directory = "release"
    submitted_directory = "submitted"
    db_url = ""

    def __init__(self, root: Path, course_id: str) -> None:
        self.root, self.course_id = str(root), course_id

    def format_path(self, step: str, student: str, assignment: str) -> str:
        return os.path.join(self.root, step, assignment)


@dataclass(frozen=True)
class Bundle:
    """An assignment ready to be graded.

    Attributes:
        course: its configuration, folders and secret.
        assignment: its name.
        notebooks: the released notebooks, with points.
        versions: of what it was built with.
    """

    course: CourseFolder
    assignment: str
    notebooks: list[ReleasedNotebook]
    versions: dict[str, str]


def write_bundle(course: CourseFolder, assignment: str, target: Path) -> Bundle:
    """Write an assignment of a course into an empty folder.

    Raises:
        CourseError: unknown to the gradebook, stale, or its configuration is no plain data.
    """
    from autograder.grade import gradebook as book
    from autograder.grade.pipeline import read_notebooks

    with book.open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        notebooks = read_notebooks(course, assignment, gradebook)
    public, hidden = course.test_roots(assignment)
    for folder, parts in (
        (public, ("source", assignment, "tests")),
        (hidden, ("checks", assignment)),
    ):
        for path in folder:
            _copy_tree(path, target.joinpath(*parts))
    release = course.release_folder(assignment)
    copy_plain_files(release, target / "release" / assignment, [10_000, 2**30], [])
    _copy_packages(target / "packages")
    secret = target / SECRET
    secret.touch(mode=0o600)
    secret.write_bytes(course.secret())
    description = {
        "format": FORMAT,
        "assignment": assignment,
        "course_id": str(course.coursedir.course_id),
        "config": portable_config(course, assignment),
        "notebooks": [notebook.plain() for notebook in notebooks],
        "versions": versions(),
    }
    text = json.dumps(description, indent=1, ensure_ascii=False, sort_keys=True)
    (target / DESCRIPTION).write_text(text + "\n", "utf-8")
    return read_bundle(target)


def read_bundle(root: Path) -> Bundle:
    """The assignment in a folder that `write_bundle` wrote.

    Raises:
        CourseError: there is none, or one of another version of this package.
    """
    path = root / DESCRIPTION
    try:
        data = json.loads(path.read_text("utf-8"))
        if data["format"] != FORMAT:
            raise CourseError(f"{path} must have format {FORMAT}, got {shown(data['format'])}")
        notebooks = [ReleasedNotebook.from_plain(each) for each in data["notebooks"]]
        directory = _Directory(root.resolve(), data["course_id"])
        course = CourseFolder(directory, Config(data["config"]))
        return Bundle(course, data["assignment"], notebooks, data["versions"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CourseError(f"{path} must describe a bundle, got {shown(error)}") from None


def grade_folder(
    bundle: Bundle,
    student: str,
    folder: Path,
    service: Service | None = None,
    report: Callable[[dict[str, Any]], None] | None = None,
) -> tuple[dict[str, Any], str]:
    """The result of one submitted folder, and the level of confinement it was graded at.

    Args:
        bundle: the assignment.
        student: submitter or team; part of the seeds.
        folder: the submission.
        service: one that is warm already; else one is started for this submission.
        report: is told the result so far, each time a question is marked.

    Raises:
        SandboxError: no allowed level of confinement works.
        CourseError: the tests can't be collected.
    """
    own = service or Service(bundle.course, bundle.assignment, bundle.notebooks)
    try:
        so_far = None if report is None else lambda _, result: report(result)
        for _, result in own.grade([Submission(student, folder)], 1, so_far):
            return result, own.level
    finally:
        if service is None:
            own.close()
    raise CourseError("service must answer each submission, got none")


def portable_config(course: CourseFolder, assignment: str) -> dict[str, Any]:
    """The settings that grading depends on, as plain data.

    Raises:
        CourseError: a value is no plain data.
    """
    embargo = {assignment: list(course.course.embargo.get(assignment, []))}
    sandbox = {
        name: getattr(course.sandbox, name) for name in course.sandbox.trait_names(config=True)
    }
    # The bundle is of one assignment: its own bounds, which a container may still tighten.
    sandbox |= {**course.sandbox.limits(assignment).plain(), "by_assignment": {}}
    sandbox = {name: value for name, value in sandbox.items() if course.sandbox.has_trait(name)}
    title = course.title
    sections: dict[str, Any] = {
        "Course": {
            "term": course.course.term,
            "embargo": embargo,
            "checks": "checks",
            "title": title,
        },
        "Judge": {
            "state": ".",
            "secret_file": "",
            "common_seeds": course.judge.common_seeds,
        },
        "Sandbox": sandbox,
    }
    for name in (*SECTIONS, late_policy(course).rpartition(".")[2]):
        if course.config.get(name):
            sections[name] = course.config[name]
    try:
        plain: dict[str, Any] = json.loads(json.dumps(sections))
        return plain
    except TypeError as error:
        raise CourseError(f"configuration must be plain data, got {shown(error)}") from None


def late_policy(course: CourseFolder) -> str:
    """Dotted name of the course's late policy; nbgrader's own if none is set."""
    chosen = course.config.get("AssignLatePenalties", {}).get("plugin_class", "")
    name = chosen if isinstance(chosen, str) else f"{chosen.__module__}.{chosen.__name__}"
    return name or "nbgrader.plugins.latesubmission.LateSubmissionPlugin"


def _copy_packages(target: Path) -> None:
    _copy_tree(PACKAGE, target / PACKAGE.name, "checks")
    reference = reference_folder()
    if reference is not None:
        _copy_tree(reference, target / reference.name)


def _copy_tree(source: Path, target: Path, *without: str) -> None:
    ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache", ".ipynb_checkpoints", *without)
    shutil.copytree(source, target, ignore=ignored)
