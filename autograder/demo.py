"""The whole flow on a sample class, in a folder of its own: what `make demo` shows."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.corpus import SUBMISSIONS, build, read_corpus
from autograder.errors import CourseError, TdlError
from autograder.grade.course import CourseFolder, load_course
from autograder.pairing import grade_class
from autograder.releasing import nbgrader, release_assignment
from autograder.report.grades import write_grades
from autograder.report.html import write_report
from autograder.report.schema import validate_run
from autograder.report.table import results_table

CHECKOUT = Path(__file__).resolve().parent.parent
COURSE_FILES = ("nbgrader_config.py", "source")


def run_demo(folder: Path, assignment: str, say: Callable[[str], None] = print) -> dict[str, Any]:
    """Release, submit, collect, grade, return feedback and export, with the sample class.

    Args:
        folder: the course is made there anew; refused if it holds anything but an earlier demo.
        assignment: the homework.
        say: told each step.

    Raises:
        CourseError: not run from a checkout, or the folder is in use.
    """
    folder = folder.resolve()
    _fresh(folder)
    _copy_course(folder)
    with _step(say, f"releasing {assignment}"):
        list(release_assignment(folder, assignment))
    course = load_course(folder)
    with _step(say, "students fetch, work and submit"):
        count = _submit_class(course, folder, assignment)
    with _step(say, f"collecting {count} submissions"):
        nbgrader(folder, "collect", assignment)
    with _step(say, "grading"):
        run, _ = grade_class(course, assignment)
    with _step(say, "making and returning feedback"):
        nbgrader(folder, "generate_feedback", assignment)
        nbgrader(folder, "release_feedback", assignment)
    with _step(say, "exporting"):
        write_grades(validate_run(run), folder / "grades.csv")
        write_report(validate_run(run), folder / "report.html")
    _show(run, folder, assignment, say)
    return run


def _fresh(folder: Path) -> None:
    marker = folder / ".tdl-demo"
    if folder.exists() and any(folder.iterdir()):
        if not marker.exists():
            raise CourseError(f"folder must be empty or an earlier demo, got {folder}")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    marker.touch()


def _copy_course(folder: Path) -> None:
    if not (CHECKOUT / "source").is_dir() or not (CHECKOUT / "tests" / "submissions").is_dir():
        raise CourseError(f"demo must run from a checkout of the course, got {CHECKOUT}")
    shutil.copy(CHECKOUT / "nbgrader_config.py", folder)
    shutil.copytree(CHECKOUT / "source", folder / "source")
    exchange = folder / "exchange"
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    with open(folder / "nbgrader_config.py", "a", encoding="utf-8") as config:
        config.write(f"\nc.Course.checks = {str(CHECKOUT / 'autograder' / 'checks')!r}\n")
        config.write(f"c.Exchange.root = {str(exchange)!r}\n")
        # One account hands in for the whole class here, so the owner of a file says nothing.
        config.write("c.ExchangeCollect.check_owner = False\n")


@contextmanager
def _step(say: Callable[[str], None], what: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    say(f"  {what}: {time.perf_counter() - started:.1f} s")


def sample_class(assignment: str) -> list[Any]:
    """Corpus submissions that make a plausible class, good, middling and broken.

    Raises:
        CourseError: the corpus has no sample class for this assignment.
    """
    listing = CHECKOUT / SUBMISSIONS / assignment / "sample_class.txt"
    if not listing.is_file():
        raise CourseError(f"{assignment} must have a sample class, got no {listing.name}")
    by_name = {expected.name: expected for expected in read_corpus(CHECKOUT, assignment)}
    return [by_name[name] for name in listing.read_text("utf-8").split()]


def _submit_class(course: CourseFolder, folder: Path, assignment: str) -> int:
    """Each student fetches and submits through nbgrader's own exchange."""
    students = sample_class(assignment)
    for expected in students:
        name = expected.name.replace("/", "-").replace("_", "-")
        home = folder / "students" / name
        home.mkdir(parents=True)
        with _in_folder_of(name, home):
            exchange = _Exchange(course, name, home, assignment)
            exchange.fetch()
            build(folder, assignment, expected, home / assignment)
            exchange.submit()
    return len(students)


class _Exchange:
    """nbgrader's exchange as one student uses it."""

    def __init__(self, course: CourseFolder, name: str, home: Path, assignment: str) -> None:
        from nbgrader.auth import Authenticator
        from nbgrader.coursedir import CourseDirectory

        config: Any = course.config.copy()
        config.CourseDirectory.root = str(home)
        coursedir = CourseDirectory(config=config)
        coursedir.assignment_id, coursedir.student_id = assignment, name
        common = {"coursedir": coursedir, "authenticator": Authenticator(), "config": config}
        self._common: dict[str, Any] = common

    def fetch(self) -> None:
        from nbgrader.exchange.default import ExchangeFetchAssignment

        ExchangeFetchAssignment(**self._common).start()

    def submit(self) -> None:
        from nbgrader.exchange.default import ExchangeSubmit

        ExchangeSubmit(**self._common).start()


@contextmanager
def _in_folder_of(name: str, home: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(home)
    try:
        yield
    except Exception as error:
        raise TdlError(f"{name} must be able to submit, got {error}") from error
    finally:
        os.chdir(before)


def _show(run: dict[str, Any], folder: Path, assignment: str, say: Callable[[str], None]) -> None:
    from rich.console import Console

    Console().print(results_table(validate_run(run)))
    say(f"\nproofs wait for a marker's hand: formgrader in JupyterLab, in {folder}")
    for what, path in (
        ("grades", folder / "grades.csv"),
        ("report", folder / "report.html"),
        ("feedback", folder / "feedback"),
        ("gradebook", folder / "gradebook.db"),
    ):
        say(f"{what:<10} {path}")
