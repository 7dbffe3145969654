"""Grades an assignment of a course: every submission that needs it, several at once, one writer."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from autograder.grade import gradebook as book
from autograder.grade.auditing import Auditor
from autograder.grade.choosing import (
    choose,
    digest_of_course,
    digest_of_submission,
    find_submissions,
    is_new_enough,
    is_up_to_date,
)
from autograder.grade.course import CourseFolder
from autograder.grade.records import Digests, Records
from autograder.grade.release import ReleasedNotebook, read_release
from autograder.grade.rows import missing_rows, run_header, submission_rows
from autograder.grade.service import Service, Submission
from autograder.grade.snapshots import take_snapshot
from autograder.grade.teams import with_partners
from autograder.grade.writing import Writer


@dataclass
class Progress:
    """Told of what happens; the command line shows it."""

    begin: Callable[[int, int], None] = field(default=lambda todo, skipped: None)
    done: Callable[[str, dict[str, Any]], None] = field(default=lambda student, result: None)


def grade_assignment(
    course: CourseFolder,
    assignment: str,
    *,
    students: Iterable[str] | None = None,
    force: bool = False,
    since: datetime.datetime | None = None,
    dry_run: bool = False,
    never_lower: bool = False,
    jobs: int = 0,
    progress: Progress | None = None,
    submitters: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Grade what is new or changed and return the run, in the form of `report.schema`.

    Args:
        course: the course.
        assignment: its name.
        students: only these; None for everybody.
        force: grade again what has not changed, too.
        since: only what was submitted then or later, UTC.
        dry_run: grade, but write nothing; see "changes" in the run.
        never_lower: let a changed check raise marks only.
        jobs: submissions at once; 0: the course's setting.
        progress: told what happens.
        submitters: student -> whom hidden inputs are drawn for, of those in a team; see `pairing`.

    Raises:
        CourseError: unknown assignment, stale release, tests that don't fit, unknown student.
        SandboxError: no allowed confinement works.
    """
    started = time.perf_counter()
    progress = progress or Progress()
    with book.open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        notebooks = read_notebooks(course, assignment, gradebook)
        chosen = choose(find_submissions(course, assignment), students)
        chosen = [replace(one, team=(submitters or {}).get(one.student, "")) for one in chosen]
        records = Records(course.state / "records" / assignment)
        digests = Digests(
            digest_of_course(course, assignment, notebooks),
            {submission.student: digest_of_submission(submission) for submission in chosen},
        )
        todo = [
            submission
            for submission in chosen
            if is_new_enough(submission, since)
            and (force or _is_due(course, assignment, records, submission, digests))
        ]
        progress.begin(len(todo), len(chosen) - len(todo))
        level, changes = "", list[dict[str, Any]]()
        if todo and not dry_run:
            take_snapshot(course, f"grade {assignment}")
        if todo:
            service = Service(course, assignment, notebooks)
            level = service.level
            writer = Writer(course, assignment, gradebook, records, digests, level, never_lower)
            auditor = Auditor(course, assignment, digests, level, never_lower=never_lower)
            try:
                for submission, result in service.grade(todo, jobs or _jobs(course)):
                    if not dry_run:
                        auditor.note(submission, result)
                    before = records.read(submission.student)
                    changes += mark_changes(before, submission, result)
                    if not dry_run:
                        result = writer.write(submission, result, before)
                    progress.done(submission.student, result)
            finally:
                service.close()
        run = run_header(course, assignment, level, notebooks)
        names = [submission.student for submission in chosen]
        run["submissions"] = submission_rows(gradebook, assignment, names, records)
        if students is None:
            run["submissions"] += _missing(course, gradebook, run, notebooks)
    run["changes"] = changes
    run["wall_seconds"] = time.perf_counter() - started
    return run


def _is_due(
    course: CourseFolder,
    assignment: str,
    records: Records,
    submission: Submission,
    digests: Digests,
) -> bool:
    digest = digests.together(submission.student)
    return not is_up_to_date(course, assignment, records, submission.student, digest)


def mark_changes(
    record: dict[str, Any] | None, submission: Submission, result: dict[str, Any]
) -> list[dict[str, Any]]:
    """Automatic marks that this result changes: student, cell, before, now."""
    changes = []
    for name, notebook in result["notebooks"].items():
        earlier = record["result"]["notebooks"].get(name, {}).get("parts", {}) if record else {}
        for grade_id, part in notebook["parts"].items():
            before = earlier.get(grade_id, {}).get("score")
            if before != part["score"]:
                change = {"student": submission.student, "cell": grade_id}
                changes.append({**change, "before": before, "now": part["score"]})
    return changes


def graded_run(course: CourseFolder, assignment: str) -> dict[str, Any]:
    """The run as it stands: recorded verdicts with the gradebook's hand marks; grades nothing.

    Raises:
        CourseError: unknown assignment or stale release.
    """
    with book.open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        notebooks = read_notebooks(course, assignment, gradebook)
        records = Records(course.state / "records" / assignment)
        names = [submission.student for submission in find_submissions(course, assignment)]
        run = run_header(course, assignment, "", notebooks)
        run["submissions"] = submission_rows(gradebook, assignment, names, records)
        run["submissions"] += _missing(course, gradebook, run, notebooks)
    return run


def _missing(
    course: CourseFolder, gradebook: Any, run: dict[str, Any], notebooks: list[ReleasedNotebook]
) -> list[dict[str, Any]]:
    """Rows of who handed nothing in; the work of a partner who did is theirs too."""
    assignment, rows = run["assignment"], run["submissions"]
    known = {row["student"] for row in rows}
    missing = missing_rows(gradebook, assignment, known, notebooks)
    return with_partners(course, assignment, rows, missing)


def _jobs(course: CourseFolder) -> int:
    # One more than cores: while the kernel takes a sandbox down, a submission needs none.
    return int(course.grading.jobs) or len(os.sched_getaffinity(0)) + 1


def read_notebooks(course: CourseFolder, assignment: str, gradebook: Any) -> list[ReleasedNotebook]:
    """The released notebooks of an assignment.

    Raises:
        CourseError: unknown to the gradebook, or not in the release directory.
    """
    stored = book.stored_cells(gradebook, assignment)
    folder = course.release_folder(assignment)
    return [read_release(folder / f"{name}.ipynb", stored[name]) for name in sorted(stored)]
