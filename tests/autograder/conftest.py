"""Real zygotes and student processes, one zygote per level for the whole run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autograder.judge.session import Launcher, StudentProcess
from autograder.judge.spawning import Zygote
from autograder.sandbox import levels
from autograder.sandbox.limits import Limits

EMBARGO = ("tdlcourse.backprop", "tdlcourse.networks")
PRELOAD = ("numpy", "torch", "matplotlib.pyplot")
OTHER_PYTHON = "/usr/bin/python3.11"
LIMITS = Limits(
    cpu_seconds=20, cell_seconds=2, memory_mb=512, file_mb=8, disk_mb=32, wall_slack=6.0
)
# No two runs of these tests on one machine may share a user id.
SLOT = 10_000 + os.getpid() % 50_000


def closed_to_others(folder: str) -> bool:
    """Whether another user can't enter a folder."""
    return any(not p.stat().st_mode & 0o001 for p in (Path(folder), *Path(folder).parents))


def _borrow_an_open_interpreter(patch: pytest.MonkeyPatch) -> None:
    """Level `user` needs an interpreter that another user can read; the system's is one."""
    if not closed_to_others(sys.base_prefix):
        return
    if sys.version_info[:2] != (3, 11) or not os.access(OTHER_PYTHON, os.X_OK):
        pytest.skip(f"interpreter is closed to other users: {sys.base_prefix}")
    command = [OTHER_PYTHON, "-I", "-S", "-c", "import sys; print('\\n'.join(sys.path))"]
    standard = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    packages = [path for path in sys.path if path.endswith("site-packages")]
    patch.setattr(sys, "executable", OTHER_PYTHON)
    patch.setattr(sys, "path", [*standard, *packages])


def start_zygote(level: str) -> Zygote:
    """A warm zygote of this level; skips the test where the level can't work."""
    with pytest.MonkeyPatch.context() as patch:
        if level == "user" and os.geteuid() == 0:
            _borrow_an_open_interpreter(patch)
        else:
            problem = levels.problem_with(level)
            if problem is not None:
                pytest.skip(f"level {level}: {problem}")
        zygote = Zygote(level, EMBARGO, PRELOAD)
    zygote.wait_ready()
    return zygote


@pytest.fixture(scope="session")
def zygotes() -> Iterator[Callable[[str], Zygote]]:
    """Level -> its zygote, started at first use."""
    running: dict[str, Zygote] = {}

    def get(level: str) -> Zygote:
        if level not in running:
            running[level] = start_zygote(level)
        return running[level]

    yield get
    for zygote in running.values():
        zygote.close()


@pytest.fixture(params=levels.LEVELS)
def level(request: pytest.FixtureRequest) -> str:
    """Each level in turn."""
    return str(request.param)


@pytest.fixture
def launch(zygotes: Callable[[str], Zygote], level: str) -> Iterator[Callable[..., StudentProcess]]:
    """Starts a student process at the level; all are ended with the test."""
    zygote = zygotes(level)
    started: list[StudentProcess] = []

    def start(
        limits: Limits = LIMITS,
        *,
        seed: int = 1,
        stage: str | None = None,
        slot: int = SLOT,
        **environment: str,
    ) -> StudentProcess:
        known = zygote.plan["environment"]
        launcher = Launcher(zygote.orders, {**zygote.plan, "environment": known | environment})
        process = launcher.launch(slot=slot, seed=seed, stage=stage, limits=limits)
        started.append(process)
        return process

    yield start
    for process in started:
        process.close()


@pytest.fixture
def process(launch: Callable[..., StudentProcess]) -> StudentProcess:
    """A student process at each level in turn."""
    return launch()
