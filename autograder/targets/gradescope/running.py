"""What runs in Gradescope's container: one upload from /autograder/submission to results.json.

Theory of operation. The container starts us as root, with the upload in submission/, our zip in
source/, and results/ to write into; after ten minutes it kills the process it started and nothing
else, and a results.json that is no JSON means zero. So the first thing that run_autograder does,
before any Python, is to write a valid results.json that says that grading has not ended; here it is
replaced, whole, each time a question is marked, so that what is marked stays if we are killed; and
we end ourselves before the container would.

Student code runs at level `user`: a uid that owns nothing, under a filter without sockets. All that
it must not read is closed by its mode before it starts, and that is checked. The judge is a process
of root's, holds the tests, and never runs student code.
"""

from __future__ import annotations

import datetime
import hashlib
import importlib
import json
import os
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from autograder.errors import CourseError, SubmissionError, TdlError, shown
from autograder.grade.choosing import versions
from autograder.grade.records import digest_of_folder
from autograder.grade.server import write_whole
from autograder.grade.service import Service
from autograder.judge.marking import fingerprint
from autograder.sandbox import user
from autograder.targets.bundle import Bundle, grade_folder, late_policy, read_bundle
from autograder.targets.gradescope.metadata import Metadata, read_metadata
from autograder.targets.gradescope.results import (
    Shown,
    leaderboard_entries,
    notice,
    results_of,
    summary_lines,
)
from autograder.targets.gradescope.settings import Gradescope
from autograder.targets.gradescope.uploads import modules_wanted, receive


class _TimeUp(Exception):
    """The time that we allow ourselves is over."""


def main(root: Path) -> int:
    """Grade the upload in an /autograder folder; the exit status of the process."""
    started = time.monotonic()
    target = root / "results" / "results.json"
    _close(root)
    try:
        bundle = read_bundle(root / "source")
        settings = Gradescope(config=bundle.course.config)
        metadata = read_metadata(root / "submission_metadata.json")
        refused = _over_limit(metadata, settings)
        if refused is not None:
            write_results(target, refused)
            return 0
        deadline = settings.seconds - (time.monotonic() - started)
        results = graded(
            bundle,
            settings,
            metadata,
            root / "submission",
            deadline,
            report=lambda partial: write_results(target, partial),
        )
        write_results(target, results)
    except TdlError as error:
        print(f"{type(error).__name__}: {error}")
        return 1
    except Exception:
        print(traceback.format_exc()[-8000:])  # standard output is shown to staff only
        return 1
    return 0


def graded(
    bundle: Bundle,
    settings: Gradescope,
    metadata: Metadata,
    upload: Path,
    seconds: float,
    service: Service | None = None,
    report: Callable[[dict[str, Any]], None] | None = None,
) -> dict[str, Any]:
    """The results of an upload, within a time.

    Args:
        bundle: the assignment.
        settings: the course's, for Gradescope.
        metadata: of this submission.
        upload: the uploaded files.
        seconds: until when there must be results.
        service: one that is warm already, for many uploads one after another.
        report: is told the results so far, each time a question is marked.
    """
    fit_container(bundle, settings)
    flags: list[str] = []
    student = metadata.submitter(settings.submitter)
    level = ""

    def told(result: dict[str, Any], board: list[dict[str, Any]]) -> dict[str, Any]:
        result = {**result, "flags": flags + result["flags"]}
        penalty = _late_penalty(bundle, student, result, metadata.seconds_late)
        shown_ = Shown(
            bundle.notebooks,
            settings.visibility,
            _lines(result, metadata, penalty),
            penalty,
            board,
            _audit(bundle, metadata, student, level, result, upload, penalty),
        )
        return results_of(result, shown_)

    def so_far(result: dict[str, Any]) -> None:
        if report is not None:
            report(told(result, []))

    with tempfile.TemporaryDirectory(prefix="tdl-upload-") as temporary:
        try:
            folder = receive(upload, Path(temporary), bundle.notebooks, flags)
            sandbox = bundle.course.sandbox
            sandbox.preload = modules_wanted(sandbox.preload, folder)
            result, level = _in_time(bundle, student, folder, seconds, service, so_far)
        except SubmissionError as error:
            result = no_points(bundle, str(error))
    print(f"outcome {result['outcome']}: {result.get('message', '')}\n{result.get('trace', '')}")
    return told(result, leaderboard_entries(_leaderboard(settings.leaderboard, result)))


def fit_container(bundle: Bundle, settings: Gradescope) -> None:
    """Confine and bound submissions as the container allows."""
    sandbox = bundle.course.sandbox
    # The kernel may be old and namespaces refused; what works everywhere gives the same everywhere.
    sandbox.level = sandbox.minimum = "user"
    sandbox.memory_mb = min(sandbox.memory_mb, settings.memory_mb)
    sandbox.processes = min(sandbox.processes, settings.processes)


def write_results(path: Path, results: dict[str, Any]) -> None:
    """Write results.json whole or not at all."""
    write_whole(path, json.dumps(results, indent=1, allow_nan=False))
    path.chmod(0o600)


def _close(root: Path) -> None:
    """Close everything of the course and of the submitter to other users, and check it."""
    for name in ("source", "submission", "results"):
        folder = root / name
        os.chmod(folder, 0o700)
    secret = root / "source" / "term_secret"
    if secret.exists():
        secret.chmod(0o600)  # archives don't keep modes
    metadata = root / "submission_metadata.json"
    if metadata.exists():
        metadata.chmod(0o600)
    user.closed([str(root / n) for n in ("source", "submission", "results")] + [str(metadata)])


