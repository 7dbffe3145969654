"""Every nbgrader command of the flow, from the root of a course, with hw1."""

from __future__ import annotations

import csv
import getpass
import json
import shutil
import zipfile
from pathlib import Path

import pytest

from autograder.corpus import Expected, build, read_corpus
from autograder.grade.course import CourseFolder
from tests.courses import ROOT, make_course, nbgrader

HERE = getpass.getuser()  # nbgrader submits as the account that runs it


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> CourseFolder:
    folder = tmp_path_factory.mktemp("flow") / "course"
    exchange = folder.parent / "exchange"
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    cache = folder.parent / "cache"
    extra = f"c.Exchange.root = {str(exchange)!r}\nc.Exchange.cache = {str(cache)!r}"
    return make_course(folder, extra=extra)


@pytest.fixture(scope="module")
def student(course: CourseFolder) -> Path:
    """A student's folder, with the configuration that names the course and the exchange."""
    home = course.root.parent / "student"
    home.mkdir()
    shutil.copy(course.root / "nbgrader_config.py", home)
    return home


def wrong_q3() -> Expected:
    return next(e for e in read_corpus(ROOT, "hw1") if e.name == "wrong/q3_log1p_overflow")


@pytest.mark.slow
def test_every_command_of_the_flow_works(course: CourseFolder, student: Path) -> None:
    """Release, fetch, submit, collect, autograde, feedback, export."""
    root = course.root
    nbgrader(root, "generate_solution", "hw1")
    assert (root / "solutions/hw1/hw1.ipynb").is_file()
    nbgrader(root, "release_assignment", "hw1")
    assert "hw1" in nbgrader(student, "list")

    nbgrader(student, "fetch_assignment", "hw1")
    released = json.loads((student / "hw1/hw1.ipynb").read_text("utf-8"))
    assert "BEGIN MARK SCHEME" not in json.dumps(released)
    build(root, "hw1", wrong_q3(), student / "hw1")
    assert "hw1" in nbgrader(student, "submit", "hw1")

    nbgrader(root, "collect", "hw1")
    assert (root / "submitted" / HERE / "hw1/hw1.ipynb").is_file()
    nbgrader(root, "autograde", "hw1")
    autograded = (root / "autograded" / HERE / "hw1/hw1.ipynb").read_text("utf-8")
    assert "7 points" in autograded and "BEGIN HIDDEN" not in autograded

    nbgrader(root, "generate_feedback", "hw1")
    page = (root / "feedback" / HERE / "hw1/hw1.html").read_text("utf-8")
    assert "MARK SCHEME" not in page
    assert "tests with other inputs" in page
    nbgrader(root, "release_feedback", "hw1")
    nbgrader(student, "fetch_feedback", "hw1")
    assert list((student / "hw1/feedback").rglob("hw1.html"))

    nbgrader(root, "export")
    with open(root / "grades.csv", newline="", encoding="utf-8") as file:
        row = next(csv.DictReader(file))
    assert row["student_id"] == HERE
    assert 60 < float(row["score"]) < 73  # full automatic marks less some of q3's 7


@pytest.mark.slow
def test_zip_collect_takes_a_download_from_another_platform(course: CourseFolder) -> None:
    """A zip of submissions, as learning platforms make them, becomes submitted folders."""
    downloads = course.root / "downloaded" / "hw1" / "archive"
    downloads.mkdir(parents=True)
    folder = course.root.parent / "one"
    build(course.root, "hw1", wrong_q3(), folder)
    with zipfile.ZipFile(downloads / "submissions.zip", "w") as archive:
        name = "bitdiddle_attempt_2026-01-30-15-30-10_hw1.ipynb"
        archive.write(folder / "hw1.ipynb", name)
    pattern = r".+\/(?P<student_id>\w+)_attempt_(?P<timestamp>[0-9\-]+)_(?P<file_id>\w+)\.ipynb"
    nbgrader(
        course.root,
        "zip_collect",
        "hw1",
        "--force",
        f"--FileNameCollectorPlugin.named_regexp={pattern}",
    )
    assert (course.root / "submitted/bitdiddle/hw1/hw1.ipynb").is_file()


@pytest.mark.slow
def test_validate_says_which_question_fails(course: CourseFolder, student: Path) -> None:
    """A student's Validate names a failing check, and is content with the model solution."""
    work = student / "work"
    build(course.root, "hw1", wrong_q3(), work)
    shutil.copytree(course.root / "source/hw1/tests", work / "tests", dirs_exist_ok=True)
    said = nbgrader(work, "validate", "hw1.ipynb")
    assert "q3: " in said and "public tests pass" in said
    model = next(e for e in read_corpus(ROOT, "hw1") if e.name == "correct/model_solution")
    build(course.root, "hw1", model, work)
    assert "Success" in nbgrader(work, "validate", "hw1.ipynb")


def test_the_committed_trees_are_what_the_source_generates() -> None:
    """assignments/ and solutions/ are current: the same check as `make check`."""
    from autograder.releasing import stale_trees

    assert stale_trees(ROOT, "hw0") == []
