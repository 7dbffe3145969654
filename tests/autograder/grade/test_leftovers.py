"""Submissions that share a fork of the judge are marked as if each had its own."""

from __future__ import annotations

import os
import select
import signal
import time
import types
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.grade.forks import MOST, Forks
from autograder.grade.pipeline import grade_assignment
from autograder.judge import leftovers
from autograder.judge.leftovers import Leftovers
from tests.autograder.grade.conftest import NAME, TinyCourse

STUDENTS = [f"student{number}" for number in range(6)]
# Says which process it ran in; then, by what it must not find, whether others ran before it.
CHECK = '''
import os
import random
from functools import cache
import numpy as np
import pytest

SEEN = []
__seen = []


class Counter:
    calls = 0


@cache
def remembered(value):
    return SEEN.append(value)


def count(calls=[]):
    calls.append(1)
    return len(calls)


@pytest.mark.question("q1", weight=1)
def test_it(student):
    """The answer, and nothing of an earlier submission."""
    with open({told!r}, "a") as file:
        print(os.getpid(), random.random(), np.random.random(), file=file)
    {before}
    assert student.double(4) == 8
    {after}
'''
KEEPING = {
    "nothing": ("", ""),
    "a list": ("assert SEEN == []", "SEEN.append(1)"),
    "a class": ("assert Counter.calls == 0", "Counter.calls += 1"),
    "a cache": ("assert remembered.cache_info().currsize == 0", "remembered(3)"),
    "a default": ("assert count() == 1", ""),
    "a private name": ("assert 'new' not in __seen", "__seen.append('new')"),
    "the reference": (
        "import tdlcourse; assert not hasattr(tdlcourse, 'left')",
        "tdlcourse.left = 1",
    ),
    "a global": ("assert 'new' not in globals()", "globals()['new'] = 1"),
    "environment": ("assert 'TDL_LEFT' not in os.environ", "os.environ['TDL_LEFT'] = '1'"),
    "error state": ("assert np.geterr()['over'] == 'warn'", "np.seterr(over='ignore')"),
}


@pytest.mark.parametrize("kept", list(KEEPING))
def test_what_a_test_keeps_is_not_seen_by_the_next_submission(
    make_tiny: Callable[..., TinyCourse], tmp_path: Path, kept: str
) -> None:
    """All get full marks; forks are shared where nothing is kept, and else each has its own."""
    told = tmp_path / "told"
    before, after = KEEPING[kept]
    tiny = make_tiny("c.Course.checks = 'checks'\n")
    check = CHECK.format(told=str(told), before=before, after=after)
    (tiny.folder / "checks" / NAME / "test_q1.py").write_text(check)
    for student in STUDENTS:
        tiny.submit(student, tiny.model())
    run = grade_assignment(tiny.course, NAME, jobs=1)
    rows = {row["student"]: row for row in run["submissions"]}
    assert {rows[student]["questions"]["q1"]["verdict"] for student in STUDENTS} == {"correct"}
    lines = [line.split() for line in told.read_text().splitlines()][-len(STUDENTS) :]
    pids, drawn = {line[0] for line in lines}, {tuple(line[1:]) for line in lines}
    assert len(pids) == (1 if kept == "nothing" else len(STUDENTS))
    assert len(drawn) == 1, "global generators must start the same for every submission"


