"""Killed at any moment, the next run finishes the rest: nothing lost, nothing half-written."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from autograder.errors import SandboxError
from autograder.grade.course import load_course
from autograder.grade.gradebook import open_gradebook
from autograder.grade.pipeline import grade_assignment
from autograder.grade.service import deserves_another_try

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))
import grading  # noqa: E402  - the benchmark's homework is small and quick to grade

STUDENTS = 24


@pytest.fixture
def course_folder(tmp_path: Path) -> Path:
    root = tmp_path / "course"
    root.mkdir()
    grading.make_course(root)
    grading.make_class(root, STUDENTS)
    return root


def start(root: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "autograder.cli", "grade", grading.HOMEWORK]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def graded(root: Path) -> int:
    """How many records there are already."""
    return len(list((root / ".tdl" / "records" / grading.HOMEWORK).glob("*.json")))


def wait_until_graded(root: Path, process: subprocess.Popen[bytes], count: int) -> None:
    deadline = time.monotonic() + 120
    while graded(root) < count and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)


def check_agreement(root: Path) -> None:
    """Every student has the right score, and gradebook and autograded notebooks agree."""
    for student, score in grading.scores_in(root).items():
        wrong = int(student[1:]) % 5 == 4
        assert score == (0.0 if wrong else 10.0), student
        path = root / "autograded" / student / grading.HOMEWORK / f"{grading.HOMEWORK}.ipynb"
        cells = json.loads(path.read_text("utf-8"))["cells"]
        shown = next(c for c in cells if c["metadata"].get("nbgrader", {}).get("grade_id") == "q1")
        assert ("q1: 0 of 10" if wrong else "q1: 10 of 10") in json.dumps(shown["outputs"]), student
    assert len(grading.scores_in(root)) == STUDENTS
    assert not list((root / "autograded").rglob(".*.part"))


@pytest.mark.slow
def test_killed_at_random_moments_the_next_run_finishes(course_folder: Path) -> None:
    """SIGKILL of the run itself, of its judge, of its zygote, of a student's process."""
    rng = random.Random(0)  # noqa: S311
    for round_number in range(6):
        process = start(course_folder)
        wait_until_graded(course_folder, process, min(graded(course_folder) + 2, STUDENTS))
        time.sleep(rng.random() * 0.3)
        family = psutil.Process(process.pid).children(recursive=True)
        victims = [process.pid] if round_number % 2 == 0 or not family else []
        victims = victims or [rng.choice(family).pid]
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        process.wait(120)
        gone, alive = psutil.wait_procs(family, timeout=20)
        assert not alive, "processes outlived the run that started them"
    last = start(course_folder)
    assert last.wait(180) == 0
    check_agreement(course_folder)


@pytest.mark.slow
def test_a_locked_gradebook_is_waited_for(course_folder: Path) -> None:
    """Another program holds the database for some seconds: no mark is lost."""
    locker = sqlite3.connect(course_folder / "gradebook.db", isolation_level=None)
    process = start(course_folder)
    time.sleep(6)
    locker.execute("BEGIN EXCLUSIVE")
    time.sleep(8)
    locker.execute("COMMIT")
    locker.close()
    assert process.wait(180) == 0
    check_agreement(course_folder)


def test_a_gradebook_locked_at_the_start_is_waited_for(tmp_path: Path) -> None:
    """Longer than sqlite3 waits by itself, which is 5 s."""
    url = f"sqlite:///{tmp_path}/gradebook.db"
    with open_gradebook(url, "tiny") as gradebook:
        gradebook.update_or_create_student("a")
    locker = sqlite3.connect(
        tmp_path / "gradebook.db", isolation_level=None, check_same_thread=False
    )
    locker.execute("BEGIN EXCLUSIVE")
    threading.Timer(7, lambda: locker.execute("COMMIT")).start()
    with open_gradebook(url, "tiny") as gradebook:
        assert [student.id for student in gradebook.students] == ["a"]
    locker.close()


def test_a_gradebook_out_of_reach_is_an_error_with_its_reason() -> None:
    """Not a traceback of the database's."""
    with pytest.raises(SandboxError, match="within reach, got unable to open"):
        open_gradebook("sqlite:////nowhere/gradebook.db", "tiny")


@pytest.mark.slow
def test_a_full_disk_is_an_error_and_the_next_run_finishes(course_folder: Path) -> None:
    """The course lies on a small disk that fills while a class is graded."""
    disk = course_folder.parent / "disk"
    disk.mkdir()
    grade = f"{sys.executable} -m autograder.cli grade {grading.HOMEWORK}"
    script = f"""
        mount -t tmpfs -o size=4m none {disk} || exit 99
        cp -r {course_folder}/. {disk}/ && cd {disk} || exit 99
        head -c $(( $(df --output=avail -B1 . | tail -1) - 200000 )) /dev/zero > filler
        {grade} 2> {course_folder}/first.txt; echo $? > {course_folder}/first
        rm filler; {grade}; echo $? > {course_folder}/second
        cp -r . {course_folder}/
    """
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    own_mounts = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    subprocess.run([*own_mounts, "sh", "-c", script], env=environment, check=True, timeout=300)
    assert (course_folder / "first").read_text().strip() == "4", (
        course_folder / "first.txt"
    ).read_text()
    message = (course_folder / "first.txt").read_text()
    assert "SandboxError" in message
    assert "full" in message or "No space left" in message
    assert (course_folder / "second").read_text().strip() == "0"
    check_agreement(course_folder)


@pytest.mark.slow
def test_a_second_run_grades_nothing_and_force_gives_the_same(course_folder: Path) -> None:
    """Unchanged submissions are skipped; graded again they get the same marks."""
    before = Path.cwd()
    os.chdir(course_folder)
    try:
        course = load_course(course_folder)
        first = grade_assignment(course, grading.HOMEWORK)
        second = grade_assignment(course, grading.HOMEWORK)
        forced = grade_assignment(course, grading.HOMEWORK, force=True)
    finally:
        os.chdir(before)
    assert len(first["changes"]) == STUDENTS
    assert second["changes"] == []
    assert forced["changes"] == []


@pytest.mark.parametrize(
    ("outcome", "message", "test_message", "again"),
    [
        ("finished", "", "q1 must be 4", False),
        ("timed_out", "a cell: it needed more than 60 seconds on the wall clock", "", True),
        ("finished", "", "it needed more than 60 seconds on the wall clock", True),
        ("timed_out", "a cell: it needed more than 2 CPU-seconds", "", False),
        ("finished", "", "it needed more than 10 CPU-seconds", False),
        ("out_of_memory", "a cell: it was killed by the system, probably for its memory", "", True),
        ("finished", "", "it ended before it answered (a crash, an exit or a limit)", True),
        ("crashed", "a cell: it ended by signal SIGSEGV", "", False),
        ("crashed", "q1: student process must start, got: can't copy the process: x", "", True),
    ],
)
def test_what_the_machine_may_have_spoilt_is_tried_again(
    outcome: str, message: str, test_message: str, again: bool
) -> None:
    part = {"tests": [{"message": test_message}]}
    notebooks = {"hw": {"parts": {"q1": part}}}
    result = {"outcome": outcome, "message": message, "notebooks": notebooks}
    assert deserves_another_try(result) is again