def _in_time(
    bundle: Bundle,
    student: str,
    folder: Path,
    seconds: float,
    service: Service | None,
    report: Callable[[dict[str, Any]], None],
) -> tuple[dict[str, Any], str]:
    """The result, or what there is of it when time is up, which says so."""
    marked: dict[str, dict[str, Any]] = {}

    def keep(result: dict[str, Any]) -> None:
        marked.update(result["notebooks"])
        report(result)

    def up(signum: int, frame: FrameType | None) -> None:
        raise _TimeUp

    before = signal.signal(signal.SIGALRM, up)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.1))
    try:
        return grade_folder(bundle, student, folder, service, keep)
    except _TimeUp:
        message = f"grading took longer than {seconds:.0f} seconds"
        cut = _empty("not_marked", message)
        return {**cut, "notebooks": marked, "seconds": seconds}, "user"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def no_points(bundle: Bundle, message: str) -> dict[str, Any]:
    """The result of an upload without anything to grade: no points, by the submitter's fault."""
    result = _empty("invalid", message)
    for notebook in bundle.notebooks:
        parts: dict[str, dict[str, Any]] = {}
        for cell in notebook.cells:
            if cell.worth:
                by_hand = cell.task or cell.solution or cell.cell_type != "code"
                part = {"kind": "manual" if by_hand else "judge", "verdict": "wrong", "score": 0.0}
                parts[cell.grade_id] = {**part, "max_score": cell.points, "tests": []}
        result["notebooks"][notebook.name] = {"parts": parts}
    return result


def _empty(outcome: str, message: str) -> dict[str, Any]:
    result: dict[str, Any] = {"outcome": outcome, "message": message, "flags": [], "notebooks": {}}
    return result | {"seconds": 0.0, "cpu_seconds": 0.0, "max_rss_mb": 0.0}


def _over_limit(metadata: Metadata, settings: Gradescope) -> dict[str, Any] | None:
    """What a submission beyond the hourly limit gets: the score that its submitter has."""
    before = metadata.graded_within_an_hour()
    if not settings.per_hour or before < settings.per_hour:
        return None
    score = metadata.latest_score()
    text = (
        f"Not graded: {settings.per_hour} gradings an hour are allowed, and {before} submissions "
        f"were made in the hour before this one. The score shown is the one before it, {score:g}. "
        "Submit again later."
    )
    return notice(text, score, {"outcome": "rate_limited", "submissions_within_an_hour": before})


def _late_penalty(bundle: Bundle, student: str, result: dict[str, Any], late: float) -> float:
    """Points that the course's late policy takes off the automatically marked ones."""
    if late <= 0:
        return 0.0
    parts = [p for n in result["notebooks"].values() for p in n["parts"].values()]
    score = sum(part["score"] or 0.0 for part in parts)
    config = bundle.course.config
    if late_policy(bundle.course) == "nbgrader.plugins.latesubmission.LateSubmissionPlugin":
        method = config.get("LateSubmissionPlugin", {}).get("penalty_method", "none")
        return score if method == "zero" else 0.0
    from autograder.grade.writing import late_penalty

    return late_penalty(bundle.course)(student, score, late) or 0.0


def _lines(result: dict[str, Any], metadata: Metadata, penalty: float) -> list[str]:
    lines = []
    if len(metadata.users) > 1:
        lines.append(f"Submitted by {', '.join(metadata.names)}.")
    if metadata.seconds_late > 0:
        late = datetime.timedelta(seconds=round(metadata.seconds_late))
        lines.append(f"Late by {late}: {penalty:.4g} points are taken off.")
    return lines + summary_lines(result)


def _leaderboard(hook: str, result: dict[str, Any]) -> object:
    if not hook:
        return []
    module, _, name = hook.rpartition(".")
    try:
        return getattr(importlib.import_module(module), name)(result)
    except (
        Exception
    ) as error:  # the course's code: a board without this entry is better than no mark
        print(f"leaderboard {hook} failed: {shown(error, 500)}")
        return []


def _audit(
    bundle: Bundle,
    metadata: Metadata,
    student: str,
    level: str,
    result: dict[str, Any],
    upload: Path,
    penalty: float,
) -> dict[str, Any]:
    """What a grading can be checked by afterwards; nothing hidden, since students might read it."""
    return {
        "schema": 1,
        "assignment": bundle.assignment,
        "outcome": result["outcome"],
        "submitter": hashlib.sha256(student.encode("utf-8", "replace")).hexdigest()[:12],
        "partners": len(metadata.users),
        "submission": digest_of_folder(upload),
        "seed": {
            "term": bundle.course.course.term,
            "fingerprint": fingerprint(bundle.course.secret()),
        },
        "built_with": bundle.versions,
        "versions": versions(),
        "level": level,
        "seconds": result["seconds"],
        "cpu_seconds": result["cpu_seconds"],
        "max_rss_mb": result["max_rss_mb"],
        "late_seconds": metadata.seconds_late,
        "late_penalty": penalty,
        "graded": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise CourseError(f"arguments must be one folder, got {len(sys.argv) - 1}")
    sys.exit(main(Path(sys.argv[1])))
