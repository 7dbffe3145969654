"""Real course folders for tests: configuration, sources and gradebook in a folder of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from autograder import corpus
from autograder.grade.course import CourseFolder, load_course

ROOT = Path(__file__).resolve().parent.parent


def make_course(
    folder: Path, assignments: Iterable[str] = ("hw1",), extra: str = ""
) -> CourseFolder:
    """A course with our configuration and these assignments, generated and in its gradebook.

    Args:
        folder: where; must not exist.
        assignments: names.
        extra: further lines of nbgrader_config.py.
    """
    folder.mkdir(parents=True)
    config = (ROOT / "nbgrader_config.py").read_text("utf-8")
    checks = ROOT / "autograder" / "checks"
    lines = [
        f"c.Course.checks = {str(checks)!r}",
        f"c.Exchange.root = {str(folder / 'exchange')!r}",
    ]
    (folder / "nbgrader_config.py").write_text("\n".join([config, *lines, extra, ""]), "utf-8")
    for assignment in assignments:
        shutil.copytree(ROOT / "source" / assignment, folder / "source" / assignment)
        nbgrader(folder, "generate_assignment", assignment)
    return load_course(folder)


def nbgrader(folder: Path, *arguments: str, user: str = "") -> str:
    """Run an nbgrader command in a folder; its output."""
    command = [sys.executable, "-m", "autograder.lean_nbgrader", *arguments]
    environment = {**os.environ, **({"JUPYTERHUB_USER": user} if user else {})}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def submit_corpus(
    course: CourseFolder, assignment: str, submissions: Iterable[corpus.Expected]
) -> dict[str, corpus.Expected]:
    """Put corpus submissions where nbgrader's collect would; student id -> submission."""
    students = {}
    for expected in submissions:
        student = expected.name.replace("/", "--")
        folder = course.folder("submitted", student, assignment)
        corpus.build(course.root, assignment, expected, folder)
        students[student] = expected
    return students
