"""Limits count CPU-seconds: a busy machine makes no cell time out."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator

import pytest

from autograder.judge.session import Launcher
from autograder.judge.spawning import Zygote
from autograder.sandbox.levels import choose
from autograder.sandbox.limits import Limits

BURN = "import time\nend = time.process_time() + 1.2\nwhile time.process_time() < end: pass"


def spin(until: float) -> None:
    while time.monotonic() < until:
        pass


@pytest.fixture
def warm() -> Iterator[Launcher]:
    zygote = Zygote(choose("auto", "limits"), [], ["numpy"])
    zygote.wait_ready()
    yield Launcher(zygote.orders, zygote.plan)
    zygote.close()


@pytest.fixture
def overload(warm: Launcher) -> Iterator[None]:
    """Four times as many busy processes as cores, for half a minute at most."""
    context = multiprocessing.get_context("spawn")
    until = time.monotonic() + 30
    count = 4 * len(os.sched_getaffinity(0))
    busy = [context.Process(target=spin, args=(until,), daemon=True) for _ in range(count)]
    for process in busy:
        process.start()
    yield
    for process in busy:
        process.terminate()
        process.join()


@pytest.mark.slow
def test_no_false_time_out_under_fourfold_overload(warm: Launcher, overload: None) -> None:
    """A cell that needs 1.2 of its 2 CPU-seconds finishes, however long the clock says it took."""
    limits = Limits(cell_seconds=2.0)
    process = warm.launch(slot=0, seed=0, stage=None, limits=limits)
    reply = process.run_cell(BURN)
    process.close()
    assert not reply["failed"]
