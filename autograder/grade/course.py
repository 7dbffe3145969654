"""A course on disk: its configuration, folders, gradebook address and term secret."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Any

from traitlets.config import Config

from autograder.errors import CourseError, shown
from autograder.overlay import checked_private
from autograder.settings import Course, Grading, Judge, Sandbox


class CourseFolder:
    """An nbgrader course directory with the settings of this grader.

    Args:
        coursedir: nbgrader's CourseDirectory.
        config: everything that nbgrader_config.py set.
    """

    def __init__(self, coursedir: Any, config: Config) -> None:
        self.coursedir = coursedir
        self.config = config
        self.course = Course(config=config)
        self.judge = Judge(config=config)
        self.sandbox = Sandbox(config=config)
        self.grading = Grading(config=config)
        self.private = checked_private(self.course.private)
        if self.private is not None and not self.judge.secret_file:  # the overlay sets it
            raise CourseError("Course.private must be set before install(c), got it behind")

    @property
    def root(self) -> Path:
        return Path(str(self.coursedir.root)).resolve()

    @property
    def state(self) -> Path:
        return self.root / self.judge.state

    @property
    def title(self) -> str:
        return self.course.title or self.coursedir.course_id or self.root.name

    @property
    def db_url(self) -> str:
        return str(self.coursedir.db_url)

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """The folder of one step of nbgrader's, e.g. "submitted", for one student."""
        directory = getattr(self.coursedir, f"{step}_directory")
        return Path(self.coursedir.format_path(directory, student, assignment)).resolve()

    def release_folder(self, assignment: str) -> Path:
        return self.folder("release", ".", assignment)

    def test_roots(self, assignment: str) -> tuple[list[Path], list[Path]]:
        """Folders of public and of hidden tests of an assignment, those that exist."""
        public = self.folder("source", ".", assignment) / "tests"
        hidden = self.root / self.course.checks / assignment
        return [p for p in [public] if p.is_dir()], [p for p in [hidden] if p.is_dir()]

    def scope(self, assignment: str) -> str:
        """What seeds of this assignment depend on, besides test and student."""
        return "\0".join((str(self.coursedir.course_id), self.course.term, assignment))

    def submitter(self, name: str) -> str:
        """Whom hidden inputs are drawn for: student or team, or "" if everybody's are the same."""
        return "" if self.judge.common_seeds else name

    def secret(self) -> bytes:
        """The term's secret, made at first use and readable by its owner only.

        Raises:
            CourseError: it is too short, or others can read it.
        """
        path = Path(self.judge.secret_file or self.state / "term_secret")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
        if path.stat().st_mode & 0o077:
            raise CourseError(f"{path} must be readable by its owner only; run chmod 600 on it")
        text = path.read_text("ascii").strip()
        if len(text) < 32:
            raise CourseError(f"{path} must hold at least 32 characters, got {len(text)}")
        return text.encode()


def load_course(root: Path | None = None) -> CourseFolder:
    """The course in a folder, from its nbgrader_config.py and Jupyter's configuration paths.

    Raises:
        CourseError: there is no such folder, or the configuration can't be read.
    """
    from jupyter_core.application import JupyterApp
    from nbgrader.coursedir import CourseDirectory

    folder = (root or Path.cwd()).resolve()
    if not folder.is_dir():
        raise CourseError(f"course must be a folder, got none at {shown(str(folder))}")

    class _App(JupyterApp):
        name = "nbgrader"
        config_file_name = "nbgrader_config"

        @property
        def config_file_paths(self) -> list[str]:
            return [str(folder), *super().config_file_paths]

    app = _App()
    before = Path.cwd()
    os.chdir(folder)
    try:
        app.load_config_file(suppress_errors=False)
    except Exception as error:
        raise CourseError(f"nbgrader_config.py must be readable, got {shown(error)}") from error
    finally:
        os.chdir(before)
    config = app.config
    config.CourseDirectory.root = str(config.CourseDirectory.get("root") or folder)
    return CourseFolder(CourseDirectory(config=config), config)


def part_of(root: Path, part: str | Path) -> Path:
    """Where a course keeps a part such as "source": in its private folder if that has it.

    Args:
        root: the course folder.
        part: relative path.

    Raises:
        CourseError: the configuration can't be read.
    """
    private = load_course(root).private
    found = None if private is None else private / part
    return found if found is not None and found.exists() else root / part
