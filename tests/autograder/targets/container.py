"""Gradescope's container without Docker: a root of its own, root's user with Docker's capabilities,
no network, and /autograder laid out as Gradescope lays it out.

The interpreter and its packages are this environment's, bound where setup.sh would have put them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DOCKER = (
    "CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE "
    "SYS_CHROOT KILL AUDIT_WRITE"
).split()
METADATA: dict[str, Any] = {
    "id": 1,
    "created_at": "2026-10-01T12:00:00.000000-07:00",
    "assignment": {"due_date": "2026-10-02T12:00:00.000000-07:00", "group_submission": True},
    "submission_method": "upload",
    "users": [{"email": "bitdiddle@uni.example", "id": 12, "name": "Ben Bitdiddle"}],
    "previous_submissions": [],
}


@dataclass
class Ran:
    """What a run left behind."""

    code: int
    output: str
    results: dict[str, Any]


def missing() -> str | None:
    """Why there can be no container here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    return None if shutil.which("bwrap") else "needs bwrap (Debian: bubblewrap)"


def needs_container() -> None:
    """Skip where there can be none; fail instead in CI, where there must be one."""
    reason = missing()
    if reason and os.environ.get("CI") and os.geteuid() == 0:
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


class Container:
    """A prepared tree; each run is a container of its own over it.

    Args:
        folder: the tree is made there.
        archive: the autograder's zip.
    """

    def __init__(self, folder: Path, archive: Path) -> None:
        self.root = folder
        (folder / "source").mkdir(parents=True)
        with zipfile.ZipFile(archive) as file:
            file.extractall(folder / "source")
        shutil.copy(folder / "source" / "run_autograder", folder / "run_autograder")
        (folder / "run_autograder").chmod(0o755)

    def run(self, upload: Path, metadata: dict[str, Any] | None = None, **extra: Any) -> Ran:
        """Grade the files of a folder; `extra` goes to subprocess.run."""
        self._prepare(upload, metadata)
        done = subprocess.run(
            self.command("/autograder/run_autograder"), capture_output=True, text=True, **extra
        )
        return Ran(done.returncode, done.stdout + done.stderr, self.results())

    def start(self, upload: Path) -> subprocess.Popen[bytes]:
        """Begin to grade the files of a folder; who kills this kills the whole container."""
        self._prepare(upload, None)
        null = subprocess.DEVNULL
        return subprocess.Popen(
            self.command("/autograder/run_autograder"), stdout=null, stderr=null
        )

    def results(self) -> dict[str, Any]:
        """What is in results.json now; empty if there is none."""
        path = self.root / "results" / "results.json"
        found: dict[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return found

    def _prepare(self, upload: Path, metadata: dict[str, Any] | None) -> None:
        for name in ("submission", "results"):
            shutil.rmtree(self.root / name, ignore_errors=True)
        shutil.copytree(upload, self.root / "submission", symlinks=True)
        (self.root / "results").mkdir()
        told = json.dumps({**METADATA, **(metadata or {})})
        (self.root / "submission_metadata.json").write_text(told)

    def command(self, *program: str) -> list[str]:
        """The command line that runs a program in the container."""
        arguments = ["bwrap", "--die-with-parent", "--unshare-pid", "--unshare-net"]
        arguments += ["--unshare-ipc", "--unshare-uts", "--clearenv", "--cap-drop", "ALL"]
        for name in DOCKER:
            arguments += ["--cap-add", f"CAP_{name}"]
        for name in ("usr", "bin", "sbin", "lib", "lib64", "etc/ld.so.cache", "etc/alternatives"):
            path = Path("/", name)
            if path.is_symlink():
                arguments += ["--symlink", os.readlink(path), str(path)]
            elif path.exists():
                arguments += ["--ro-bind", str(path), str(path)]
        base = Path(sys.base_prefix).resolve()
        for parent in (*reversed(base.parents[:-1]), Path("/opt"), Path("/opt/tdl")):
            arguments += ["--dir", str(parent)]  # else it is made, closed to others
        if not base.is_relative_to("/usr"):
            arguments += ["--ro-bind", str(base), str(base)]
        arguments += ["--ro-bind", sys.prefix, "/opt/tdl/venv"]
        arguments += ["--bind", str(self.root), "/autograder"]
        arguments += ["--proc", "/proc", "--dev", "/dev"]
        for folder in ("/tmp", "/var/tmp", "/dev/shm"):
            arguments += ["--perms", "1777", "--tmpfs", folder]
        return [*arguments, "--chdir", "/autograder", "--", *program]