def test_what_a_fork_imported_is_no_leftover_of_the_next(
    make_tiny: Callable[..., TinyCourse], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The judge imports it, too; a setting that the import changes is as it should be from then."""
    (tmp_path / "changes_a_setting.py").write_text(
        "import warnings\nwarnings.simplefilter('error')\n"
    )
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    told = tmp_path / "told"
    tiny = make_tiny()
    check = CHECK.format(told=str(told), before="import changes_a_setting", after="")
    (tiny.folder / "checks" / NAME / "test_q1.py").write_text(check)
    for student in STUDENTS:
        tiny.submit(student, tiny.model())
    grade_assignment(tiny.course, NAME, jobs=1)
    pids = [line.split()[0] for line in told.read_text().splitlines()][-len(STUDENTS) :]
    assert pids[0] != pids[1] and len(set(pids[1:])) == 1


class _Served:
    """Forks whose marking is played by a function, and what came of each order."""

    def __init__(self, grade: Callable[[dict[str, Any]], bool]) -> None:
        self._poll = select.poll()
        self.forks = Forks(grade, self._poll)
        self.ended: list[tuple[str, int]] = []

    def wait_for(self, count: int) -> list[tuple[str, int]]:
        deadline = time.monotonic() + 60
        while len(self.ended) < count:
            assert time.monotonic() < deadline, f"only {self.ended} of {count}"
            for descriptor, _ in self._poll.poll(20):
                if (order := self.forks.hear(descriptor)) is not None:
                    self.ended.append((order["id"], 0))
            self.ended += [(order["id"], status) for order, status in self.forks.reap()]
            self.forks.start()
        return self.ended


@pytest.fixture
def told(tmp_path: Path) -> Path:
    return tmp_path / "told"


def _orders(count: int, slot: int = 0) -> list[dict[str, Any]]:
    return [{"id": f"{slot}-{number}", "slot": slot, "partial": False} for number in range(count)]


def _who(told: Path) -> list[list[str]]:
    return [line.split() for line in told.read_text().splitlines()]


class TestForks:
    def test_one_serves_a_slot_and_not_for_ever(self, told: Path) -> None:
        """Orders of a slot are marked in turn; after MOST of them a new fork takes over."""

        def grade(order: dict[str, Any]) -> bool:
            with open(told, "a") as file:
                print(order["id"], os.getpid(), file=file)
            return True

        served = _Served(grade)
        for order in _orders(MOST + 3):
            served.forks.take(order)
        assert sorted(served.wait_for(MOST + 3)) == sorted((o["id"], 0) for o in _orders(MOST + 3))
        assert [line[0] for line in _who(told)] == [order["id"] for order in _orders(MOST + 3)]
        pids = [line[1] for line in _who(told)]
        assert len(set(pids[:MOST])) == len(set(pids[MOST:])) == 1 and pids[0] != pids[-1]
        served.forks.kill()

    def test_a_killed_one_takes_its_own_order_only(self, told: Path) -> None:
        """Those before it are done, those after it get a new fork, other slots notice nothing."""

        def grade(order: dict[str, Any]) -> bool:
            if order["id"] == "0-2":
                os.kill(os.getpid(), signal.SIGKILL)
            return True

        served = _Served(grade)
        for order in [*_orders(5), *_orders(5, slot=1)]:
            served.forks.take(order)
        ended = dict(served.wait_for(10))
        assert ended.pop("0-2") == signal.SIGKILL
        assert set(ended.values()) == {0} and len(ended) == 9
        served.forks.kill()

    def test_one_killed_while_it_waits_costs_nothing(self, told: Path) -> None:
        """The next order of its slot gets another."""

        def grade(order: dict[str, Any]) -> bool:
            told.write_text(str(os.getpid()))
            return True

        served = _Served(grade)
        first, second = _orders(2)
        served.forks.take(first)
        served.wait_for(1)
        os.kill(int(told.read_text()), signal.SIGKILL)
        served.forks.take(second)
        assert served.wait_for(2)[1][0] == "0-1"
        served.forks.kill()

    def test_an_error_of_ours_ends_one(self) -> None:
        """It never returns into the loop of the judge."""

        def grade(order: dict[str, Any]) -> bool:
            raise RuntimeError("a bug")

        served = _Served(grade)
        served.forks.take(_orders(1)[0])
        ((_, status),) = served.wait_for(1)
        assert os.waitstatus_to_exitcode(status) == 1


class TestLeftovers:
    @pytest.fixture
    def module(self, monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
        """A module that all Leftovers here look at."""
        module = types.ModuleType("looked_at")
        monkeypatch.setattr(leftovers, "_modules_below", lambda roots: [module])
        return module

    def test_objects_deep_inside_count(self, module: types.ModuleType) -> None:
        """A change in an array in a list in a closure is found, and undone it is not."""
        array = np.zeros(3)
        values = [{"inner": array}]

        def outer() -> Callable[[], object]:
            return lambda: values

        module.kept = outer()
        module.kept.__module__ = "looked_at"
        now = Leftovers([], [])
        assert not now.found()
        array[1] = 1e-300
        assert now.found()
        array[1] = 0.0
        assert not now.found()

    def test_a_parameter_that_a_test_changes_is_found(self, module: types.ModuleType) -> None:
        """Parameters are made once, at collection, and shared by all that run the test."""
        parameter = [1, 2]
        item: Any = types.SimpleNamespace(
            callspec=types.SimpleNamespace(params={"values": parameter})
        )
        now = Leftovers([item], [])
        parameter.pop()
        assert now.found()

    def test_what_cannot_be_compared_counts_as_left(self, module: types.ModuleType) -> None:
        """A generator's state can't be seen."""
        module.numbers = iter(number for number in range(3))
        assert Leftovers([], []).found()

    def test_a_cache_that_was_filled_is_found(self, module: types.ModuleType) -> None:
        """Also one that forgets."""

        @lru_cache(maxsize=2)
        def square(x: int) -> int:
            return x * x

        module.square = square
        now = Leftovers([], [])
        square(3)
        assert now.found()
        square(4)
        full = Leftovers([], [])
        square(5)
        assert full.found()

    def test_generators_of_random_numbers_are_put_back(self, module: types.ModuleType) -> None:
        """Python's, numpy's and torch's."""
        import random

        import torch

        now = Leftovers([], [])

        def draw() -> tuple[float, ...]:
            return random.random(), np.random.random(), float(torch.rand(()))  # noqa: NPY002, S311

        first = draw()
        assert draw() != first
        now.put_back()
        assert draw() == first and not now.found()
