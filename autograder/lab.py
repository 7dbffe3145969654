"""A student's copy of the course: what is released, to be solved in JupyterLab.

A file that its owner has changed is never replaced; one that is still as it was put there follows
the release. What was put there is remembered by its hash in `.tdl-lab.json`. The copy has an
exchange of its own, so that the assignment list, fetching and submitting can be tried as students
have them; what is submitted there goes nowhere else.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from autograder.errors import CourseError, SandboxError

REMEMBERED = ".tdl-lab.json"
CONFIG = ".jupyter"
SKIPPED = {"__pycache__", ".ipynb_checkpoints", ".pytest_cache"}
# Students have neither a gradebook nor anything to release, and no use for news.
SERVER = {"ServerApp": {"jpserver_extensions": {"nbgrader.server_extensions.formgrader": False}}}
PAGE = {
    "disabledExtensions": {
        "@jupyter/nbgrader:formgrader": True,
        "@jupyter/nbgrader:create-assignment": True,
        "@jupyter/nbgrader:course-list": True,
        "@jupyterlab/apputils-extension:announcements": True,
    }
}
NBGRADER = """from nbgrader.exchange.default import ExchangeSubmit

from autograder.selfcheck.submitting import with_receipt

c = get_config()
c.CourseDirectory.course_id = {course!r}
c.Exchange.root = {exchange!r}
c.Exchange.cache = {cache!r}
c.ExchangeFactory.submit = with_receipt(ExchangeSubmit)
"""


def copy_released(released: Path, lab: Path) -> Iterator[str]:
    """Bring a student's copy up to date; yields a line for each file that is kept or changed.

    Args:
        released: the course's folder of released assignments, each with its `tests`.
        lab: the student's copy; made if need be.

    Raises:
        CourseError: nothing is released.
    """
    if not any(released.glob("*/*.ipynb")):
        raise CourseError(f"released assignments must lie in {released}, got none")
    lab.mkdir(parents=True, exist_ok=True)
    remembered = _read_remembered(lab)
    for source in _files(released):
        name = source.relative_to(released).as_posix()
        target, fresh = lab / name, source.read_bytes()
        if target.exists() and _digest(target.read_bytes()) == _digest(fresh):
            pass
        elif target.exists() and _digest(target.read_bytes()) != remembered.get(name):
            yield f"kept    {name} (yours)"
            continue
        else:
            verb = "updated" if target.exists() else "copied "
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(fresh)
            yield f"{verb} {name}"
        remembered[name] = _digest(fresh)
    (lab / REMEMBERED).write_text(json.dumps(remembered, indent=1) + "\n", "utf-8")


def open_exchange(released: Path, lab: Path, course_id: str) -> None:
    """Release everything into the copy's own exchange, and tell its nbgrader of it.

    Args:
        released: the course's folder of released assignments.
        lab: the student's copy.
        course_id: the course's name in the exchange.
    """
    config = lab / CONFIG
    places = {"exchange": str(config / "exchange"), "cache": str(config / "cache")}
    here = config / "exchange" / course_id
    shutil.rmtree(here / "outbound", ignore_errors=True)
    shutil.copytree(released, here / "outbound", ignore=shutil.ignore_patterns(*SKIPPED))
    (here / "inbound").mkdir(exist_ok=True)
    text = NBGRADER.format(course=course_id, **places)
    (config / "nbgrader_config.py").write_text(text, "utf-8")


def open_lab(lab: Path, arguments: tuple[str, ...] = ()) -> int:
    """Run JupyterLab on a student's copy until it is ended; its exit status.

    Raises:
        SandboxError: JupyterLab is not installed.
    """
    config = lab / CONFIG
    _write_json(config / "jupyter_server_config.json", SERVER)
    _write_json(config / "labconfig" / "page_config.json", PAGE)
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    path = os.pathsep.join(filter(None, [str(config), os.environ.get("JUPYTER_CONFIG_PATH")]))
    environment = {**os.environ, "PATH": beside, "JUPYTER_CONFIG_PATH": path}
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={lab}", *arguments]
    try:
        import jupyterlab  # type: ignore[import-untyped,unused-ignore]  # noqa: F401
    except ImportError:
        raise SandboxError("JupyterLab must be installed: pip install jupyterlab") from None
    if os.name == "posix":  # in this process's place, so that JupyterLab gets what ends it
        os.chdir(lab)
        os.execve(command[0], command, environment)  # noqa: S606 - a fixed program, no shell
    return subprocess.run(command, cwd=lab, env=environment, check=False).returncode


def _files(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(p for p in found if not SKIPPED & set(p.relative_to(folder).parts))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read_remembered(lab: Path) -> dict[str, str]:
    try:
        found: Any = json.loads((lab / REMEMBERED).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_json(path: Path, data: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, indent=1) + "\n", "utf-8")
