"""Writes one result after another: autograded folder, then gradebook, then record.

Killed anywhere in between, the next run finds no matching record and does the submission again,
with the same marks. A gradebook that is locked or out of reach for a moment is tried again.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbgrader.api import InvalidEntry
from sqlalchemy.exc import DBAPIError

from autograder.errors import SandboxError
from autograder.grade import gradebook as book
from autograder.grade.autograded import answers_of, read_autograded, write_autograded
from autograder.grade.choosing import read_timestamp
from autograder.grade.course import CourseFolder
from autograder.grade.first_marks import FirstMarks
from autograder.grade.records import Digests, Records, digest_of
from autograder.grade.service import Submission

PATIENCE = 60.0  # seconds that a gradebook may be out of reach


class Writer:
    """Writes results of one assignment.

    Args:
        course: the course.
        assignment: its name.
        gradebook: open; this process is the only one that writes.
        records: where records go.
        digests: of the course and the submissions.
        level: the level of confinement, for the record.
        never_lower: keep an automatic mark that is higher, if the submission is the same.
    """

    def __init__(
        self,
        course: CourseFolder,
        assignment: str,
        gradebook: Any,
        records: Records,
        digests: Digests,
        level: str,
        never_lower: bool = False,
    ) -> None:
        self._course, self._assignment, self._gradebook = course, assignment, gradebook
        self._records, self._digests, self._level = records, digests, level
        self._never_lower = never_lower
        self._penalty = late_penalty(course)
        self._first = FirstMarks(gradebook, assignment)

    def write(
        self, submission: Submission, result: dict[str, Any], before: dict[str, Any] | None
    ) -> dict[str, Any]:
        """Write a result; what was written.

        Args:
            submission: what was graded.
            result: what the judge gave.
            before: the student's record so far.

        Raises:
            SandboxError: the disk is full, or the gradebook stays out of reach.
        """
        student = submission.student
        if result["outcome"] != "not_marked":
            same = (
                before is not None
                and before.get("submission") == self._digests.submissions[student]
            )
            if self._never_lower and same and before is not None:
                keep_higher(result, before["result"])
        try:
            if result["outcome"] != "not_marked":
                self._write_marked(submission, result, before)
            self._records.write(student, self._record(student, result))
        except OSError as error:
            raise SandboxError(f"results must be writable, got {error}") from error
        return result

    def _write_marked(
        self, submission: Submission, result: dict[str, Any], before: dict[str, Any] | None
    ) -> None:
        student, assignment = submission.student, self._assignment
        folder = self._course.folder("autograded", student, assignment)
        changed = changed_answers(before, folder, result["notebooks"])
        extra = self._course.release_folder(assignment)
        with_it = extra if extra.is_dir() else None
        write_autograded(folder, submission.folder, with_it, result["notebooks"])
        timestamp = read_timestamp(submission.folder, result["flags"])
        notebooks, penalty = result["notebooks"], self._penalty

        def write() -> None:
            if self._first.can_write(student, timestamp):
                self._first.write(student, timestamp, notebooks)
            else:
                marks = (student, timestamp, notebooks, changed, penalty)
                book.write_marks(self._gradebook, assignment, *marks)

        _patiently(self._gradebook, write)

    def _record(self, student: str, result: dict[str, Any]) -> dict[str, Any]:
        kept = {**result, "notebooks": {}}
        for name, notebook in result["notebooks"].items():
            kept["notebooks"][name] = {key: notebook[key] for key in ("parts", "unchanged")}
            kept["notebooks"][name]["answers"] = digests_of_answers(notebook["notebook"])
        now = datetime.datetime.now(datetime.UTC).isoformat()
        return {
            "digest": self._digests.together(student),
            "submission": self._digests.submissions[student],
            "created": now,
            "level": self._level,
            "result": kept,
        }


def _patiently(gradebook: Any, write: Callable[[], object]) -> None:
    """Write, again and again for a while if the database can't be had."""
    deadline, pause = time.monotonic() + PATIENCE, 0.1
    while True:
        try:
            write()
            return
        except (DBAPIError, InvalidEntry) as error:
            gradebook.db.rollback()
            cause = error.__context__ if isinstance(error, InvalidEntry) else error
            if not isinstance(cause, DBAPIError):
                raise
            full = "full" in str(cause.orig)  # of the disk; waiting makes no room
            if full or time.monotonic() > deadline:
                raise SandboxError(f"gradebook must be writable, got {cause.orig}") from error
        time.sleep(pause)
        pause = min(2 * pause, 5.0)


def keep_higher(result: dict[str, Any], before: dict[str, Any]) -> None:
    """Put an earlier, higher automatic mark of the same submission in the place of a lower one."""
    for name, notebook in result["notebooks"].items():
        earlier = before["notebooks"].get(name, {}).get("parts", {})
        for grade_id, part in notebook["parts"].items():
            old = earlier.get(grade_id, {})
            known = part["score"] is not None and old.get("score") is not None
            if known and old["score"] > part["score"]:
                score = f"{old['score']:g}"
                result["flags"].append(f"{grade_id}: kept {score} from before the checks changed")
                part["score"], part["verdict"] = old["score"], old["verdict"]


def changed_answers(
    record: dict[str, Any] | None, folder: Path, notebooks: dict[str, dict[str, Any]]
) -> set[str]:
    """Ids of hand-marked cells whose answer is not known to be the one graded before.

    The record was written after the marks, so it knows; without one, nbgrader's autograded notebook
    tells; with neither, nothing is known of what a mark was given for.
    """
    changed = set()
    for name, result in notebooks.items():
        known = record["result"]["notebooks"].get(name, {}).get("answers") if record else None
        if known is None:
            known = digests_of_answers(read_autograded(folder / f"{name}.ipynb"))
        for grade_id, digest in digests_of_answers(result["notebook"]).items():
            if known.get(grade_id) != digest:
                changed |= {grade_id, grade_id.removesuffix("-answer")}
    return changed


def digests_of_answers(notebook: dict[str, Any]) -> dict[str, str]:
    """grade_id -> hash of the answer in a notebook."""
    return {grade_id: digest_of([text]) for grade_id, text in answers_of(notebook).items()}


def late_penalty(course: CourseFolder) -> Callable[[str, float, float], float | None]:
    """The course's late policy: nbgrader's plugin, clamped to [0, score]."""
    from nbgrader.preprocessors import AssignLatePenalties

    preprocessor = AssignLatePenalties(config=course.config)
    preprocessor.init_plugin()

    def points(student: str, score: float, seconds: float) -> float | None:
        found = preprocessor.plugin_inst.late_submission_penalty(student, score, seconds)
        return None if found is None else min(max(float(found), 0.0), score)

    return points
