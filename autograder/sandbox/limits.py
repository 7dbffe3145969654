"""Bounds on what one submission may use."""

from __future__ import annotations

import resource
from dataclasses import asdict, dataclass
from typing import Any

from autograder.errors import SandboxError

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Bounds of one student process and its copies.

    Attributes:
        cpu_seconds: CPU time of the process that runs the cells, and of each copy.
        cell_seconds: CPU time of one cell.
        memory_mb: memory above what the warm interpreter itself maps, in MiB.
        file_mb: size of any one file, in MiB.
        disk_mb: size of the private /tmp, in MiB.
        processes: processes and threads.
        open_files: descriptors.
        wall_factor: wall-clock limits are this many times the CPU limits, plus `wall_slack`
            seconds.
        wall_slack: seconds.
    """

    cpu_seconds: float = 120.0
    cell_seconds: float = 30.0
    memory_mb: int = 2048
    file_mb: int = 64
    disk_mb: int = 256
    processes: int = 64
    open_files: int = 256
    wall_factor: float = 5.0
    wall_slack: float = 10.0

    def wall(self, cpu_seconds: float) -> float:
        """The wall-clock limit that goes with a CPU limit, in seconds."""
        return cpu_seconds * self.wall_factor + self.wall_slack

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def apply_limits(limits: Limits) -> None:
    """Set this process's resource limits; they hold for everything it starts.

    Raises:
        SandboxError: the system refuses one.
    """
    cpu = max(1, round(limits.cpu_seconds))
    wanted = {
        "CPU": (resource.RLIMIT_CPU, cpu, cpu + 1),
        "FSIZE": (resource.RLIMIT_FSIZE, limits.file_mb * MIB, limits.file_mb * MIB),
        "NOFILE": (resource.RLIMIT_NOFILE, limits.open_files, limits.open_files),
        "NPROC": (resource.RLIMIT_NPROC, limits.processes, limits.processes),
        "CORE": (resource.RLIMIT_CORE, 0, 0),
        "MSGQUEUE": (resource.RLIMIT_MSGQUEUE, 0, 0),
        "MEMLOCK": (resource.RLIMIT_MEMLOCK, 64 * 1024, 64 * 1024),
        "AS": (resource.RLIMIT_AS, *(2 * (mapped_bytes() + limits.memory_mb * MIB,))),
    }
    for name, (kind, soft, hard) in wanted.items():
        _, ceiling = resource.getrlimit(kind)
        if ceiling != resource.RLIM_INFINITY:
            soft, hard = min(soft, ceiling), min(hard, ceiling)
        try:
            resource.setrlimit(kind, (soft, hard))
        except (ValueError, OSError) as error:
            raise SandboxError(f"limit {name} must be settable to {hard}, got {error}") from None


def mapped_bytes() -> int:
    """Address space that this process maps now, in bytes."""
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()
