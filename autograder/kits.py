"""The student kit: one wheel per assignment, with checks at home, the release, and no secret.

`pip install` of it is all a student needs: it brings `check`, the pytest plugin, a small `tdl`, the
released notebook with its public tests, and tdlcourse less what is under embargo. Every kit is
searched for private lines before it is handed out.
"""

from __future__ import annotations

import ast
import datetime
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from autograder import leaks
from autograder.definitions import parse_cell
from autograder.errors import CourseError, SandboxError
from autograder.grade.course import CourseFolder
from autograder.grade.gradebook import open_gradebook
from autograder.judge.spawning import KIT_MODULES, stage_kit

# Parts of the student room that only the sandbox needs; some exist on Unix alone.
SANDBOX_ONLY = ("serving.py", "sharing.py", "shell.py", "starting.py", "zygote.py")
# What the kit itself needs, and which distribution brings a module that a homework imports.
NEEDED = ("numpy>=2.0", "pytest>=8.3", "ipython>=7.34")  # hosted notebooks pin that old one
DISTRIBUTIONS = {
    "matplotlib": "matplotlib>=3.9",
    "scipy": "scipy>=1.13",
    "sklearn": "scikit-learn>=1.5",
    "torch": "torch>=2.6",
}
PROJECT = """[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "tdlcourse-kit"
version = "{version}"
description = "Checks at home for {assignment}: check(), pytest, tdl"
requires-python = ">=3.11"
dependencies = {dependencies}

[project.scripts]
tdl = "autograder.selfcheck.commands:main"

[project.entry-points.pytest11]
tdl-selfcheck = "autograder.selfcheck.plugin"

[tool.setuptools]
packages = {packages}

[tool.setuptools.package-data]
"*" = ["py.typed", "*.ini", "*.json", "released/**/*"]
"""


def build_kit(course: CourseFolder, assignment: str, output: Path) -> Path:
    """Build the student kit of an assignment; the wheel.

    Args:
        course: the course, in a checkout; the assignment must be generated.
        assignment: its name.
        output: folder for the wheel, made if need be; an earlier kit of the assignment is replaced.

    Raises:
        CourseError: nothing released, or the kit would hold something private.
        SandboxError: pip can't build it.
    """
    released = course.release_folder(assignment)
    if not list(released.glob("*.ipynb")):
        raise CourseError(f"{assignment} must be generated first, got no notebook in {released}")
    embargo = list(course.course.embargo.get(assignment, []))
    with tempfile.TemporaryDirectory(prefix="tdl-kit-") as temporary:
        stage = Path(temporary) / "stage"
        stage_kit(stage, embargo, KIT_MODULES)
        for name in SANDBOX_ONLY:
            (stage / "autograder" / "student" / name).unlink(missing_ok=True)
        (stage / "autograder" / "wire.py").unlink()
        _add_release(stage, released, assignment, _due(course, assignment))
        (stage / "pyproject.toml").write_text(_project(stage, assignment, released), "utf-8")
        wheel = _built(stage, Path(temporary) / "dist")
        found = leaks.leaks(wheel, leaks.evidence(course.root, assignment, embargo))
        if found:
            raise CourseError(f"kit must hold nothing private, got {found[0]}")
        output.mkdir(parents=True, exist_ok=True)
        for earlier in output.glob(f"tdlcourse_kit-*+{assignment}.*.whl"):
            earlier.unlink()
        return Path(shutil.copy(wheel, output))


def _add_release(stage: Path, released: Path, assignment: str, due: str | None) -> None:
    selfcheck = stage / "autograder" / "selfcheck"
    ignore = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", ".pytest_cache")
    shutil.copytree(released, selfcheck / "released" / assignment, ignore=ignore)
    told = {"assignment": assignment, "due": {assignment: due}}
    (selfcheck / "kit.json").write_text(json.dumps(told) + "\n", "utf-8")


def _due(course: CourseFolder, assignment: str) -> str | None:
    """The deadline in the gradebook, ISO 8601 in UTC."""
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        for found in gradebook.assignments:
            if found.name == assignment and found.duedate is not None:
                moment: datetime.datetime = found.duedate.replace(tzinfo=datetime.UTC)
                return moment.isoformat()
    return None


def _project(stage: Path, assignment: str, released: Path) -> str:
    packages = sorted(
        ".".join(path.parent.relative_to(stage).parts)
        for path in stage.rglob("*.py")
        if "released" not in path.parts and path.name == "__init__.py"
    )
    imported = set(imports_of(released))
    wanted = [spec for name, spec in DISTRIBUTIONS.items() if name in imported]
    return PROJECT.format(
        version=f"{version('tdlcourse')}+{assignment}.r{_digest(stage)[:7]}",
        assignment=assignment,
        dependencies=json.dumps([*NEEDED, *wanted]),
        packages=json.dumps(packages),
    )


def _digest(stage: Path) -> str:
    """The hash of a kit's files: pip installs a corrected kit only if its version is another."""
    found = hashlib.sha256()
    for path in sorted(stage.rglob("*")):
        if path.is_file():
            name, data = path.relative_to(stage).as_posix(), path.read_bytes()
            found.update(f"{name} {len(data)} ".encode() + data)
    return found.hexdigest()


def imports_of(released: Path) -> Iterator[str]:
    """Top-level modules that a released folder's notebooks and tests import."""
    trees = [parse_cell(path.read_text("utf-8")) for path in released.rglob("*.py")]
    for path in released.glob("*.ipynb"):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                trees.append(parse_cell("".join(cell["source"])))
    for tree in filter(None, trees):
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module.partition(".")[0]


def _built(stage: Path, dist: Path) -> Path:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index"]
    command += ["--no-build-isolation", "--disable-pip-version-check", "-w", str(dist), str(stage)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=stage)
    if done.returncode:
        said = (done.stdout + done.stderr)[-2000:]
        raise SandboxError(f"pip must build the kit (it needs setuptools), got:\n{said}")
    return next(dist.glob("*.whl"))
