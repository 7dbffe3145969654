"""Notes every grading in the audit record, and repeats one without writing anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from autograder.errors import CourseError
from autograder.grade.audit import AuditLog, differences, entry_of, marks_of
from autograder.grade.choosing import (
    choose,
    digest_of_course,
    digest_of_submission,
    find_submissions,
    versions,
)
from autograder.grade.course import CourseFolder
from autograder.grade.records import Digests
from autograder.grade.release import ReleasedNotebook
from autograder.grade.service import Service, Submission
from autograder.judge.marking import Seeds, fingerprint


def audit_log(course: CourseFolder, assignment: str) -> AuditLog:
    """The audit records of an assignment."""
    return AuditLog(course.state / "audit" / f"{assignment}.jsonl")


class Auditor:
    """Writes an entry for each submission of one run.

    Args:
        course: the course.
        assignment: its name.
        digests: of the course and the submissions.
        level: the level of confinement.
        never_lower: whether an earlier, higher mark of the same submission stays.
    """

    def __init__(
        self,
        course: CourseFolder,
        assignment: str,
        digests: Digests,
        level: str,
        *,
        never_lower: bool = False,
    ) -> None:
        self._log = audit_log(course, assignment)
        self._secret, self._scope = course.secret(), course.scope(assignment)
        self._submitter, self._submissions = course.submitter, digests.submissions
        self._common = {
            **circumstances(course, digests.course),
            "assignment": assignment,
            "level": level,
            "limits": course.sandbox.limits(assignment).plain(),
            "never_lower": never_lower,
        }

    def note(self, submission: Submission, result: dict[str, Any]) -> None:
        """Append what the judge gave, before anything is written elsewhere.

        Raises:
            SandboxError: the record can't be written.
        """
        submitter = self._submitter(submission.team or submission.student)
        seeds = Seeds(self._secret, self._scope, submitter)
        common = {**self._common, "submission": self._submissions[submission.student]}
        common["team"] = submission.team
        self._log.append(entry_of(submission.student, result, common, seeds))


def circumstances(course: CourseFolder, digest: str) -> dict[str, Any]:
    """What a mark depends on besides the submission, for all of them."""
    return {
        "course": digest,
        "versions": versions(),
        "secret": fingerprint(course.secret()),
        "term": course.course.term,
    }


@dataclass(frozen=True)
class Repetition:
    """A second grading beside the one on record.

    Attributes:
        before: the entry on record.
        marks: what it gives now, in the form of the entry's marks.
        changed: what is not as it was then: "submission", "course", "secret", "versions".
        differences: where the marks differ, as sentences.
    """

    before: dict[str, Any]
    marks: dict[str, Any]
    changed: list[str]
    differences: list[str]


def repeat(
    course: CourseFolder, assignment: str, student: str, notebooks: list[ReleasedNotebook]
) -> Repetition:
    """Grade a submission again, write nothing, and compare with its latest entry.

    Raises:
        CourseError: no such submission, none on record, or a record that somebody changed.
        SandboxError: no allowed confinement works.
    """
    entries = audit_log(course, assignment).entries(student)
    if not entries:
        raise CourseError(f"{student} must have been graded for {assignment}, got no record of it")
    (submission,) = choose(find_submissions(course, assignment), [student])
    before = entries[-1]
    submission = replace(submission, team=before.get("team", ""))  # older records know no teams
    service = Service(course, assignment, notebooks)
    try:
        ((_, result),) = service.grade([submission], 1)
    finally:
        service.close()
    now = circumstances(course, digest_of_course(course, assignment, notebooks))
    now["submission"] = digest_of_submission(submission)
    submitter = course.submitter(submission.team or student)
    seeds = Seeds(course.secret(), course.scope(assignment), submitter)
    marks = marks_of(result, seeds)
    return Repetition(
        before,
        marks,
        [key for key in ("submission", "course", "secret", "versions") if before[key] != now[key]],
        differences(before["marks"], marks),
    )
