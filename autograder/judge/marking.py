"""Marks one graded cell: runs its tests against a copy of the student's process, adds up points.

The copy was made when the notebook reached the cell and is asked nothing until the notebook has run
to its end, so hidden inputs exist in no process whose output a student will see.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from autograder.cases import CASE, Case, Recorder, Result, shares
from autograder.definitions import Source
from autograder.errors import shown
from autograder.judge.replaying import replay
from autograder.judge.session import StudentProcess, WireLink
from autograder.policy import breaches
from autograder.proxy import Link, Student, StudentFault

MAX_TIMEOUTS = 3
FAILED = ("wrong", "crashed", "timed_out", "out_of_memory")


@dataclass
class Part:
    """The mark of one graded cell.

    Attributes:
        grade_id: its id.
        kind: "judge", "ordinary" or "manual".
        points: maximum.
        score: what it earned, None if not marked or marked by hand.
        verdict: see DESIGN; "unmarked" for a cell to be marked by hand.
        results: one per test.
        breach: the line that the question's policy forbids, if any.
    """

    grade_id: str
    kind: str
    points: float
    score: float | None
    verdict: str
    results: list[Result] = field(default_factory=list)
    breach: str = ""


class Seeds:
    """Seeds of hidden inputs: one secret per term, one seed per test and submitter.

    Args:
        secret: the term's secret, known to the instructor only.
        scope: course, term and assignment.
        submitter: student or team.
    """

    def __init__(self, secret: bytes, scope: str, submitter: str) -> None:
        self._secret, self._scope, self._submitter = secret, scope, submitter

    def of(self, what: str) -> int:
        """A 63-bit seed for `what`: the same whenever and wherever it is asked for."""
        text = "\0".join((self._scope, self._submitter, what)).encode()
        return int.from_bytes(hmac.digest(self._secret, text, hashlib.sha256)[:8], "big") >> 1


class _DeadLink(Link):
    """A link to a process that can't be had: every request is its fault."""

    def __init__(self, fault: StudentFault) -> None:
        super().__init__()
        self._fault = fault

    def transact(self, payload: bytes) -> bytes:
        raise self._fault


class WireBench:
    """The fixtures' source while one submission is marked."""

    def __init__(self) -> None:
        self.template: StudentProcess | None = None
        self.seeds: Seeds | None = None
        self._running: StudentProcess | None = None
        self.link: WireLink | None = None
        self.writes_changes = True
        self.folder = Path(os.devnull)  # of the submission; nothing lies below

    def begin(self, template: StudentProcess, seeds: Seeds) -> None:
        self.template, self.seeds, self._running = template, seeds, None

    def end(self) -> None:
        self.renew()
        self.template = self._running = self.link = None

    def student(self, case: Case) -> Student:
        try:
            self.link = WireLink(self._copy(case), case.timeout)
        except StudentFault as fault:  # raised in the test's call, where it is the student's
            self.link = None
            return Student(_DeadLink(fault))
        self.link.writes_changes = self.writes_changes
        return Student(self.link)

    def renew(self) -> None:
        """Let the next test have a copy of its own."""
        if self._running is not None:
            self._running.kill()
        self._running = None

    def _copy(self, case: Case) -> StudentProcess:
        """A running copy of the template; a new one if the last test ended it."""
        if self._running is None or not self._running.alive:
            if self.template is None:
                raise RuntimeError("no student process while marking")
            self._running = self.template.copy()
            if case.forbid:
                link = WireLink(self._running, case.timeout)
                link.request({"op": "forbid", "names": list(case.forbid)})
        return self._running

    def seed(self, case: Case) -> int:
        if self.seeds is None:
            raise RuntimeError("no seeds while marking")
        return self.seeds.of(case.id)

    def reference(self) -> Any:
        import tdlcourse

        return tdlcourse

    def handed_in(self, case: Case) -> Path:
        return self.folder / case.weights


