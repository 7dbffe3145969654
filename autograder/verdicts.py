"""Grades the verdict corpus and holds each result against its expectation."""

from __future__ import annotations

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.corpus import Expected, build, read_corpus
from autograder.grade.course import CourseFolder, load_course, part_of
from autograder.grade.pipeline import Progress, grade_assignment
from autograder.overlay import IN_ONE_FOLDER
from autograder.packing import Pack, packed
from autograder.releasing import nbgrader

SECRET = "the corpus is graded with hidden inputs that are the same every time"  # noqa: S105 - of no real course
CELL_SECONDS = 10  # an endless loop is known to be one soon; cells of labs need about 3
TOLERANCE = 1e-6  # points; scores are sums of exact shares


@dataclass
class Comparison:
    """One corpus submission: what it got and where that differs from its expectation."""

    expected: Expected
    row: dict[str, Any]
    differences: list[str] = field(default_factory=list)


@dataclass
class Quality:
    """Of one question: submissions that are wrong in it and right in it, and how they fared."""

    wrong: int = 0
    killed: int = 0
    right: int = 0
    rejected: int = 0

    @property
    def kill_rate(self) -> float:
        return self.killed / self.wrong if self.wrong else 1.0

    @property
    def false_reject_rate(self) -> float:
        return self.rejected / self.right if self.right else 0.0


def scratch_course(root: Path, folder: Path, assignment: str) -> CourseFolder:
    """A course of its own in `folder`, with one assignment generated into its gradebook."""
    folder.mkdir(parents=True, exist_ok=True)
    config = (root / "nbgrader_config.py").read_text("utf-8")
    checks = root / load_course(root).course.checks
    lines = [
        IN_ONE_FOLDER,
        f"c.Course.checks = {str(checks)!r}",
        f"c.Exchange.root = {str(folder / 'exchange')!r}",
        f"c.Sandbox.cell_seconds = {CELL_SECONDS}",
        "c.Judge.common_seeds = True",  # a submission gets in a pack what it gets alone
    ]
    (folder / "nbgrader_config.py").write_text("\n".join([config, *lines, ""]), "utf-8")
    course = load_course(folder)
    course.state.mkdir(mode=0o700)
    secret = course.state / "term_secret"
    secret.touch(mode=0o600)
    secret.write_text(SECRET, "ascii")
    shutil.copytree(part_of(root, "source") / assignment, folder / "source" / assignment)
    nbgrader(folder, "generate_assignment", assignment)
    return load_course(folder)


def student_name(expected: Expected) -> str:
    """The student id that a corpus submission is handed in under."""
    return expected.name.replace("/", "--")


def grade_corpus(
    root: Path,
    assignment: str,
    *,
    chosen: Iterable[Expected] | None = None,
    jobs: int = 0,
    alone: bool = False,
    progress: Progress | None = None,
) -> list[Comparison]:
    """Grade corpus submissions in a scratch course and compare.

    Args:
        root: the course folder with source/, checks and the corpus.
        assignment: its name.
        chosen: these submissions only; None for all.
        jobs: submissions at once.
        alone: each in a notebook of its own, where packs of several are faster.
        progress: told what happens.
    """
    corpus = read_corpus(root, assignment) if chosen is None else list(chosen)
    with tempfile.TemporaryDirectory(prefix="tdl-corpus-") as temporary:
        course = scratch_course(root, Path(temporary) / "course", assignment)
        found: dict[str, Comparison] = {}
        if not alone:
            packs = packed(corpus)
            graded = _graded(course, assignment, [p.merged for p in packs], jobs, progress)
            for pack, comparison in zip(packs, graded, strict=True):
                if not comparison.differences or "" in pack.members:
                    found |= _unpacked(pack, comparison)
        rest = [expected for expected in corpus if expected.name not in found]
        for comparison in _graded(course, assignment, rest, jobs, progress):
            found[comparison.expected.name] = comparison
    return [found[expected.name] for expected in corpus]


def _graded(
    course: CourseFolder,
    assignment: str,
    corpus: list[Expected],
    jobs: int,
    progress: Progress | None,
) -> list[Comparison]:
    """Hand in and grade each submission."""
    if not corpus:
        return []
    for expected in corpus:
        folder = course.folder("submitted", student_name(expected), assignment)
        build(course.root, assignment, expected, folder)
    names = [student_name(expected) for expected in corpus]
    run = grade_assignment(course, assignment, students=names, jobs=jobs, progress=progress)
    rows = {row["student"]: row for row in run["submissions"]}
    return [compare(expected, rows[student_name(expected)]) for expected in corpus]


def _unpacked(pack: Pack, comparison: Comparison) -> dict[str, Comparison]:
    """Each member with the part of the row that it answers for."""
    found = {}
    for question, member in pack.members.items():
        row = dict(comparison.row)
        if question:
            row["questions"] = {question: row["questions"][question]}
        found[member.name] = Comparison(member, row, comparison.differences)
    return found


def compare(expected: Expected, row: dict[str, Any]) -> Comparison:
    """Hold a graded row against its expectation: outcome, and each judge cell's points."""
    comparison = Comparison(expected, row)
    if row["outcome"] != expected.outcome:
        comparison.differences.append(
            f"outcome must be {expected.outcome}, got {row['outcome']} ({row['message']})"
        )
    for name, part in judge_parts(row).items():
        if not expected.is_about(name):
            continue
        wanted = expected.questions.get(name, expected.questions.get("all", {}))
        score = wanted.get("score", part["max_score"])
        if part["score"] is None or abs(part["score"] - score) > TOLERANCE:
            found = part["score"]
            comparison.differences.append(f"{name} must get {score:g}, got {found} {failing(part)}")
        verdict = wanted.get("verdict")
        if verdict is not None and part["verdict"] != verdict:
            comparison.differences.append(f"{name} must be {verdict}, got {part['verdict']}")
    return comparison


def judge_parts(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The automatically marked parts of a row."""
    return {
        name: part
        for question in row["questions"].values()
        for name, part in question["parts"].items()
        if part["kind"] != "manual"
    }


def failing(part: dict[str, Any]) -> str:
    """The hints of a part's failing tests, for a message."""
    hints = [test["hint"] or test["title"] for test in part["tests"] if not test["passed"]]
    return f"({len(hints)} tests failed: {'; '.join(dict.fromkeys(hints))[:200]})" if hints else ""


def quality(comparisons: Iterable[Comparison]) -> dict[str, Quality]:
    """Kill rate and false-reject rate of every automatically marked part.

    A submission counts as wrong in a part if its expectation gives it less than full points there,
    as right if it comes from correct/ or alternative/.
    """
    found: dict[str, Quality] = defaultdict(Quality)
    for comparison in comparisons:
        expected = comparison.expected
        for name, part in judge_parts(comparison.row).items():
            lost = part["score"] is None or part["score"] < part["max_score"] - TOLERANCE
            lost = lost or part["verdict"] not in ("correct",)
            if name in expected.questions or "all" in expected.questions:
                found[name].wrong += 1
                found[name].killed += lost
            elif expected.name.startswith(("correct/", "alternative/")):
                found[name].right += 1
                found[name].rejected += lost
    return dict(found)
