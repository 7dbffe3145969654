"""A judge that marks many variants of one answer in copies of one student's process."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from autograder.cases import CASE, Recorder, Result, shares
from autograder.errors import CourseError
from autograder.grade.executing import outcome_of
from autograder.judge.marking import Examiner, Seeds, WireBench
from autograder.judge.session import Launcher, StudentProcess
from autograder.mutation.stages import Target
from autograder.policy import Source
from autograder.proxy import StudentFault
from autograder.sandbox.limits import Limits

SECRET = b"mutants are marked with hidden inputs that are the same every time"
FASTEST = 1.0  # CPU-seconds that a shortened limit leaves at least
SLOWER = 20.0  # a mutant may take this many times what the model solution takes, at first


@dataclass(frozen=True)
class Loss:
    """How a variant lost points: the part, the test ("" for the cell itself), the verdict."""

    part: str
    test: str
    verdict: str
    message: str


class Bench:
    """Collected tests and a way to start processes.

    Args:
        items: the collected tests.
        recorder: the plugin that sees how each ends.
        wire: where the fixtures look.
        launcher: where student processes come from.
        scope: course, term and assignment, for seeds.
        stage: a folder with the files that come with the release, or None.
        limits: bounds.
    """

    def __init__(
        self,
        items: Sequence[pytest.Item],
        recorder: Recorder,
        wire: WireBench,
        launcher: Launcher,
        scope: str,
        stage: str | None,
        limits: Limits,
    ) -> None:
        self._recorder, self._wire = recorder, wire
        self._launcher, self._scope, self._stage = launcher, scope, stage
        self.limits = limits
        self.examiner = Examiner(items, recorder, wire)  # shares each question's time limit
        self._full = {item: item.stash[CASE] for item in items}
        self._items: dict[str, list[pytest.Item]] = {}
        weights = shares_of(self._full.values())
        for item, case in self._full.items():
            if weights[case.id] > 0:
                self._items.setdefault(case.question, []).append(item)
        self._kills = dict.fromkeys(items, 0)
        self._slowest: dict[pytest.Item, float] = {}

    @property
    def judged(self) -> set[str]:
        return self.examiner.questions

    def seeds(self, submitter: str) -> Seeds:
        return Seeds(SECRET, self._scope, submitter)

    @contextmanager
    def prepared(self, texts: Iterable[str]) -> Iterator[StudentProcess]:
        """A process in which these cells have run.

        Raises:
            CourseError: one of them raised.
        """
        # Its copies are many: each uses little, all together must not meet the limit of one.
        limits = replace(self.limits, cpu_seconds=3600, processes=1024)
        seed = self.seeds("model").of("process") % 2**32
        process = self._launcher.launch(slot=0, seed=seed, stage=self._stage, limits=limits)
        try:
            run_cells(process, texts)
            yield process
        finally:
            process.close()

    def full_marks(self, process: StudentProcess, target: Target) -> tuple[float, set[str]]:
        """Seconds that the stages of a model solution take, and the names that tests ask for.

        Measures how long every test takes.

        Raises:
            CourseError: the model solution loses points.
        """
        started, asked = time.perf_counter(), set[str]()
        copy = process.copy()
        try:
            for texts, part in texts_and_parts(target, target.source):
                run_cells(copy, texts)
                for item in self._items[part]:
                    begun = time.perf_counter()
                    result = self._try(item, copy)
                    self._slowest[item] = time.perf_counter() - begun
                    asked |= {name.partition(".")[0] for name in result.requested}
                    if result.verdict != "correct":
                        raise CourseError(
                            f"model solution must pass {result.case.id}, got {result.message}"
                        )
        finally:
            copy.kill()
        return time.perf_counter() - started, asked

    def loss(
        self, process: StudentProcess, target: Target, text: str, seconds: float
    ) -> Loss | None:
        """Where a variant of an answer loses points first; None if it gets full marks.

        Args:
            process: one in which everything before the answer has run.
            target: the answer.
            text: what stands in its place.
            seconds: CPU-seconds that the cells may take at first.
        """
        found = self._first_loss(process, target, text, seconds)
        if found is not None and found.verdict != "timed_out":
            return found
        return self._true_loss(process, target, text, found)

    def _first_loss(
        self, process: StudentProcess, target: Target, text: str, seconds: float
    ) -> Loss | None:
        """Under shortened limits, and with each test in a copy of its own."""
        copy, late = process.copy(), None
        copy.limits = replace(copy.limits, cell_seconds=min(seconds, self.limits.cell_seconds))
        try:
            for texts, part in texts_and_parts(target, text):
                fault = fault_of_cells(copy, texts, part)
                found = fault or self._loss_in(part, copy)
                if found is not None and (fault or found.verdict != "timed_out"):
                    return found
                late = late or found
        finally:
            copy.kill()
        return late

    def _true_loss(
        self, process: StudentProcess, target: Target, text: str, suspected: Loss | None
    ) -> Loss | None:
        """As the grader marks: real limits, all tests in one copy, and the question's policy."""
        copy = process.copy()
        copy.limits = replace(copy.limits, cell_seconds=self.limits.cell_seconds)
        sources = [Source("a cell before", earlier) for earlier in target.before]
        try:
            for texts, part in texts_and_parts(target, text):
                sources += [Source(f"{part}-answer", own) for own in texts]
                found = fault_of_cells(copy, texts, part)
                if found is None and suspected is not None and suspected.part == part:
                    found = self._again(suspected, copy)
                found = found or self._marked(part, copy, sources)
                if found is not None:
                    return found
        finally:
            copy.kill()
        return None

    def _again(self, suspected: Loss, process: StudentProcess) -> Loss | None:
        """The test that ran out of time, with the time that it really has."""
        item = next((i for i in self._full if self._full[i].id == suspected.test), None)
        result = self._try(item, process) if item is not None else None
        if result is None or result.verdict in ("correct", "not_marked"):
            return None
        return replace(suspected, verdict=result.verdict, message=result.message)

    def _loss_in(self, part: str, process: StudentProcess) -> Loss | None:
        """The first test that takes points away, by another way than time if there is one."""
        late: Loss | None = None
        for item in sorted(self._items[part], key=self._by_use):
            case = self._full[item]
            limit = max(FASTEST, SLOWER * self._slowest.get(item, 1.0))
            item.stash[CASE] = replace(case, timeout=min(limit, case.timeout))
            result = self._try(item, process)
            item.stash[CASE] = case
            if result.verdict in ("correct", "not_marked"):
                continue
            loss = Loss(part, case.id, result.verdict, result.message)
            if result.verdict != "timed_out":
                self._kills[item] += 1
                return loss
            if late is not None:  # two are enough to see that it is slow
                break
            late = loss
        return late

    def _by_use(self, item: pytest.Item) -> tuple[float, float]:
        return -self._kills[item], self._slowest.get(item, 1.0)

    def _try(self, item: pytest.Item, process: StudentProcess) -> Result:
        """One test in a copy of its own."""
        case = item.stash[CASE]
        alone = Examiner([item], self._recorder, self._wire)
        seeds = self.seeds("model")
        return alone.examine(case.question, process, seeds, public=case.public)[0]

    def _marked(self, part: str, process: StudentProcess, sources: list[Source]) -> Loss | None:
        results = self.results(part, process, self.seeds("model"))
        mark = self.examiner.mark(part, 1.0, results, sources)
        if mark.verdict in ("correct", "not_marked"):
            return None
        first = next((r for r in results if r.verdict != "correct"), results[0])
        return Loss(part, first.case.id, mark.verdict, first.message or mark.breach)

    def results(
        self, part: str, process: StudentProcess, seeds: Seeds, *, public: bool = True
    ) -> list[Result]:
        """Results of the tests of a part, public ones first."""
        found = self.examiner.examine(part, process, seeds, public=True) if public else []
        return found + self.examiner.examine(part, process, seeds, public=False, earlier=found)

    def drawing(self, part: str) -> list[pytest.Item]:
        """Hidden tests of a part that draw inputs; the others are the same for every seed."""
        hidden = [item for item, case in self._full.items() if not case.public]
        own = [item for item in hidden if self._full[item].question == part]
        return [item for item in own if "rng" in getattr(item, "fixturenames", ())]

    def redrawn(self, part: str, process: StudentProcess, seeds: Seeds) -> list[Result]:
        """Results of those hidden tests of a part that draw inputs."""
        alone = Examiner(self.drawing(part), self._recorder, self._wire)
        return alone.examine(part, process, seeds, public=False)


