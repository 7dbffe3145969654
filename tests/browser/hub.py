"""A real JupyterHub from deploy/jupyterhub: its proxy, accounts of its own, a course as a service.

Accounts are made with useradd and removed again, so this runs as root. Students and the course run
interpreters that their accounts can read: new venvs whose packages are links to this one's files.
"""

from __future__ import annotations

import contextlib
import datetime
import functools
import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.grade.course import CourseFolder
from autograder.kits import build_kit
from tests.browser.conftest import PATIENCE, free_port
from tests.courses import ROOT, make_course, nbgrader

PROXY = "configurable-http-proxy"
VERSION = f"python{sys.version_info[0]}.{sys.version_info[1]}"
PREFIX = "tdlt-"  # of the accounts that are made here
INSTRUCTOR, GRADER, COURSE = (f"{PREFIX}{name}" for name in ("teacher", "grader", "course"))
STUDENTS = (f"{PREFIX}ada", f"{PREFIX}grace")
SETTINGS = """
[hub]
state = "{base}/hub"
address = "http://127.0.0.1:{hub}"
internal_address = "http://127.0.0.1:{internal}"
proxy = ["{proxy}"]
proxy_api = "http://127.0.0.1:{api}"
login = "test"
test_password = "{password}"

[people]
instructor = "{instructor}"
graders = ["{grader}"]
students = [{students}]

[course]
id = "tdl"
folder = "{base}/course"
account = "{course}"
python = "{base}/staff/bin/python"
exchange = "{base}/exchange"
address = "http://127.0.0.1:{service}"
arguments = ["--LabApp.expose_app_in_browser=True"]

[student]
python = "{base}/student/bin/python"
arguments = ["--LabApp.expose_app_in_browser=True"]
"""


