"""Starts the zygote: the student kit staged, an environment without secrets, one thread."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import autograder
from autograder.errors import CourseError, SandboxError
from autograder.sandbox.entering import FIRST_HOST_ID

PACKAGE = Path(autograder.__file__).parent
# What the student's process needs of this package; everything else stays outside.
KIT_MODULES = (
    "__init__.py",
    "py.typed",
    "errors.py",
    "protocol.py",
    "changes.py",
    "proxy.py",
    "wire.py",
    "cases.py",
    "fixtures.py",
    "definitions.py",
    "policy.py",
    "scopes.py",
    "testing.py",
    "weights.py",
    "student",
    "selfcheck",
)
SANDBOX_MODULES = (*KIT_MODULES, "sandbox")
ONE_THREAD = {
    name: "1"
    for name in (
        "OMP_NUM_THREADS",
        "OPENBLAS_NUM_THREADS",
        "MKL_NUM_THREADS",
        "NUMEXPR_NUM_THREADS",
        "NUMBA_NUM_THREADS",
    )
}


def stage_kit(
    target: Path, embargo: Sequence[str] = (), modules: Sequence[str] = SANDBOX_MODULES
) -> None:
    """Copy the student kit to `target`: this package's student side and tdlcourse less the embargo.

    Args:
        target: an empty folder.
        embargo: modules of tdlcourse to leave out, e.g. "tdlcourse.backprop".
        modules: what to take of this package.
    """
    ignore = shutil.ignore_patterns("__pycache__")
    (target / "autograder").mkdir(parents=True)
    for name in modules:
        source, copy = PACKAGE / name, target / "autograder" / name
        if source.is_dir():
            shutil.copytree(source, copy, ignore=ignore)
        else:
            shutil.copy(source, copy)
    reference = reference_folder()
    if reference is not None:
        copy = target / "tdlcourse"
        shutil.copytree(reference, copy, ignore=ignore)
        for module in embargo:
            remove_module(copy, module)


def reference_folder() -> Path | None:
    """Where tdlcourse lies, found without importing it."""
    from importlib.util import find_spec

    spec = find_spec("tdlcourse")
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def remove_module(package: Path, module: str) -> None:
    """Delete one module (or sub-package) of tdlcourse from a copy of the package.

    Raises:
        CourseError: there is no such module, so that a misspelt embargo is noticed.
    """
    path = package.joinpath(*module.split(".")[1:])
    if path == package:
        shutil.rmtree(package)
    elif path.is_dir():
        shutil.rmtree(path)
    elif path.with_suffix(".py").is_file():
        path.with_suffix(".py").unlink()
    else:
        raise CourseError(f"embargo must name modules of tdlcourse, got {module!r}")


class Zygote:
    """A running zygote and the plan that every order to it shares.

    Args:
        level: level of confinement, already chosen.
        embargo: modules of tdlcourse that students don't have.
        preload: modules to import before forking.
    """

    def __init__(self, level: str, embargo: Sequence[str], preload: Sequence[str]) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tdl-kit-"))
        self._folder.chmod(0o755)
        kit = self._folder / "kit"
        stage_kit(kit, embargo)
        self.orders, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = student_environment()
        self.plan: dict[str, Any] = {
            "level": level,
            "visible": [*interpreter_folders(), str(kit)],
            "hidden": _installed_copies(),
            "environment": environment,
        }
        program = (
            f"import sys; sys.path[:] = {[str(kit), *_site_path()]!r}; sys.argv[0] = 'zygote'; "
        )
        program += (
            "import runpy; runpy.run_module('autograder.student.zygote', run_name='__main__')"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", program, str(theirs.fileno()), ",".join(preload)],
            env=environment,
            cwd="/",
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        theirs.close()
        # Drawn, since the kernel counts the processes of an id in all containers together: what two
        # of them count up from, a process id for one, is likely to be the same in both.
        self.plan["first_host_id"] = FIRST_HOST_ID + 64 * secrets.randbelow(2**22)
        self._cleanup = weakref.finalize(self, _end, self._process, self.orders, self._folder)

    def wait_ready(self, seconds: float = 120.0) -> None:
        """Wait until it is warm.

        Raises:
            SandboxError: it took longer, ended instead, or has several threads.
        """
        self.orders.settimeout(seconds)
        found = "its end"
        try:
            packet = self.orders.recv(65536)
        except TimeoutError:
            packet, found = b"", f"no greeting within {seconds:g} s; still importing?"
        except OSError as error:
            packet, found = b"", str(error)
        self.orders.settimeout(None)
        if not packet:
            self._process.kill()
            _, stderr = self._process.communicate(timeout=10)
            said = stderr.decode("utf-8", "replace").strip()[-2000:]
            raise SandboxError(f"zygote must start, got {found}" + (f": {said}" if said else ""))
        greeting = json.loads(packet)
        if greeting["threads"] != 1:
            raise SandboxError(f"zygote must have one thread, got {greeting['threads']}")

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def close(self) -> None:
        """End it, and with it every student process it forked."""
        self._cleanup()


def _end(process: subprocess.Popen[bytes], orders: socket.socket, folder: Path) -> None:
    orders.close()
    process.kill()
    process.wait()
    if process.stderr is not None:
        process.stderr.close()
    shutil.rmtree(folder, ignore_errors=True)


def student_environment() -> dict[str, str]:
    """The environment of student code: no variable of ours but what it needs."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/tmp",  # noqa: S108 - the sandbox's private one
        "MPLCONFIGDIR": "/tmp/.mpl",  # noqa: S108
        "TDL_GRADING": "1",
        "NBGRADER_EXECUTION": "autograde",
        "PYTHONHASHSEED": "0",
        **ONE_THREAD,
    }


def interpreter_folders() -> list[str]:
    """Folders that the interpreter and its packages live in."""
    folders = [sys.base_prefix, sys.prefix, sys.exec_prefix, os.path.dirname(os.__file__)]
    return [str(Path(folder).resolve()) for folder in dict.fromkeys(folders)]


def _site_path() -> list[str]:
    """The module search path without this project's own checkout."""
    own = {str(PACKAGE.parent), os.getcwd(), ""}
    return [p for p in sys.path if p not in own and os.path.exists(p)]


def _installed_copies() -> list[str]:
    """Installed copies of our packages that the sandbox must cover."""
    return [
        str(Path(folder) / name)
        for folder in _site_path()
        for name in ("autograder", "tdlcourse")
        if (Path(folder) / name).is_dir()
    ]
