"""Grades one submission, in a fork of the judge: read, rebuild, run, mark."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.cases import Result, shares
from autograder.definitions import modules_of
from autograder.errors import SubmissionError, shown
from autograder.grade import executing, sanitize
from autograder.grade.ordinary import score_of_outputs
from autograder.grade.release import ReleasedCell, ReleasedNotebook
from autograder.grade.scans import attach_scans
from autograder.judge import feedback
from autograder.judge.marking import Examiner, Part, Seeds
from autograder.judge.session import Launcher, StudentProcess
from autograder.sandbox.limits import Limits
from autograder.weights import left_out

MAX_FILES = 500
MAX_STAGED_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Job:
    """One submission to grade.

    Attributes:
        submitter: whom hidden inputs are drawn for; "" for everybody.
        folder: the submitted folder, read and never written.
        extra: folder of the release, whose files accompany every submission.
        stage: an empty folder for the files that accompany this one.
        slot: place it runs in.
        limits: bounds.
    """

    submitter: str
    folder: Path
    extra: Path | None
    stage: Path
    slot: int
    limits: Limits = field(default_factory=Limits)


class Grader:
    """Grades submissions of one assignment.

    Args:
        notebooks: the released notebooks.
        launcher: where student processes come from.
        examiner: marks judge cells; None in a course without checks.
        secret: the term's secret.
        scope: course, term and assignment, for seeds.
    """

    def __init__(
        self,
        notebooks: Sequence[ReleasedNotebook],
        launcher: Launcher,
        examiner: Examiner | None,
        secret: bytes,
        scope: str,
    ) -> None:
        self._notebooks, self._launcher, self._examiner = notebooks, launcher, examiner
        self._secret, self._scope = secret, scope

    def grade(
        self, job: Job, report: Callable[[dict[str, Any]], None] | None = None
    ) -> dict[str, Any]:
        """The result of a submission; its own faults are part of it.

        Args:
            job: the submission.
            report: is told the result so far, with outcome "unfinished", as questions are marked.

        Raises:
            SandboxError: ours to mend; the submission is not marked.
        """
        started = time.perf_counter()
        total: dict[str, Any] = {"outcome": "finished", "message": "", "flags": [], "notebooks": {}}
        total |= {"cpu_seconds": 0.0, "max_rss_mb": 0.0}
        self._stage(job, total["flags"])
        for release in self._notebooks:
            self._grade_notebook(job, release, total, report)
        total["seconds"] = time.perf_counter() - started
        return total

    def _grade_notebook(
        self,
        job: Job,
        release: ReleasedNotebook,
        total: dict[str, Any],
        report: Callable[[dict[str, Any]], None] | None,
    ) -> None:
        try:
            path = find_notebook(job.folder, release.name, len(self._notebooks), total["flags"])
            submitted = sanitize.read_submitted(path)
        except SubmissionError as error:
            missing = "must exist" in str(error)
            _worsen(total, "missing" if missing else "invalid", str(error))
            submitted = []
        rebuilt = sanitize.rebuild(submitted, release)
        if submitted:
            attach_scans(rebuilt.cells, job.folder, rebuilt.flags)
        if not submitted:
            rebuilt.flags.clear()  # everything was put back: one message is enough
        seeds = Seeds(self._secret, self._scope, job.submitter)
        judged = self._examiner.questions if self._examiner else set[str]()
        run = executing.Run()
        try:
            if submitted:
                run = executing.run_notebook(
                    rebuilt.cells, lambda: self._launch(job, seeds), judged, modules_of(job.stage)
                )
            results: dict[str, list[Result]] = {}
            for _ in self._examine(run, seeds, results):
                if report is not None:
                    made = self._marked(run, rebuilt, release, results, bool(submitted))
                    notebooks = {**total["notebooks"], release.name: made}
                    report({**total, "outcome": "unfinished", "notebooks": notebooks})
            made = self._marked(run, rebuilt, release, results, bool(submitted))
        finally:
            ending = executing.end(run)
        _worsen(total, run.outcome, run.message)
        total["flags"] += rebuilt.flags
        total["cpu_seconds"] += run.cpu_seconds + ending.cpu_seconds
        total["max_rss_mb"] = max(total["max_rss_mb"], ending.max_rss_mb)
        total["notebooks"][release.name] = made

    def _launch(self, job: Job, seeds: Seeds) -> StudentProcess:
        stage = str(job.stage) if any(job.stage.iterdir()) else None
        return self._launcher.launch(
            slot=job.slot, seed=seeds.of("process") % 2**32, stage=stage, limits=job.limits
        )

    def _examine(
        self, run: executing.Run, seeds: Seeds, results: dict[str, list[Result]]
    ) -> Iterator[None]:
        """Fill in the results of every judge cell that has a copy, public tests of all cells first.

        A cell is in the results when all its tests have run; yields then, and before the first.
        """
        yield
        if self._examiner is None:
            return
        shown = {
            name: self._examiner.examine(name, copy, seeds, public=True)
            for name, copy in run.copies.items()
        }
        for name, copy in run.copies.items():
            hidden = self._examiner.examine(name, copy, seeds, public=False, earlier=shown[name])
            results[name] = shown[name] + hidden
            yield

    def _marked(
        self,
        run: executing.Run,
        rebuilt: sanitize.Rebuilt,
        release: ReleasedNotebook,
        results: dict[str, list[Result]],
        submitted: bool,
    ) -> dict[str, Any]:
        """The notebook with its feedback and the parts whose results are there."""
        parts = [
            self._part(cell, run, rebuilt.cells, results, submitted)
            for cell in rebuilt.cells
            if cell.released and cell.released.worth and not _is_open(cell, run, results)
        ]
        return {
            "notebook": sanitize.to_notebook(rebuilt, release),
            "parts": {part.grade_id: plain_part(part) for part in parts},
            "unchanged": unchanged_answers(rebuilt.cells),
        }

    def _part(
        self,
        cell: sanitize.Cell,
        run: executing.Run,
        cells: list[sanitize.Cell],
        results: dict[str, list[Result]],
        submitted: bool,
    ) -> Part:
        released = cell.released
        if released is None:
            raise TypeError("only released cells carry points")
        name, points = released.grade_id, released.points
        if released.task or (released.grade and released.solution) or cell.cell_type != "code":
            answered = submitted and _answered(released, cells)
            score, verdict = (None, "unmarked") if answered else (0.0, "wrong")
            return Part(name, "manual", points, score, verdict)
        if not submitted:
            return Part(name, "judge" if self._judges(name) else "ordinary", points, 0.0, "wrong")
        if self._judges(name) and self._examiner is not None:
            part = self._judged(name, points, run, results, self._examiner)
            cell.outputs, cell.count = feedback.cell_outputs(part), None
            return part
        score = score_of_outputs(cell.outputs, points)
        verdict = "correct" if score >= points else "partial" if score > 0 else "wrong"
        return Part(name, "ordinary", points, score, verdict)

    def _judges(self, grade_id: str) -> bool:
        return self._examiner is not None and grade_id in self._examiner.questions

    def _judged(
        self,
        name: str,
        points: float,
        run: executing.Run,
        results: dict[str, list[Result]],
        examiner: Examiner,
    ) -> Part:
        if name not in results:
            verdict = run.outcome if run.outcome != "finished" else "crashed"
            return Part(name, "judge", points, 0.0, verdict)
        return examiner.mark(name, points, results[name], run.sources[name])

    def _stage(self, job: Job, flags: list[str]) -> None:
        """Put the files that accompany the notebook where the sandbox shows them."""
        budget = [MAX_FILES, MAX_STAGED_BYTES]
        accepts = None if self._examiner is None else self._examiner.weights
        copy_plain_files(job.folder, job.stage, budget, flags, accepts)
        if self._examiner is not None:
            self._examiner.begin(job.folder)
        if job.extra is not None:
            copy_plain_files(job.extra, job.stage, [MAX_FILES, MAX_STAGED_BYTES], [])


def _is_open(cell: sanitize.Cell, run: executing.Run, results: dict[str, list[Result]]) -> bool:
    """Whether a cell has tests that have not all run yet."""
    return cell.grade_id in run.copies and cell.grade_id not in results


def find_notebook(folder: Path, name: str, wanted: int, flags: list[str]) -> Path:
    """The submitted notebook called `name`, or the only notebook there, whatever its name.

    Raises:
        SubmissionError: neither.
    """
    path = folder / f"{name}.ipynb"
    if os.path.lexists(path):
        return path
    others = sorted(folder.glob("*.ipynb"))
    if wanted == 1 and len(others) == 1:
        flags.append(f"{name}.ipynb: submitted as {shown(others[0].name)}")
        return others[0]
    found = ", ".join(shown(p.name) for p in others[:5]) or "no notebook"
    raise SubmissionError(f"{name}.ipynb must exist in the submission, got {found}")


def copy_plain_files(
    source: Path,
    target: Path,
    budget: list[int],
    flags: list[str],
    weights: set[str] | None = None,
) -> None:
    """Copy regular files below `source` within a budget [files, bytes]; no links or devices.

    If `weights` is a set, files that look like weights are left out unless it has their path.
    """
    for folder, folders, names in os.walk(source, followlinks=False):
        folders[:] = [
            f for f in folders if not f.startswith(".") and f not in ("tests", "__pycache__")
        ]
        for name in sorted(names):
            path = Path(folder, name)
            info = path.lstat()
            if name.endswith(".ipynb") or name == "timestamp.txt" or name.startswith("."):
                continue
            if not stat.S_ISREG(info.st_mode):
                flags.append(f"{shown(name)}: not a regular file, left out")
                continue
            inside = path.relative_to(source)
            refusal = "" if weights is None else left_out(inside.as_posix(), weights)
            if refusal:
                flags.append(f"{shown(name)}: {refusal}")
                continue
            budget[0] -= 1
            budget[1] -= info.st_size
            if min(budget) < 0:
                flags.append("too many or too large files: the rest was left out")
                return
            copy = target / inside
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy, follow_symlinks=False)
            copy.chmod(0o644)


def _worsen(total: dict[str, Any], outcome: str, message: str) -> None:
    if total["outcome"] == "finished" and outcome != "finished":
        total["outcome"], total["message"] = outcome, shown(message, 300)


def _answered(released: ReleasedCell, cells: list[sanitize.Cell]) -> bool:
    """Whether the student wrote anything where this hand-marked cell is answered."""
    answers = [
        cell
        for cell in cells
        if cell.released
        and cell.released.solution
        and (cell.grade_id == released.grade_id or cell.grade_id == f"{released.grade_id}-answer")
    ]
    if not answers or any(cell.restored for cell in answers):
        # The answer may stand in a cell that lost its id: a marker has to look.
        return any(cell.released is None and cell.source.strip() for cell in cells)
    return any(_touched(cell) for cell in answers)


def _touched(cell: sanitize.Cell) -> bool:
    released = cell.released
    text = cell.source.strip()
    return bool(cell.attachments) or (
        released is not None and text != "" and text != released.released.strip()
    )


def unchanged_answers(cells: list[sanitize.Cell]) -> list[str]:
    """Ids of answer cells that are as they were released."""
    return [c.grade_id for c in cells if c.released and c.released.solution and not _touched(c)]


def plain_part(part: Part) -> dict[str, Any]:
    """A part as plain data; titles of hidden tests stay out."""
    share = shares(result.case for result in part.results)
    return {
        "score": part.score,
        "max_score": part.points,
        "verdict": part.verdict,
        "kind": part.kind,
        "breach": part.breach,
        "tests": [_plain_test(result, share[result.case.id]) for result in part.results],
    }


def _plain_test(result: Result, weight: float) -> dict[str, Any]:
    return {
        "title": result.case.title if result.case.public else "",
        "passed": result.verdict == "correct",
        "verdict": result.verdict,
        "weight": weight,
        "public": result.case.public,
        "hint": result.case.hint,
        "id": result.case.id,
        "message": result.message,
        "inputs": result.inputs,
    }
