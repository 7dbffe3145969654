"""A real nbgrader course with one tiny assignment of all three kinds of graded cells."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder.grade.course import CourseFolder, load_course

NAME = "tiny"
# Words that no student may ever read; each is searched for in what students get.
SECRETS = (
    "SECRETTITLE",
    "SECRETMESSAGE",
    "987654",
    "-1975308",
    "test_hidden_name",
    "SCHEMESECRET",
    "INLINESECRET",
)
CONFIG = """
from autograder.targets.nbgrader import install
import sys
c = get_config()
sys.path.insert(0, {root!r})
c.CourseDirectory.course_id = "tiny101"
c.CourseDirectory.release_directory = "assignments"
c.CourseDirectory.solution_directory = "solutions"
c.Execute.record_timing = False
c.Exchange.root = {exchange!r}
c.Course.term = "2026"
c.Course.checks = "checks"
c.Sandbox.preload = ["numpy"]
c.Sandbox.cell_seconds = 1
c.Sandbox.wall_slack = 5.0
c.AssignLatePenalties.plugin_class = "latepolicy.HalfOfIt"
install(c)
"""
LATE_POLICY = """
from nbgrader.plugins import BasePlugin

class HalfOfIt(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 0.5 * score
"""
PUBLIC = '''
import pytest

pytestmark = pytest.mark.question("q1", forbid=["numpy.multiply"], timeout=0.5)


def test_of_two(student):
    """double(2) is 4."""
    assert student.double(2) == 4, "double(2) must be 4"
'''
HIDDEN = '''
import pytest


pytestmark = pytest.mark.question("q1", timeout=0.5)


@pytest.mark.question("q1", weight=3, hint="Think of negative numbers.")
def test_hidden_name(student):
    """SECRETTITLE: negative numbers are doubled too."""
    assert student.double(-987654) == -1975308, "SECRETMESSAGE"


@pytest.mark.question("q1", weight=1)
def test_of_ten(student):
    """SECRETTITLE: a larger number."""
    assert student.double(10) == 20, "SECRETMESSAGE"


@pytest.mark.question("q1", weight=0)
def test_our_own_fault(student):
    """Breaks down by the author's fault for submissions that say so."""
    if "trip" in student.names():
        undefined_name
'''


PUBLIC_Q4 = '''
import pytest


@pytest.mark.question("q4")
def test_of_four(student):
    """half(4) is 2."""
    assert student.half(4) == 2, "half(4) must be 2"
'''


def cell(kind: str, id: str, text: str, **flags: Any) -> dict[str, Any]:
    """A source cell with nbgrader's metadata."""
    marks: dict[str, Any] = {
        "grade": False,
        "solution": False,
        "locked": True,
        "task": False,
        "grade_id": id,
        "schema_version": 3,
        **flags,
    }
    made: dict[str, Any] = {
        "cell_type": kind,
        "id": id,
        "metadata": {"nbgrader": marks},
        "source": text,
    }
    if kind == "code":
        made |= {"execution_count": None, "outputs": []}
    return made


def solution(body: str) -> str:
    return f"### BEGIN SOLUTION\n{body}\n### END SOLUTION"


def source_notebook() -> dict[str, Any]:
    """The instructor's notebook: one judge question, one task, one ordinary graded cell."""
    cells = [
        cell("code", "setup", "import numpy as np\nfrom autograder.selfcheck import check"),
        cell("markdown", "q1-statement", "Write `double`."),
        cell(
            "code",
            "q1-answer",
            "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION",
            solution=True,
            locked=False,
        ),
        cell("code", "q1", 'check("q1")', grade=True, points=4),
        cell(
            "markdown",
            "q2",
            "Prove it.\n\n=== BEGIN MARK SCHEME ===\nSCHEMESECRET\n=== END MARK SCHEME ===",
            task=True,
            points=5,
        ),
        cell(
            "markdown",
            "q2-answer",
            "The model proof.",
            grade=True,
            solution=True,
            locked=False,
            points=0,
        ),
        cell(
            "code",
            "q3-answer",
            "def triple(x):\n    ### BEGIN SOLUTION\n    return 3 * x\n    ### END SOLUTION",
            solution=True,
            locked=False,
        ),
        cell(
            "code",
            "q3",
            "assert triple(2) == 6\n### BEGIN HIDDEN TESTS\n"
            "assert triple(-5) == -15, 'INLINESECRET'\n### END HIDDEN TESTS",
            grade=True,
            points=3,
        ),
        cell(
            "code",
            "q4-answer",
            "def half(x):\n    ### BEGIN SOLUTION\n    return x / 2\n    ### END SOLUTION",
            solution=True,
            locked=False,
        ),
        cell("code", "q4", 'check("q4")', grade=True, points=0),
    ]
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def nbgrader(folder: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run nbgrader in a folder, with its own Jupyter configuration only."""
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(folder / ".jupyter"),
        "PYTHONWARNINGS": "ignore",
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    done = subprocess.run(
        [sys.executable, "-m", "autograder.lean_nbgrader", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    if check and done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return done


@dataclass
class TinyCourse:
    """The course and what tests do with it."""

    folder: Path
    course: CourseFolder
    release: dict[str, Any]

    def answered(self, **answers: str) -> dict[str, Any]:
        """The released notebook with these answers; `q1_answer` is cell q1-answer."""
        notebook = copy.deepcopy(self.release)
        by_id = {c["metadata"]["nbgrader"]["grade_id"]: c for c in notebook["cells"]}
        for name, text in answers.items():
            by_id[name.replace("_", "-")]["source"] = text
        return notebook

    def model(self, **changes: str) -> dict[str, Any]:
        """A full answer, with changes."""
        answers = {
            "q1_answer": "def double(x):\n    return 2 * x",
            "q2_answer": "My proof.",
            "q3_answer": "def triple(x):\n    return 3 * x",
            "q4_answer": "def half(x):\n    return x / 2",
        }
        return self.answered(**{**answers, **changes})

    def submit(self, student: str, notebook: object, name: str = f"{NAME}.ipynb") -> Path:
        """Put a notebook (or any text) where nbgrader's collect would."""
        folder = self.folder / "submitted" / student / NAME
        folder.mkdir(parents=True, exist_ok=True)
        text = notebook if isinstance(notebook, str) else json.dumps(notebook)
        (folder / name).write_text(text)
        return folder

    def gradebook(self) -> Any:
        from autograder.grade.gradebook import open_gradebook

        return open_gradebook(self.course.db_url, "tiny101")

    def marks(self, student: str) -> dict[str, dict[str, Any]]:
        """grade_id -> scores in the gradebook."""
        with self.gradebook() as book:
            submission = book.find_submission(NAME, student)
            return {
                grade.name: {
                    "auto": grade.auto_score,
                    "manual": grade.manual_score,
                    "needs": bool(grade.needs_manual_grade),
                    "score": grade.score,
                }
                for notebook in submission.notebooks
                for grade in notebook.grades
            }

    def mark_by_hand(self, student: str, grade_id: str, score: float) -> None:
        """What formgrader does when an instructor marks a cell."""
        with self.gradebook() as book:
            grade = book.find_grade(grade_id, NAME, NAME, student)
            grade.manual_score = score
            grade.needs_manual_grade = False
            book.db.commit()

    def autograded(self, student: str) -> dict[str, Any]:
        path = self.folder / "autograded" / student / NAME / f"{NAME}.ipynb"
        notebook: dict[str, Any] = json.loads(path.read_text("utf-8"))
        return notebook


def hash_of(folder: Path) -> dict[str, str]:
    """Relative path -> hash and mode of every file below a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            found[str(path.relative_to(folder))] = f"{digest} {path.stat().st_mode:o}"
    return found


@pytest.fixture(scope="session")
def _paths() -> Iterator[None]:
    """What loading a course's configuration does to this process is undone at the end."""
    path, environment = list(sys.path), dict(os.environ)
    yield
    sys.path[:] = path
    os.environ.clear()
    os.environ.update(environment)


@pytest.fixture(scope="session")
def make_tiny(tmp_path_factory: pytest.TempPathFactory, _paths: None) -> Callable[..., TinyCourse]:
    """Makes a tiny course; only the first call runs nbgrader, the others copy it."""
    pattern: list[Path] = []

    def make(extra: str = "") -> TinyCourse:
        import shutil

        if not pattern:  # handed to nobody: what one test writes is not another's
            pattern.append(tmp_path_factory.mktemp("pattern"))
            write_source(pattern[0])
            nbgrader(pattern[0], "generate_assignment", NAME)
        folder = tmp_path_factory.mktemp("course")
        for part in ("source", "assignments", "checks", "gradebook.db", "latepolicy.py"):
            old, new = pattern[0] / part, folder / part
            (shutil.copytree if old.is_dir() else shutil.copy)(old, new)
        text = CONFIG.format(root=str(folder), exchange=str(folder / "exchange"))
        (folder / "nbgrader_config.py").write_text(text + extra)
        release = json.loads((folder / "assignments" / NAME / f"{NAME}.ipynb").read_text())
        return TinyCourse(folder, load_course(folder), release)

    return make


def write_source(folder: Path) -> None:
    """Source notebook, public and hidden tests, configuration."""
    tests, checks = folder / "source" / NAME / "tests", folder / "checks" / NAME
    tests.mkdir(parents=True)
    checks.mkdir(parents=True)
    (folder / "source" / NAME / f"{NAME}.ipynb").write_text(json.dumps(source_notebook()))
    (tests / "test_q1.py").write_text(PUBLIC)
    (tests / "test_q4.py").write_text(PUBLIC_Q4)
    (checks / "test_q1.py").write_text(HIDDEN)
    (folder / "latepolicy.py").write_text(LATE_POLICY)
    text = CONFIG.format(root=str(folder), exchange=str(folder / "exchange"))
    (folder / "nbgrader_config.py").write_text(text)
