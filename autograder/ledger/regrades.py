"""The queue of regrade requests: out of the exchange's box, answered, closed; marks stay apart."""

from __future__ import annotations

import datetime
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbgrader.api import MissingEntry
from sqlalchemy import insert, select, update

from autograder.errors import CourseError, SubmissionError
from autograder.grade.course import CourseFolder
from autograder.ledger.tables import now, regrade_requests, session_of
from autograder.report.grades import replace_file
from autograder.selfcheck.regrade import (
    BOX,
    DEFAULT_ROOT,
    REPLIES,
    Request,
    read_request,
    reply_path,
)

MOST_OPEN = 20  # requests of one student; further ones wait in the box
BOX_MODE = 0o1733  # write and enter, no listing; nobody removes another's file
REPLIES_MODE = 0o711  # enter, no listing


@dataclass(frozen=True)
class Queued:
    """A request in the queue; `closed` is None while it is open."""

    id: int
    token: str
    assignment: str
    question: str
    student: str
    reason: str
    created: datetime.datetime
    closed: datetime.datetime | None
    reply: str


def exchange_of(course: CourseFolder) -> Path:
    """The course's folder in nbgrader's exchange."""
    root = course.config.Exchange.get("root", DEFAULT_ROOT)
    return Path(str(root)) / str(course.coursedir.course_id)


def open_box(course: CourseFolder) -> Path:
    """Make the box for requests, and the folder for replies, with their modes.

    Raises:
        CourseError: the exchange has no folder of this course yet, or it is not writable.
    """
    exchange = exchange_of(course)
    if not exchange.is_dir():
        raise CourseError(f"exchange must hold {exchange}, got none; release an assignment first")
    try:
        for name, mode in ((BOX, BOX_MODE), (REPLIES, REPLIES_MODE)):
            (exchange / name).mkdir(exist_ok=True)
            os.chmod(exchange / name, mode)
    except OSError as error:
        raise CourseError(f"{exchange} must be writable, got {error.strerror}") from None
    return exchange / BOX


def collect_requests(course: CourseFolder, gradebook: Any) -> list[str]:
    """Take requests out of the box into the queue; a sentence for each that can't be taken.

    Raises:
        CourseError: there is no exchange for this course.
    """
    box = open_box(course)
    problems = []
    for path in sorted(box.iterdir()):
        if path.suffix != ".json":
            continue
        try:
            request = read_request(path)
            _check_owner(course, path, request)
            _take(gradebook, request)
        except (SubmissionError, CourseError) as error:
            problems.append(f"{path.name}: {error}")
            continue
        path.unlink()
    return problems


def _check_owner(course: CourseFolder, path: Path, request: Request) -> None:
    """The file's owner must be who it says, unless nbgrader doesn't ask for that either."""
    if not course.config.ExchangeCollect.get("check_owner", True):
        return
    import pwd

    info = os.lstat(path)
    try:
        owner = pwd.getpwuid(info.st_uid).pw_name
    except KeyError:
        owner = str(info.st_uid)
    if not stat.S_ISREG(info.st_mode) or owner != request.student:
        raise SubmissionError(f"request of {request.student} must be their file, got {owner}'s")


def _take(gradebook: Any, request: Request) -> None:
    session, table = session_of(gradebook), regrade_requests.c
    if session.scalars(select(table.id).where(table.token == request.token)).first() is not None:
        return  # taken before; only the file was left
    try:
        gradebook.find_submission(request.assignment, request.student)
    except MissingEntry:
        raise CourseError(
            f"{request.student} must have a graded submission of {request.assignment}, got none"
        ) from None
    waiting = select(table.id).where(table.student == request.student, table.closed.is_(None))
    if len(session.scalars(waiting).all()) >= MOST_OPEN:
        raise CourseError(f"{request.student} must have at most {MOST_OPEN} open, got more")
    row = {key: getattr(request, key) for key in ("token", "assignment", "question", "student")}
    row |= {"reason": request.reason, "created": now(), "closed": None, "reply": ""}
    session.execute(insert(regrade_requests), [row])
    session.commit()


def queue(gradebook: Any, *, closed: bool = False) -> list[Queued]:
    """Open requests, oldest first; with `closed` those that were answered as well."""
    table = regrade_requests
    query = select(table).order_by(table.c.id)
    if not closed:
        query = query.where(table.c.closed.is_(None))
    return [Queued(**row._mapping) for row in session_of(gradebook).execute(query)]


def close_request(course: CourseFolder, gradebook: Any, id: int, reply: str) -> Queued:
    """Answer a request: the reply goes into the exchange, where its asker alone finds it.

    Raises:
        CourseError: no such open request, or an empty reply.
    """
    if not reply.strip():
        raise CourseError("reply must say something, got nothing")
    found = next((each for each in queue(gradebook) if each.id == id), None)
    if found is None:
        known = ", ".join(str(each.id) for each in queue(gradebook)) or "none is open"
        raise CourseError(f"request must be an open one ({known}), got {id}")
    open_box(course)
    path = reply_path(exchange_of(course), found.token)
    told = {"assignment": found.assignment, "question": found.question, "reply": reply.strip()}
    replace_file(path, json.dumps(told) + "\n")
    os.chmod(path, 0o644)  # its asker reads it; nobody else can find it
    session = session_of(gradebook)
    values = {"closed": now(), "reply": reply.strip()}
    same = regrade_requests.c.id == id
    session.execute(update(regrade_requests).where(same).values(**values))
    session.commit()
    return found


def scores(gradebook: Any, request: Queued) -> Iterator[tuple[str, float, float]]:
    """(cell, points, points to get) of the question that a request is about, as it stands."""
    submission = gradebook.find_submission(request.assignment, request.student)
    for notebook in submission.notebooks:
        for grade in notebook.grades:
            if grade.name.partition("-")[0] == request.question.partition("-")[0]:
                if grade.max_score > 0:
                    yield str(grade.name), float(grade.score), float(grade.max_score)
