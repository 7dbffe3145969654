"""Which submissions there are, and which of them need grading."""

from __future__ import annotations

import datetime
import platform
import re
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from autograder.errors import CourseError, shown
from autograder.grade.course import CourseFolder
from autograder.grade.records import Records, digest_of, digest_of_folder
from autograder.grade.release import ReleasedNotebook
from autograder.grade.service import Submission
from autograder.judge.marking import fingerprint
from autograder.judge.spawning import PACKAGE, reference_folder

PACKAGES = ("torch", "numpy", "nbgrader", "tdlcourse")


def choose(everybody: list[Submission], students: Iterable[str] | None) -> list[Submission]:
    """The submissions of these students; all of them for None.

    Raises:
        CourseError: a student without a submission.
    """
    if students is None:
        return everybody
    wanted = list(dict.fromkeys(students))
    known = {submission.student: submission for submission in everybody}
    for student in wanted:
        if student not in known:
            raise CourseError(f"student must have a submission, got none of {shown(student)}")
    return [known[student] for student in wanted]


def find_submissions(course: CourseFolder, assignment: str) -> list[Submission]:
    """Submitted folders of an assignment, by student."""
    directory = course.coursedir.submitted_directory
    form = course.coursedir.format_path
    pattern = re.compile(form(directory, "(?P<student>[^/]+)", re.escape(assignment), escape=True))
    parent = Path(course.root, directory)
    found = {}
    for path in sorted(parent.glob("*")) if parent.is_dir() else []:
        candidate = Path(form(directory, path.name, assignment))
        match = pattern.fullmatch(str(candidate))
        if match and candidate.is_dir():
            found[match["student"]] = Submission(match["student"], candidate.resolve())
    return list(found.values())


def digest_of_course(
    course: CourseFolder, assignment: str, notebooks: list[ReleasedNotebook]
) -> str:
    """Hash of everything but the submission that a mark depends on."""
    public, hidden = course.test_roots(assignment)
    reference = reference_folder()
    folders = [*public, *hidden, *([reference] if reference else [])]
    rooms = ("student", "sandbox", "judge", "grade")
    files = sorted(PACKAGE.glob("*.py")) + [
        p for r in rooms for p in sorted((PACKAGE / r).glob("*.py"))
    ]
    return digest_of(
        [
            [notebook.plain() for notebook in notebooks],
            [digest_of_folder(folder) for folder in folders],
            [path.read_text("utf-8") for path in files],
            versions(),
            course.sandbox.limits(assignment).plain(),
            fingerprint(course.secret()),
            course.scope(assignment),
            course.judge.common_seeds,
        ]
    )


def digest_of_submission(submission: Submission) -> str:
    """Hash of a submission, and of whom it was handed in with: their hidden inputs are others."""
    content = digest_of_folder(submission.folder)
    return digest_of([content, submission.team]) if submission.team else content


def versions() -> dict[str, str]:
    """Versions of what marks may depend on."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found["autograder" if name == "tdlcourse" else name] = version(name)
        except PackageNotFoundError:
            found[name] = ""
    return found


def is_new_enough(submission: Submission, since: datetime.datetime | None) -> bool:
    """Whether a submission was made at `since` or later; one without a date counts as new."""
    stamp = read_timestamp(submission.folder, []) if since is not None else None
    return since is None or stamp is None or stamp >= since.replace(tzinfo=None)


def is_up_to_date(
    course: CourseFolder, assignment: str, records: Records, student: str, digest: str
) -> bool:
    """Whether a submission has been graded as it is, with the course as it is."""
    record = records.read(student)
    folder = course.folder("autograded", student, assignment)
    return (
        record is not None
        and record["digest"] == digest
        and not has_unmarked_part(record["result"])
        and folder.is_dir()
    )


def has_unmarked_part(result: dict[str, Any]) -> bool:
    """Whether our own fault left a submission, or a part of it, without a mark."""
    parts = [p for n in result["notebooks"].values() for p in n["parts"].values()]
    return result["outcome"] == "not_marked" or any(p["verdict"] == "not_marked" for p in parts)


def read_timestamp(folder: Path, flags: list[str]) -> datetime.datetime | None:
    """When a submission was made, UTC, from nbgrader's timestamp.txt."""
    from nbgrader.utils import parse_utc

    path = folder / "timestamp.txt"
    if not path.is_file() or path.is_symlink():
        return None
    try:
        stamp: datetime.datetime = parse_utc(path.read_text("utf-8").strip())
        return stamp
    except (ValueError, OSError, OverflowError):
        flags.append("timestamp.txt: not a date, lateness unknown")
        return None