@dataclass(frozen=True)
class Hub:
    """A hub that runs.

    Attributes:
        address: where people go.
        password: everybody's.
        course: the course's folder, open to its account alone.
        homes: where students' home folders lie.
    """

    address: str
    password: str
    course: CourseFolder
    homes: Path

    def as_course(self, *command: str, code: int = 0) -> str:
        """What a command prints that the course's account runs in the course's folder."""
        python = str(self.course.root.parent / "staff" / "bin" / "python")
        environment = {"PATH": os.defpath, "HOME": str(self.homes / COURSE)}
        done = subprocess.run(
            [python, "-m", *command],
            cwd=self.course.root,
            env=environment,
            user=COURSE,
            group=COURSE,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != code:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
        return done.stdout


@functools.cache
def missing_for_hub() -> str | None:
    """What a hub lacks here, with what to do about it; None if nothing."""
    if os.geteuid() != 0:
        return "a hub with accounts of its own needs root"
    if shutil.which(PROXY) is None:
        return f"no {PROXY} on PATH (npm install -g {PROXY})"
    if _interpreter() is None:
        return f"no {VERSION} that other accounts may run (Debian: apt-get install {VERSION})"
    return None


def _interpreter() -> str | None:
    """An interpreter of this version that any account may run."""
    for found in (os.path.realpath(sys.executable), f"/usr/bin/{VERSION}"):
        with contextlib.suppress(OSError):
            command = [found, "-c", "import sqlite3, ssl, venv"]
            done = subprocess.run(
                command, cwd="/", user="nobody", extra_groups=[], capture_output=True, check=False
            )
            if done.returncode == 0:
                return found
    return None


def make_environment(folder: Path, also: Path | None = None) -> None:
    """A venv that every account may run, with this one's packages, and modules of a folder too.

    Packages lie in it, not on a path beside it: the sandbox shows a submission no other.
    """
    made = [str(_interpreter()), "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(made, check=True)
    packages = folder / "lib" / VERSION / "site-packages"
    copy_as_links(Path(sysconfig.get_path("purelib")), packages)
    for editable in packages.glob("__editable__*"):  # would lead to this checkout
        editable.unlink()
    if also is not None:
        (packages / "also.pth").write_text(f"{also}\n", "utf-8")
    else:  # this package is not there
        for told in packages.glob("tdlcourse-*.dist-info"):
            shutil.rmtree(told)
    copy_scripts(Path(sys.prefix) / "bin", folder / "bin")
    for name in ("share", "etc"):  # JupyterLab itself and its extensions
        copy_as_links(Path(sys.prefix) / name, folder / name)


def copy_scripts(source: Path, target: Path) -> None:
    """The commands of a venv, for the interpreter of another."""
    for path in source.iterdir():
        line, _, rest = path.read_bytes().partition(b"\n") if path.is_file() else (b"", b"", b"")
        if line.startswith(b"#!") and b"python" in line and not (target / path.name).exists():
            (target / path.name).write_bytes(f"#!{target / 'python'}\n".encode() + rest)
            (target / path.name).chmod(0o755)


def copy_as_links(source: Path, target: Path) -> None:
    """A copy of a folder that takes no room: hard links, where the file system lets us."""

    def link(one: str, other: str) -> None:
        try:
            os.link(one, other)
        except OSError:
            shutil.copy2(one, other)

    left_out = shutil.ignore_patterns("tests")
    shutil.copytree(source, target, copy_function=link, ignore=left_out, dirs_exist_ok=True)


def install_kit(course: CourseFolder, folder: Path) -> None:
    """The student kit of hw1 in a venv."""
    wheel = build_kit(course, "hw1", folder.parent / "dist")
    command = [sys.executable, "-m", "pip", "--python", str(folder / "bin" / "python"), "install"]
    command += ["--quiet", "--no-deps", "--no-index", "--disable-pip-version-check", str(wheel)]
    subprocess.run(command, check=True)


@contextlib.contextmanager
def accounts(homes: Path) -> Iterator[None]:
    """Accounts for a course, its staff and its students, as long as they are needed."""
    names = (COURSE, INSTRUCTOR, GRADER, *STUDENTS)
    try:
        for name in names:
            subprocess.run(["userdel", name], capture_output=True, check=False)
            command = ["useradd", "--create-home", "--base-dir", str(homes), "--user-group"]
            subprocess.run([*command, "--shell", "/bin/bash", name], check=True)
            (homes / name).chmod(0o700)
        yield
    finally:
        for name in names:
            subprocess.run(["pkill", "-KILL", "-u", name], capture_output=True, check=False)
            subprocess.run(["userdel", name], capture_output=True, check=False)


@contextlib.contextmanager
def running_hub() -> Iterator[Hub]:
    """A hub with a course that has hw1, due in an hour, two of staff and two students."""
    base = Path(tempfile.mkdtemp(prefix="tdl-hub-"))
    base.chmod(0o755)
    homes = base / "home"
    homes.mkdir()
    try:
        with accounts(homes):
            course = make_course(base / "course", ["hw1"])
            config = course.root / "nbgrader_config.py"
            package = base / "package"
            for name in ("autograder", "tdlcourse"):
                copy_as_links(ROOT / name, package / name)
            settings = f"c.Exchange.root = {str(base / 'exchange')!r}\n"
            settings += f"c.Course.checks = {str(package / 'autograder' / 'checks')!r}\n"
            config.write_text(config.read_text("utf-8") + settings, "utf-8")
            due = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
            add = ("db", "assignment", "add", "hw1")
            nbgrader(course.root, *add, f"--duedate={due.replace(tzinfo=None)} UTC")
            make_environment(base / "student")
            install_kit(course, base / "student")
            make_environment(base / "staff", package)
            subprocess.run(["chown", "-R", f"{COURSE}:", str(course.root)], check=True)
            shutil.chown(package, COURSE, COURSE)  # not what is in it: links to this checkout
            for closed in (course.root, package):
                closed.chmod(0o700)
            ports = {name: free_port() for name in ("hub", "internal", "api", "service")}
            password = secrets.token_hex(8)
            settings = SETTINGS.format(
                base=base,
                proxy=shutil.which(PROXY),
                password=password,
                instructor=INSTRUCTOR,
                grader=GRADER,
                students=", ".join(f'"{name}"' for name in STUDENTS),
                course=COURSE,
                **ports,
            )
            (base / "hub.toml").write_text(settings, "utf-8")
            with _started(base, ports):
                yield Hub(f"http://127.0.0.1:{ports['hub']}", password, course, homes)
    finally:
        shutil.rmtree(base, ignore_errors=True)


@contextlib.contextmanager
def _started(base: Path, ports: Mapping[str, int]) -> Iterator[None]:
    config = ROOT / "deploy" / "jupyterhub" / "jupyterhub_config.py"
    environment = {**os.environ, "TDL_HUB": str(base / "hub.toml")}
    environment.pop("PYTHONPATH", None)  # would bring this package to students
    log = base / "hub.log"
    command = [sys.executable, "-m", "jupyterhub", "-f", str(config)]
    with open(log, "wb") as output:
        hub = subprocess.Popen(command, cwd=base, env=environment, stdout=output, stderr=output)
        try:
            _wait(f"http://127.0.0.1:{ports['hub']}/hub/health", hub, log)
            yield
        except BaseException:
            print(log.read_text("utf-8", "replace")[-6000:])
            raise
        finally:
            hub.terminate()
            hub.wait(60)


def _wait(url: str, hub: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < deadline and hub.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.3)
    raise RuntimeError(f"JupyterHub must start, got:\n{log.read_text('utf-8')[-3000:]}")
