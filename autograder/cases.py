"""Test cases: which graded cell a test belongs to, what it is worth, and how it ended."""

from __future__ import annotations

import sys
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import pytest

from autograder.errors import CourseError, shown
from autograder.proxy import (
    Misuse,
    Student,
    StudentDied,
    StudentFault,
    StudentOutOfMemory,
    StudentTimedOut,
)
from autograder.weights import NAME

MARK = "question"
# A verdict must not depend on them, or they reach into the grader's own process.
REFUSED_MARKS = ("skip", "skipif", "xfail")
REFUSED_FIXTURES = ("monkeypatch", "capsys", "capfd", "capsysbinary", "capfdbinary", "caplog")
DEFAULT_TIMEOUT = 10.0
SETTINGS = {"weight", "hint", "forbid", "timeout", "replay", "weights"}
# What a stub's own error says to a student.
NOT_ANSWERED = "not answered yet: raise NotImplementedError() was reached"


@dataclass(frozen=True)
class Case:
    """One test of one graded cell.

    Attributes:
        id: "public/test_q2.py::test_shapes[3]", the same on every machine and target.
        question: grade_id of the cell it marks.
        weight: share within the cell, before parameters share it.
        group: the test function, so that its parameters share one weight.
        title: its claim, in the student's language.
        hint: what a student reads when it fails.
        public: whether students have it.
        forbid: names that the question does not allow.
        timeout: CPU-seconds one call into the student's process may take.
        replay: whether its inputs may be shown after the end: seeded, hidden, and not refused.
        weights: file of weights, trained elsewhere, that the question accepts; "" for none.
    """

    id: str
    question: str
    weight: float
    group: str
    title: str
    hint: str
    public: bool
    forbid: tuple[str, ...]
    timeout: float
    replay: bool = False
    weights: str = ""


@dataclass
class Result:
    """How one case ended. `verdict` is correct, wrong, crashed, timed_out, out_of_memory, refused
    or not_marked; `message` is for the student only if the case is public; `inputs` repeats its
    last calls if it failed and may be replayed."""

    case: Case
    verdict: str
    message: str = ""
    trace: str = ""
    requested: list[str] = field(default_factory=list)
    inputs: str = ""


class Bench(Protocol):
    """What the fixtures need: a student and a seed per test."""

    def student(self, case: Case) -> Student: ...

    def seed(self, case: Case) -> int: ...

    def reference(self) -> Any: ...

    def handed_in(self, case: Case) -> Path: ...


BENCH: pytest.StashKey[Bench] = pytest.StashKey()
CASE: pytest.StashKey[Case] = pytest.StashKey()


def read_case(item: pytest.Item, *, public: bool) -> Case:
    """The case that a collected test declares.

    Raises:
        CourseError: no question mark, one with unknown or wrong arguments, or a mark or fixture
            that graded tests must not use.
    """
    marks = list(item.iter_markers(MARK))  # the closest one first
    if not marks:
        raise CourseError(f"{item.nodeid} must have a question mark, got none")
    for mark in marks:
        unknown = set(mark.kwargs) - SETTINGS
        if unknown or len(mark.args) != 1 or type(mark.args[0]) is not str:
            raise CourseError(f"{item.nodeid}: mark must be question(id, weight=, hint=, ...)")
    _refuse_tricks(item)
    function = getattr(item, "originalname", None) or item.name
    title = (getattr(getattr(item, "function", None), "__doc__", None) or function).strip()
    scope = "public" if public else "hidden"
    weight = float(_first(marks, "weight", 0.0 if public else 1.0))
    if not 0.0 <= weight < float("inf"):
        raise CourseError(f"{item.nodeid}: weight must be a finite number >= 0, got {weight}")
    return Case(
        id=f"{scope}/{item.path.name}::{item.name}",
        question=str(marks[0].args[0]),
        weight=weight,
        group=f"{scope}/{item.path.name}::{function}",
        title=" ".join(title.split()),
        hint=" ".join(str(_first(marks, "hint", "")).split()),
        public=public,
        forbid=tuple(dict.fromkeys(n for m in marks for n in m.kwargs.get("forbid", ()))),
        timeout=float(_first(marks, "timeout", DEFAULT_TIMEOUT)),
        # Inputs that are the same for everybody would be known to the next term.
        replay=not public
        and "rng" in getattr(item, "fixturenames", ())
        and bool(_first(marks, "replay", True)),
        weights=_weights(item, marks),
    )


def _weights(item: pytest.Item, marks: Sequence[pytest.Mark]) -> str:
    """The file that a test may read."""
    name = _first(marks, "weights", "")
    if name != "" and not (type(name) is str and NAME.fullmatch(name)):
        raise CourseError(f"{item.nodeid}: weights must be NAME.safetensors, got {shown(name)}")
    if "weights" in getattr(item, "fixturenames", ()) and not name:
        raise CourseError(f"{item.nodeid} must say in its mark which file, weights=, got none")
    return str(name)


