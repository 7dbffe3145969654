"""The private parts of a course in a folder of their own, outside of a public repository.

`c.Course.private` names the folder. What it holds takes the place of what would lie in the course
folder, part by part, and everything that is made of it goes there as well:

    source/          notebooks with solutions, public tests
    solutions/       generated
    checks/          hidden tests
    tests/submissions/   the verdict corpus
    term_secret      made at first use
    parameters.py    configuration as in nbgrader_config.py, read after it

What is left in the course folder is what students get: `assignments/`, and the configuration
without a secret.
"""

from __future__ import annotations

import os
from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.errors import CourseError, shown

PARAMETERS = "parameters.py"
CORPUS = Path("tests", "submissions")
SECRET = "term_secret"  # noqa: S105, a file's name

# Lines behind a configuration that make a copy of the course one folder again.
IN_ONE_FOLDER = """\
c.Course.private = c.Judge.secret_file = ""
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.solution_directory = "solutions"
"""


def apply_overlay(c: Config) -> None:
    """Point nbgrader and the grader to the private folder, if one is set and there.

    A folder that is not there is no error yet: `load_course` says so to whoever needs it.
    """
    folder = _configured(c)
    if folder is None or not folder.is_dir():
        return
    if (folder / "source").is_dir():
        c.CourseDirectory.source_directory = str(folder / "source")
        c.CourseDirectory.solution_directory = str(folder / "solutions")
    if (folder / "checks").is_dir():
        c.Course.checks = str(folder / "checks")
    c.Judge.secret_file = str(folder / SECRET)
    if (folder / PARAMETERS).is_file():
        c.merge(PyFileConfigLoader(PARAMETERS, path=str(folder)).load_config())


def _configured(c: Config) -> Path | None:
    text = c.Course.get("private", "")
    return Path(os.path.expanduser(str(text))) if text else None


def checked_private(text: str) -> Path | None:
    """The private folder that a course names; None if it names none.

    Raises:
        CourseError: it is not an absolute path of a folder that only staff can enter.
    """
    if not text:
        return None
    folder = Path(os.path.expanduser(text))
    if not folder.is_absolute():
        raise CourseError(f"Course.private must be an absolute path, got {shown(text)}")
    if not folder.is_dir():
        raise CourseError(f"Course.private must be a folder, got none at {shown(str(folder))}")
    if folder.stat().st_mode & 0o007:
        raise CourseError(f"{folder} must be closed to other users; run chmod o-rwx on it")
    return folder