class Examiner:
    """Holds the collected tests and marks graded cells with them.

    Args:
        items: collected tests, with their cases.
        recorder: the plugin that sees how each ends.
        bench: where the fixtures look.

    Attributes:
        weights: files of weights that a question accepts.
    """

    def __init__(self, items: Sequence[pytest.Item], recorder: Recorder, bench: WireBench) -> None:
        self._recorder, self._bench = recorder, bench
        self._items: dict[str, list[pytest.Item]] = {}
        # Once, and not in each fork, where looking at every test copies its memory.
        self.weights = {item.stash[CASE].weights for item in items} - {""}
        for item in items:
            self._items.setdefault(item.stash[CASE].question, []).append(item)
        for same in self._items.values():
            _share_policy(same)

    @property
    def items(self) -> list[pytest.Item]:
        return [item for same in self._items.values() for item in same]

    @property
    def questions(self) -> set[str]:
        return set(self._items)

    def begin(self, folder: Path) -> None:
        """Begin a submission: no results of another, and tests find its files of weights."""
        self._recorder.results.clear()
        self._bench.folder = folder

    @property
    def smallest(self) -> str:
        """The question with the fewest tests, "" without any."""
        return min(self._items, key=lambda name: len(self._items[name]), default="")

    def examine(
        self,
        grade_id: str,
        template: StudentProcess,
        seeds: Seeds,
        *,
        public: bool,
        earlier: Sequence[Result] = (),
    ) -> list[Result]:
        """Results of a cell's public or of its hidden tests.

        Public tests of every cell come before hidden ones of any: what the student's code says in
        a public test is shown to the student, and by then it has not seen a hidden input.

        After MAX_TIMEOUTS time-outs, those of `earlier` results among them, the rest is not tried,
        but hidden tests go on until one of their own has timed out: public ones may be slower.
        """
        items = [i for i in self._items[grade_id] if i.stash[CASE].public is public]
        self._bench.begin(template, seeds)
        try:
            slow = sum(result.verdict == "timed_out" for result in earlier)
            most = max(1, MAX_TIMEOUTS - slow)
            results = [self._run(item) for item in until_too_slow(items, self._result, most)]
        finally:
            self._bench.end()
        late = [item.stash[CASE] for item in items[len(results) :]]
        return results + [
            Result(case, "timed_out", "not tried after other time-outs") for case in late
        ]

    def mark(
        self, grade_id: str, points: float, results: Sequence[Result], sources: Sequence[Source]
    ) -> Part:
        """The mark of a cell, from the results of its tests and from its policy."""
        forbidden = list(dict.fromkeys(name for r in results for name in r.case.forbid))
        requested = {name for result in results for name in result.requested}
        found = breaches(sources, requested, forbidden)
        return part_of(grade_id, points, results, str(found[0]) if found else "")

    def _run(self, item: pytest.Item) -> Result:
        """The result of a test; one that passed with changed arguments must pass without, too.

        A test may compute an expected value from an array after the student's function had it in
        hand. What that process says of the array is then withheld, so it can't choose the value.
        """
        result = self._tried(item)
        link = self._bench.link
        if result.verdict == "correct" and link is not None and link.changed:
            self._bench.renew()
            self._bench.writes_changes = False
            try:
                again = self._tried(item)
            finally:
                self._bench.writes_changes = True
                self._bench.renew()
            again.requested = list(dict.fromkeys([*result.requested, *again.requested]))
            return again
        return result

    def _tried(self, item: pytest.Item) -> Result:
        case = item.stash[CASE]
        self._recorder.results.pop(case.id, None)
        self._bench.link = None
        try:
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        except StudentFault as fault:  # outside any phase: still the student's, never a pass
            self._recorder.results[case.id] = Result(case, "crashed", shown(str(fault)))
        result = self._result(item)
        if self._bench.link is not None:
            result.requested = list(dict.fromkeys(self._bench.link.requested))
            if case.replay and result.verdict in FAILED:
                result.inputs = replay(self._bench.link.sent)
        return result

    def _result(self, item: pytest.Item) -> Result:
        case = item.stash[CASE]
        return self._recorder.results.get(case.id, Result(case, "not_marked", "did not run"))


def _share_policy(items: Sequence[pytest.Item]) -> None:
    """What one test of a question forbids or allows in time holds for all of them."""
    cases = [item.stash[CASE] for item in items]
    forbid = tuple(dict.fromkeys(name for case in cases for name in case.forbid))
    timeout = max(case.timeout for case in cases)
    for item, case in zip(items, cases, strict=True):
        item.stash[CASE] = replace(case, forbid=forbid, timeout=timeout)


def until_too_slow(
    items: Sequence[pytest.Item], result: Callable[[pytest.Item], Result], most: int
) -> Iterator[pytest.Item]:
    """The items, until `most` of them have run into their limit."""
    slow = 0
    for item in items:
        if slow >= most:
            return
        yield item
        slow += result(item).verdict == "timed_out"


def part_of(grade_id: str, points: float, results: Sequence[Result], breach: str) -> Part:
    """Score and verdict of a cell from its tests' results."""
    results = list(results)
    if not results or any(result.verdict == "not_marked" for result in results):
        return Part(grade_id, "judge", points, None, "not_marked", results)
    if breach or any(result.verdict == "refused" for result in results):
        # A hidden test's message is never shown, whatever the student's process put into it.
        said = (r.message for r in results if r.verdict == "refused" and r.case.public)
        breach = breach or next(said, "a function was called that this question does not allow")
        return Part(grade_id, "judge", points, 0.0, "refused", results, breach)
    share = shares(result.case for result in results)
    counted = [r for r in results if share[r.case.id] > 0] or results
    if all(result.verdict == "correct" for result in counted):
        return Part(grade_id, "judge", points, points, "correct", results)
    earned = sum(share[r.case.id] for r in counted if r.verdict == "correct")
    score = min(max(points * earned, 0.0), points)
    # With no points at stake (a diagnostic), tests passed still tell partial from wrong.
    some = earned > 0
    return Part(grade_id, "judge", points, score, "partial" if some else _worst(counted), results)


def _worst(results: Sequence[Result]) -> str:
    for verdict in ("timed_out", "out_of_memory", "crashed"):
        if any(result.verdict == verdict for result in results):
            return verdict
    return "wrong"


def fingerprint(secret: bytes) -> str:
    """A short name of a secret that does not reveal it."""
    return hashlib.sha256(b"fingerprint" + secret).hexdigest()[:12]
