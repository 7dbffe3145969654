"""Memory and processes of a whole submission, bounded together where control groups are writable.

Theory of operation: resource limits bound each process; a control group bounds all processes of a
submission, the files in its private /tmp included, and can kill them together. The zygote makes a
group for each student's process while that waits to be released, so nothing of it ever runs
outside. Groups are made below the zygote's own group: in the unified hierarchy (cgroup 2) where the
memory and pids controllers can be handed down, else in the separate ones (cgroup 1). Neither may be
there, as in most containers; then limits are those of each process, and `tdl doctor` says so.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from autograder.errors import SandboxError
from autograder.sandbox.limits import MIB, Limits

MOUNT = Path("/sys/fs/cgroup")
SHARED_MEMORY_MB = 64
_PREFIX = "tdl-"


class Groups:
    """Where groups can be made.

    Args:
        folders: controller -> folder of the hierarchy; the same folder twice for cgroup 2.
        unified: whether they are cgroup 2.
    """

    def __init__(self, folders: dict[str, Path], *, unified: bool) -> None:
        self.folders, self.unified = folders, unified
        self._count = 0

    def __str__(self) -> str:
        return "cgroup 2" if self.unified else "cgroup 1"

    def make(self, limits: Limits) -> Group:
        """A group with the bounds of one submission.

        Raises:
            SandboxError: the kernel refuses.
        """
        self._count += 1
        name = f"{_PREFIX}{os.getpid()}-{self._count}"
        memory, pids = self.folders["memory"] / name, self.folders["pids"] / name
        group = Group([memory] if self.unified else [memory, pids])
        file = "memory.max" if self.unified else "memory.limit_in_bytes"
        try:
            for folder in group.folders:
                folder.mkdir()
            _write(memory / file, str(total_bytes(limits)))
            _write(pids / "pids.max", str(limits.processes))
            for name in ("memory.swap.max",) if self.unified else ():
                with contextlib.suppress(OSError):  # not on every kernel
                    _write(memory / name, "0")
        except OSError as error:
            group.close()
            raise SandboxError(f"control group must be usable, got {error}") from error
        return group

    def sweep(self) -> None:
        """Remove empty groups that a killed zygote left."""
        for folder in set(self.folders.values()):
            for left in folder.glob(f"{_PREFIX}*-*"):
                pid = left.name.removeprefix(_PREFIX).partition("-")[0]
                if pid.isdigit() and not Path(f"/proc/{pid}").exists():
                    with contextlib.suppress(OSError):
                        left.rmdir()


class Group:
    """The processes of one submission."""

    def __init__(self, folders: list[Path]) -> None:
        self.folders = folders

    def add(self, pid: int) -> None:
        """Put a process, and all that it will start, into the group.

        Raises:
            SandboxError: the kernel refuses.
        """
        try:
            for folder in self.folders:
                _write(folder / "cgroup.procs", str(pid))
        except OSError as error:
            raise SandboxError(f"process must enter its control group, got {error}") from error

    def close(self, patience: float = 0.5) -> bool:
        """Kill what is left and remove the group; whether it is gone."""
        deadline = time.monotonic() + patience
        while True:
            gone = True
            for folder in self.folders:
                _kill_all(folder)
                with contextlib.suppress(FileNotFoundError):
                    try:
                        folder.rmdir()
                    except OSError:
                        gone = False
            if gone or time.monotonic() > deadline:
                return gone
            time.sleep(0.002)


def total_bytes(limits: Limits) -> int:
    """Memory of a submission: two processes at their limit, and its private file systems."""
    return (2 * limits.memory_mb + limits.disk_mb + SHARED_MEMORY_MB) * MIB


def find_groups(mount: Path = MOUNT, own: Path = Path("/proc/self/cgroup")) -> Groups | None:
    """Where this process can make groups, or None; tried for real, and removed again."""
    for groups in _candidates(mount, own):
        try:
            groups.sweep()
            groups.make(Limits()).close()
        except (SandboxError, OSError):
            continue
        return groups
    return None


def _candidates(mount: Path, own: Path) -> list[Groups]:
    try:
        lines = [line.split(":", 2) for line in own.read_text("utf-8").splitlines()]
        paths = {controllers: path.lstrip("/") for _, controllers, path in lines}
    except (OSError, ValueError):
        return []
    found = []
    if "" in paths:
        # Root may also use the top, which hands its controllers down on most machines.
        for folder in dict.fromkeys([mount / paths[""], *([mount] if os.geteuid() == 0 else [])]):
            if _hands_down(folder):
                found.append(Groups({"memory": folder, "pids": folder}, unified=True))
    if {"memory", "pids"} <= set(paths):
        folders = {name: mount / name / paths[name] for name in ("memory", "pids")}
        found.append(Groups(folders, unified=False))
    return found


def _hands_down(folder: Path) -> bool:
    """Whether groups below this one have the memory and pids controllers; asked for if not."""
    wanted = {"memory", "pids"}
    try:
        if not wanted <= set((folder / "cgroup.subtree_control").read_text().split()):
            _write(folder / "cgroup.subtree_control", "+memory +pids")
        return wanted <= set((folder / "cgroup.subtree_control").read_text().split())
    except OSError:
        return False


def _kill_all(folder: Path) -> None:
    with contextlib.suppress(OSError):
        _write(folder / "cgroup.kill", "1")  # cgroup 2 of newer kernels: all at once
        return
    with contextlib.suppress(OSError, ValueError):
        for pid in map(int, (folder / "cgroup.procs").read_text().split()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def _write(path: Path, text: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
