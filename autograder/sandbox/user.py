"""Level `user`: root without namespaces, as in a Gradescope container: another uid, limits.

Theory of operation: the student's process gives up every group and becomes a uid of its own, one
per slot, that owns nothing. It can read what the world can read and nothing else, so everything
that must stay closed (course, submissions, gradebook, results) has to be closed to others by its
mode; `closed` checks that. Afterwards every process of that uid is killed, daemons included, and
what it left in /tmp and /dev/shm is removed. No socket can be opened (`seccomp`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import time
from collections.abc import Iterable

from autograder.errors import SandboxError
from autograder.sandbox import kernel

SHARED_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - what students may write to


def become(uid: int) -> None:
    """Become `uid` for good: no groups, no capabilities, no new privileges."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)


def kill_all_of(uid: int) -> None:
    """Kill every process of `uid`, until none is left.

    Raises:
        SandboxError: some process is still there after five seconds.
    """
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline:
        victims = _processes_of(uid)
        if not victims:
            return
        for pid in victims:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        time.sleep(0.005)
    raise SandboxError(f"processes of uid {uid} must end when killed, got some that do not")


def remove_files_of(uid: int) -> None:
    """Remove what `uid` left in the folders that everybody may write to.

    The next submission in this slot has the same uid, and a file may be open to all anyway.
    """
    for folder in SHARED_FOLDERS:
        try:
            entries = list(os.scandir(folder))
        except OSError:
            continue
        for entry in entries:
            with contextlib.suppress(OSError):
                if entry.stat(follow_symlinks=False).st_uid != uid:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    shutil.rmtree(entry.path, ignore_errors=True)
                else:
                    os.unlink(entry.path)


def _processes_of(uid: int) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            if os.stat(f"/proc/{name}").st_uid == uid and not _is_zombie(name):
                found.append(int(name))
        except OSError:
            continue
    return found


def _is_zombie(pid: str) -> bool:
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0] in ("Z", "X")


def closed(paths: Iterable[str]) -> None:
    """Check that others can't enter or read these paths.

    Raises:
        SandboxError: the first one that is open.
    """
    for path in paths:
        if os.path.exists(path) and not _is_closed(path):
            mode = stat.S_IMODE(os.stat(path).st_mode)
            raise SandboxError(f"{path} must be closed to other users, got mode {mode:o}")


def _is_closed(path: str) -> bool:
    """Whether the path, or a folder above it, denies others."""
    here = os.path.realpath(path)
    while True:
        info = os.stat(here)
        needed = stat.S_IXOTH if stat.S_ISDIR(info.st_mode) else stat.S_IROTH
        if not info.st_mode & (needed | (stat.S_IROTH if here == path else 0)):
            return True
        if here == "/":
            return False
        here = os.path.dirname(here)