def shares_of(cases: Iterable[Any]) -> dict[str, float]:
    """Each case's share within its own part; all count where none has a weight."""
    parts: dict[str, list[Any]] = {}
    for case in cases:
        parts.setdefault(case.question, []).append(case)
    found: dict[str, float] = {}
    for own in parts.values():
        share = shares(own)
        found |= share if any(share.values()) else dict.fromkeys(share, 1.0)
    return found


def texts_and_parts(target: Target, text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """What runs, and then is marked, in turn."""
    for index, stage in enumerate(target.stages):
        yield (((text,) if index == 0 else ()) + stage.sources), stage.part


def run_cells(process: StudentProcess, texts: Iterable[str]) -> None:
    """Run cells that must not fail.

    Raises:
        CourseError: one of them raised.
    """
    for text in texts:
        reply = process.run_cell(text, silent=True)
        if reply.get("failed"):
            raise CourseError(f"cell must run, got {reply.get('error')} in {text[:60]!r}")


def fault_of_cells(process: StudentProcess, texts: Iterable[str], part: str) -> Loss | None:
    """The loss of a variant whose cells end the process or run into their limit."""
    for text in texts:
        try:
            process.run_cell(text, silent=True)
        except StudentFault as fault:
            return Loss(part, "", outcome_of(fault), str(fault))
    return None