def _refuse_tricks(item: pytest.Item) -> None:
    used = [name for name in REFUSED_MARKS if item.get_closest_marker(name)]
    used += [name for name in getattr(item, "fixturenames", ()) if name in REFUSED_FIXTURES]
    if used:
        raise CourseError(f"{item.nodeid} must not use {used[0]}: its verdict would not be a mark")


def _first(marks: Sequence[pytest.Mark], key: str, default: Any) -> Any:
    return next((mark.kwargs[key] for mark in marks if key in mark.kwargs), default)


def shares(cases: Iterable[Case]) -> dict[str, float]:
    """Each case's share of its cell's points: weights, shared among parameters, summing to 1."""
    cases = list(cases)
    siblings: dict[str, int] = defaultdict(int)
    for case in cases:
        siblings[case.group] += 1
    weights = {case.id: case.weight / siblings[case.group] for case in cases}
    total = sum(weights.values())
    return {id: weight / total if total else 0.0 for id, weight in weights.items()}


class Recorder:
    """Pytest plugin that reads cases at collection and records how each ended.

    Args:
        public_roots: folders whose tests students have; all others are hidden.
    """

    def __init__(self, public_roots: Sequence[Path], bench: Bench) -> None:
        self._public_roots = [root.resolve() for root in public_roots]
        self._bench = bench
        self.results: dict[str, Result] = {}
        self.collection_errors: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", f"question(id, {', '.join(sorted(SETTINGS))}): see docs")
        config.stash[BENCH] = self._bench

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        for item in items:
            public = any(item.path.is_relative_to(root) for root in self._public_roots)
            item.stash[CASE] = read_case(item, public=public)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.collection_errors.append(f"{report.nodeid}: {shown(str(report.longrepr), 2000)}")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Iterator[None]:
        # Set-up, call and teardown must all pass for a test to count as passed.
        case = item.stash[CASE]
        result = self.results.setdefault(case.id, Result(case, "not_marked", "did not run"))
        if call.excinfo is not None:
            if result.verdict in ("correct", "not_marked"):
                judge_failure(result, call.excinfo.value, in_call=call.when == "call")
        elif call.when == "call":
            result.verdict, result.message = "correct", ""
        return (yield)


def error_line(error: BaseException, message: str) -> str:
    """The kind of an error of the student's code with its message, if that says more."""
    kind = type(error).__name__
    if message not in ("", kind):
        return f"{kind}: {message}"
    return NOT_ANSWERED if isinstance(error, NotImplementedError) else kind


def judge_failure(result: Result, error: BaseException, *, in_call: bool) -> None:
    """Fill in verdict and message of a case that raised."""
    text = str(error).removeprefix("AssertionError: ").split("\nassert ")[0]  # without pytest's
    result.message = shown(text.split("\n +  where")[0].strip() or type(error).__name__, 2000)
    result.trace = str(getattr(error, "student_trace", ""))
    if isinstance(error, StudentTimedOut):
        result.verdict = "timed_out"
    elif isinstance(error, StudentOutOfMemory):
        result.verdict = "out_of_memory"
    elif isinstance(error, StudentDied | StudentFault):
        result.verdict = "crashed"
    elif getattr(error, "refused", False) and result.case.forbid:
        # The text comes from the student's process, which by now may know hidden inputs.
        named = [n for n in result.case.forbid if result.message.startswith(n)] or ["something"]
        result.verdict, result.message = "refused", f"{named[0]} is not allowed in this question"
    elif getattr(error, "from_student", False):
        result.verdict = "out_of_memory" if isinstance(error, MemoryError) else "crashed"
        result.message = error_line(error, result.message)
    elif not in_call or _is_our_fault(error):
        result.verdict = "not_marked"
        result.message = f"{type(error).__name__}: {result.message}"
    else:
        result.verdict = "wrong"
        if not isinstance(error, AssertionError):
            result.message = f"{type(error).__name__}: {result.message}"


def _is_our_fault(error: BaseException) -> bool:
    """Whether the error speaks of the tests or the reference, not of the student's answer."""
    if isinstance(error, pytest.skip.Exception | pytest.xfail.Exception):
        return True
    if isinstance(error, AssertionError | pytest.fail.Exception):
        return False
    if isinstance(error, Misuse | NameError | ImportError | SyntaxError):
        return True
    if getattr(error, "from_callback", False):
        return False  # the student's code chose what the test's or reference's function was given
    if isinstance(error, MemoryError):
        return True
    reference = getattr(sys.modules.get("tdlcourse"), "__file__", None)
    if reference is None:
        return False
    folder = str(Path(reference).parent)
    frames = traceback.extract_tb(error.__traceback__)
    return any(Path(frame.filename).is_relative_to(folder) for frame in frames)
