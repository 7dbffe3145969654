"""The evening of a deadline: 200 students submit within a minute, nothing is lost or mixed up.

nbgrader's own exchange classes, one process for each submission, each under a user id of its own
where this runs as root, so that the exchange's permissions are those of a hub.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import random
import time
import traceback
from pathlib import Path

import pytest
from nbgrader.auth import Authenticator
from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange.default import ExchangeCollect, ExchangeReleaseAssignment, ExchangeSubmit
from traitlets.config import Config

from autograder.selfcheck.receipt import receipt_of
from autograder.selfcheck.submitting import RECEIPTS, with_receipt

STUDENTS = [f"student{n:03}" for n in range(200)]
TWICE = STUDENTS[::4]  # who submit again, something else
FIRST_UID = 40_000
AT_ONCE = 20
NAME = "load"
Submit = with_receipt(ExchangeSubmit)


@dataclasses.dataclass(frozen=True)
class Place:
    """Folders of a course, its exchange and its students."""

    base: Path

    @property
    def course(self) -> Path:
        return self.base / "course"

    def step(self, kind: type, **options: object) -> object:
        """One of nbgrader's exchange steps, run; in the process that calls."""
        config = Config()
        config.Exchange.root = str(self.base / "exchange")
        config.CourseDirectory.course_id = "load101"
        config.CourseDirectory.assignment_id = NAME
        config.CourseDirectory.root = str(self.course)
        config.CourseDirectory.db_url = f"sqlite:///{self.course}/gradebook.db"
        for name, value in options.items():
            section, _, key = name.partition("__")
            config[section][key] = value
        coursedir = CourseDirectory(config=config)
        made = kind(coursedir=coursedir, authenticator=Authenticator(config=config), config=config)
        made.log = logging.getLogger("load")
        return made.start()


def notebook(answer: str) -> str:
    marks = {"nbgrader": {"grade_id": "q1-answer", "solution": True, "schema_version": 3}}
    cell = {"cell_type": "code", "metadata": marks, "source": answer, "outputs": []}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def place(open_folder: Path) -> Place:
    """A course with its assignment released, closed to students, and their folders."""
    found = Place(open_folder)
    released = found.course / "release" / NAME
    released.mkdir(parents=True)
    (released / f"{NAME}.ipynb").write_text(notebook("YOUR CODE HERE"))
    (open_folder / "exchange").mkdir()
    (open_folder / "exchange").chmod(0o1777)
    found.step(ExchangeReleaseAssignment)
    found.course.chmod(0o700)
    for number, student in enumerate(STUDENTS):
        work = open_folder / "homes" / student / NAME
        work.mkdir(parents=True)
        for folder in (work.parent, work):
            folder.chmod(0o700)
            if os.geteuid() == 0:
                os.chown(folder, FIRST_UID + number, FIRST_UID + number)
    return found


def begin_submission(place: Place, student: str, answer: str) -> int:
    """Submit in a process of its own, as the student; its id."""
    pid = os.fork()
    if pid:
        return pid
    try:
        number = STUDENTS.index(student)
        if os.geteuid() == 0:
            os.setgroups([])
            os.setresgid(*[FIRST_UID + number] * 3)
            os.setresuid(*[FIRST_UID + number] * 3)
        home = place.base / "homes" / student
        os.chdir(home)
        os.umask(0o022)
        (home / NAME / f"{NAME}.ipynb").write_text(notebook(answer))
        place.step(
            Submit,
            CourseDirectory__student_id=student,
            Exchange__cache=str(home / "cache"),
            Exchange__assignment_dir=str(home),
        )
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def submit_all(place: Place, answers: list[tuple[str, str]]) -> None:
    """Submit these, AT_ONCE of them at a time; all must succeed."""
    running, failed = set[int](), 0
    for student, answer in answers:
        if len(running) == AT_ONCE:
            pid, status = os.wait()
            running.remove(pid)
            failed += status != 0
        running.add(begin_submission(place, student, answer))
    for pid in running:
        failed += os.waitpid(pid, 0)[1] != 0
    assert failed == 0, f"{failed} submissions failed"


def collected(place: Place, student: str) -> Path:
    return place.course / "submitted" / student / NAME


@pytest.mark.slow
def test_two_hundred_submit_within_a_minute(place: Place) -> None:
    """Every student's last work is collected, complete, and is the one on their receipt."""
    order = random.Random(1)
    first = [(student, f"answer = '{student}, first'") for student in STUDENTS]
    again = [(student, f"answer = '{student}, again'") for student in TWICE]
    order.shuffle(first)
    started = time.monotonic()
    submit_all(place, first)
    seconds = time.monotonic() - started
    place.step(ExchangeCollect, ExchangeCollect__check_owner=False)  # too early, as it happens
    submit_all(place, again)
    place.step(ExchangeCollect, ExchangeCollect__check_owner=False, ExchangeCollect__update=True)
    assert seconds < 60, f"{len(first)} submissions took {seconds:.0f} s"
    assert sorted(os.listdir(place.course / "submitted")) == STUDENTS
    for student in STUDENTS:
        folder = collected(place, student)
        wanted = f"answer = '{student}, {'again' if student in TWICE else 'first'}'"
        cells = json.loads((folder / f"{NAME}.ipynb").read_text())["cells"]
        assert cells[0]["source"] == wanted
        assert {"timestamp.txt", "submission_secret.txt"} <= set(os.listdir(folder))
        home = place.base / "homes" / student / NAME
        assert receipt_of(folder).digest == receipt_of(home).digest
        receipts = (home / RECEIPTS).read_text()
        assert receipts.count("receipt ") == 1 + (student in TWICE)
        assert f"receipt {receipt_of(folder).digest[:16]}" in receipts.split("submitted")[-1]


@pytest.mark.slow
def test_collecting_in_the_rush_loses_nothing(place: Place) -> None:
    """Whoever was half way in when the instructor collected is collected whole the next time."""
    pids = {begin_submission(place, s, f"answer = '{s}'") for s in STUDENTS[:40]}
    while pids:
        place.step(
            ExchangeCollect, ExchangeCollect__check_owner=False, ExchangeCollect__update=True
        )
        pids = {pid for pid in pids if os.waitpid(pid, os.WNOHANG) == (0, 0)}
    place.step(ExchangeCollect, ExchangeCollect__check_owner=False, ExchangeCollect__update=True)
    for student in STUDENTS[:40]:
        folder = collected(place, student)
        cells = json.loads((folder / f"{NAME}.ipynb").read_text())["cells"]
        assert cells[0]["source"] == f"answer = '{student}'"
        assert {"timestamp.txt", "submission_secret.txt"} <= set(os.listdir(folder)), student
