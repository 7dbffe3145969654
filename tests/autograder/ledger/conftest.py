"""Courses with a real gradebook, in SQLite and in PostgreSQL, made without running notebooks."""

from __future__ import annotations

import datetime
import itertools
import os
import pwd
import shutil
import socket
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from sqlalchemy.exc import SAWarning

from autograder.grade.course import load_course

STUDENTS = ("ada", "bob", "cem", "dora")
DUE = datetime.datetime(2026, 11, 1, 12)
SEMINAR = """\
title: Seminar
team: seminar
criteria:
  - {id: talk, title: "The talk", points: 10}
  - {id: report, title: "The report", points: 5}
  - {id: example, title: "An own example", points: 2, bonus: true}
"""
ORAL = "title: Oral\ncriteria:\n  - {id: answers, title: Answers, points: 20}\n"
INSTALL = "no PostgreSQL (Debian: apt-get install postgresql)"


def find_postgres() -> Path | None:
    """The folder of initdb and pg_ctl, newest first, or None."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    on_path = shutil.which("initdb")
    folders += [Path(on_path).resolve().parent] if on_path else []
    return next((f for f in folders if (f / "initdb").exists() and (f / "pg_ctl").exists()), None)


def _unprivileged() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    user = pwd.getpwnam("nobody")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server of our own, without its database's name."""
    programs = find_postgres()
    if programs is None:
        pytest.skip(INSTALL)
    who = _unprivileged()
    # Not pytest's temporary folder: that one is closed to other users.
    folder = Path(subprocess.check_output(["mktemp", "-d"], text=True, **who).strip())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
    quiet: dict[str, Any] = {"check": True, "stdout": subprocess.DEVNULL, "cwd": "/", **who}
    data = str(folder / "data")
    initdb = [programs / "initdb", "-D", data, "-U", "tdl", "-A", "trust", "--no-sync"]
    subprocess.run(initdb, **quiet)
    start = [programs / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start"]
    subprocess.run(start, **quiet)
    yield f"postgresql+psycopg://tdl@127.0.0.1:{port}"
    subprocess.run([programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"], **quiet)
    shutil.rmtree(folder, ignore_errors=True)


class SmallCourse:
    """A course whose gradebook is written directly: assignments without notebooks' cells."""

    def __init__(self, root: Path, db_url: str, **grading: Any) -> None:
        settings = {"course_id": "small", "db_url": db_url}
        lines = [f"c.CourseDirectory.{name} = {value!r}" for name, value in settings.items()]
        lines += [f"c.Grading.{name} = {value!r}" for name, value in grading.items()]
        root.mkdir(parents=True)
        config = "\n".join(["c = get_config()", *lines, ""])
        (root / "nbgrader_config.py").write_text(config)
        self.root, self.folder = root, load_course(root)
        rubrics = root / "rubrics"
        rubrics.mkdir(parents=True, exist_ok=True)
        (rubrics / "seminar.yml").write_text(SEMINAR)
        (rubrics / "oral.yml").write_text(ORAL)

    def open(self) -> Any:
        warnings.filterwarnings("ignore", category=SAWarning)  # nbgrader's models on 2.1
        return Gradebook(self.folder.db_url, "small")

    def assignment(self, name: str, points: float = 10, **options: Any) -> None:
        """An assignment with one graded cell, due on 1 November unless told otherwise."""
        with self.open() as book:
            book.add_assignment(name, duedate=options.get("due", DUE))
            book.add_notebook(name, name)
            book.add_grade_cell("q1", name, name, max_score=points, cell_type="code")

    def submit(
        self, name: str, student: str, score: float | None, hours_late: float = -1, off: float = 0
    ) -> None:
        """A graded submission; score None waits for a hand mark."""
        when = DUE + datetime.timedelta(hours=hours_late)
        with self.open() as book:
            submission = book.update_or_create_submission(name, student, timestamp=when)
            mark = book.find_grade("q1", name, name, student)
            mark.auto_score, mark.needs_manual_grade = score, score is None
            submission.notebooks[0].late_submission_penalty = off
            book.db.commit()


Maker = Callable[..., SmallCourse]


def _fill(db_url: str) -> None:
    """nbgrader's own schema, made by nbgrader, and a class; once, since it starts alembic."""
    warnings.filterwarnings("ignore", category=SAWarning)
    beside = str(Path(sys.executable).parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", beside, prepend=os.pathsep)
        with Gradebook(db_url, "small") as book:
            for student in STUDENTS:
                book.add_student(student, first_name=student.title(), last_name="Smith")


@pytest.fixture(scope="session")
def sqlite_pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pattern") / "gradebook.db"
    _fill(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_pattern(postgres: str) -> str:
    create_database(postgres, "pattern")
    _fill(f"{postgres}/pattern")
    return postgres


@pytest.fixture
def small(tmp_path: Path, sqlite_pattern: Path) -> Maker:
    """Makes a small course on SQLite."""

    def make(**grading: Any) -> SmallCourse:
        shutil.copy(sqlite_pattern, tmp_path / "gradebook.db")
        return SmallCourse(tmp_path / "course", f"sqlite:///{tmp_path}/gradebook.db", **grading)

    return make


@pytest.fixture(params=["sqlite", "postgresql"])
def on_both(request: pytest.FixtureRequest, tmp_path: Path) -> Maker:
    """Makes a small course on each kind of database."""
    if request.param == "sqlite":
        made: Maker = request.getfixturevalue("small")
        return made
    server = request.getfixturevalue("postgres_pattern")

    def make(**grading: Any) -> SmallCourse:
        name = f"course_{next(_numbers)}"
        create_database(server, name, "pattern")
        return SmallCourse(tmp_path / "course", f"{server}/{name}", **grading)

    return make


_numbers = itertools.count()


def create_database(server: str, name: str, template: str = "template0") -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    engine.dispose()
