"""Builds the zip that is uploaded to Gradescope as an autograder."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from autograder.errors import CourseError
from autograder.grade.course import CourseFolder
from autograder.targets.bundle import late_policy, write_bundle
from autograder.targets.gradescope.settings import Gradescope

CONTAINER = Path(__file__).with_name("container")
SCRIPTS = ("setup.sh", "run_autograder")
# What grading needs beside the reference package's own dependencies.
GRADER = ("traitlets", "pyseccomp")
# The builds of torch with CUDA need these; the container has no GPU and takes the one without.
CUDA = re.compile(r"(nvidia|cuda)-|triton$")
DATE = (2020, 1, 1, 0, 0, 0)  # the same zip from the same sources


def build_zip(course: CourseFolder, assignment: str, output: Path) -> list[str]:
    """Write the autograder's zip; the names in it.

    Raises:
        CourseError: the assignment is not generated, or a file that is to come along is not there.
    """
    settings = Gradescope(config=course.config)
    with tempfile.TemporaryDirectory(prefix="tdl-gradescope-") as temporary:
        folder = Path(temporary)
        write_bundle(course, assignment, folder)
        for name in SCRIPTS:
            shutil.copy(CONTAINER / name, folder / name)
        for name in settings.files:
            _take_along(course.root / name, folder / "packages")
        if settings.pip_conf:
            _take_along(course.root / settings.pip_conf, folder, "pip.conf")
        wanted = [*GRADER, *settings.requirements]
        if not late_policy(course).startswith("nbgrader."):
            wanted.append("nbgrader")  # the policy is a class of its kind
        text = "".join(f"{line}\n" for line in pinned(["tdlcourse", *wanted]))
        (folder / "requirements.txt").write_text(text, "utf-8")
        return _zip(folder, output)


def pinned(names: list[str]) -> list[str]:
    """These packages and all that they need, but our own and CUDA, each as it is installed here.

    Raises:
        CourseError: one is not installed here.
    """
    found: dict[str, str] = {}
    waiting = [Requirement(name) for name in names]
    while waiting:
        wanted = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in found or CUDA.match(name):
            continue
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            raise CourseError(f"{wanted.name} must be installed to be pinned, got none") from None
        found[name] = installed.version.partition("+")[0]  # the build is the index's matter
        for line in installed.requires or []:
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(needed)
    found.pop("tdlcourse", None)
    return [f"{name}=={number}" for name, number in sorted(found.items())]


def _take_along(path: Path, folder: Path, name: str = "") -> None:
    if not path.is_file():
        raise CourseError(f"{path.name} must be a file of the course, got none at {path}")
    shutil.copy(path, folder / (name or path.name))


def _zip(folder: Path, output: Path) -> list[str]:
    names = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    output.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            mode = 0o700 if name in SCRIPTS else 0o600
            entry.external_attr = (0o100000 | mode) << 16
            file.writestr(entry, (folder / name).read_bytes())
    return names
