"""The audit record: appended only, tells where a mark comes from, and the mark can be repeated."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from autograder.commands.audit import explained
from autograder.errors import CourseError, SandboxError
from autograder.grade.audit import AuditLog, differences
from autograder.grade.auditing import audit_log
from autograder.grade.course import load_course
from autograder.grade.pipeline import grade_assignment
from tests.autograder.grade.conftest import NAME, TinyCourse, hash_of

WRONG = "def double(x):\n    return 2 * abs(x)"


class TestFile:
    """The file itself."""

    def test_lines_are_only_appended(self, tmp_path: Path) -> None:
        """What was there stays as it is, byte by byte, and only its owner can read it."""
        log = AuditLog(tmp_path / "state" / "hw1.jsonl")
        before = b""
        for number in range(5):
            log.append({"student": "a", "number": number})
            after = log.path.read_bytes()
            assert after.startswith(before) and len(after) > len(before)
            before = after
        assert [entry["number"] for entry in log.entries("a")] == list(range(5))
        assert log.path.stat().st_mode & 0o077 == 0

    @pytest.mark.parametrize(
        "tamper",
        [
            lambda lines: [lines[0], lines[1].replace(b'"number": 1', b'"number": 7'), *lines[2:]],
            lambda lines: [lines[0], *lines[2:]],
            lambda lines: lines[1:],
            lambda lines: [lines[1], lines[0], *lines[2:]],
            lambda lines: [lines[0], lines[0], *lines[1:]],
            lambda lines: [*lines[:2], b"{}\n", *lines[2:]],
        ],
        ids=["changed", "taken out", "first gone", "moved", "doubled", "foreign"],
    )
    def test_a_change_is_noticed(
        self, tmp_path: Path, tamper: Callable[[list[bytes]], list[bytes]]
    ) -> None:
        """A changed, missing, moved, doubled or foreign line breaks the chain."""
        log = AuditLog(tmp_path / "hw1.jsonl")
        for number in range(4):
            log.append({"student": "a", "number": number})
        log.path.write_bytes(b"".join(tamper(log.path.read_bytes().splitlines(keepends=True))))
        with pytest.raises(CourseError, match="somebody changed the file"):
            log.entries()

    def test_a_line_cut_off_by_a_crash_is_passed_over(self, tmp_path: Path) -> None:
        """The next entry stands on a line of its own and goes on with the chain."""
        log = AuditLog(tmp_path / "hw1.jsonl")
        log.append({"student": "a", "number": 0})
        with open(log.path, "ab") as file:
            file.write(b'{"version": 1, "stud')
        assert [e["number"] for e in log.entries()] == [0]
        log.append({"student": "a", "number": 1})
        log.append({"student": "a", "number": 2})
        assert [e["number"] for e in log.entries()] == [0, 1, 2]

    def test_long_lines_keep_the_chain(self, tmp_path: Path) -> None:
        """An entry may be longer than what is read at once."""
        log = AuditLog(tmp_path / "hw1.jsonl")
        for length in (200_000, 10, 65_536, 70_000, 1):
            log.append({"student": "a", "text": "x" * length})
        assert len(log.entries()) == 5

    def test_gradings_at_the_same_time_share_a_file(self, tmp_path: Path) -> None:
        """Each line is whole, and the chain holds."""
        context = multiprocessing.get_context("fork")
        log = AuditLog(tmp_path / "hw1.jsonl")
        writers = [context.Process(target=_write_many, args=(log,)) for _ in range(3)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert len(log.entries()) == 60

    def test_a_file_that_cant_be_written_is_an_error(self, tmp_path: Path) -> None:
        """Nothing is graded without a record."""
        (tmp_path / "hw1.jsonl").mkdir()
        with pytest.raises(SandboxError, match="must be writable"):
            AuditLog(tmp_path / "hw1.jsonl").append({"student": "a"})


def _write_many(log: AuditLog) -> None:
    for number in range(20):
        log.append({"student": "a", "number": number})


def _mark(**changes: Any) -> dict[str, Any]:
    test = {"id": "hidden/t", "verdict": "correct", "weight": 0.1, "message": "", "seed": 1}
    plain = {"kind": "judge", "score": 0.1, "max_score": 4.0, "verdict": "partial", "breach": ""}
    return {"q1": {**plain, "tests": [test]} | changes}


def test_differences_are_found_to_the_last_bit() -> None:
    """One unit in the last place of a score is a difference; a message is none."""
    assert differences(_mark(), json.loads(json.dumps(_mark()))) == []
    assert differences(_mark(), _mark(score=0.1 + 2**-56)) == [
        "q1: score was 0.1, is 0.10000000000000002"
    ]
    test = _mark()["q1"]["tests"][0]
    assert differences(_mark(), _mark(tests=[{**test, "message": "at 0x7f"}])) == []
    assert len(differences(_mark(), _mark(tests=[{**test, "verdict": "wrong"}]))) == 1
    assert len(differences(_mark(), _mark(tests=[{**test, "seed": 2}]))) == 1
    assert differences(_mark(), _mark(tests=[{**test, "id": "hidden/u"}]))[-1].endswith("is new")
    assert differences(_mark(), {}) == ["q1: gone"]


@pytest.fixture(scope="module")
def graded(make_tiny: Callable[..., TinyCourse]) -> TinyCourse:
    """A class of three, graded."""
    tiny = make_tiny()
    tiny.submit("good", tiny.model())
    tiny.submit("partial", tiny.model(q1_answer=WRONG))
    tiny.submit("broken", "{")
    grade_assignment(tiny.course, NAME, jobs=2)
    return tiny


def _tdl(tiny: TinyCourse, *arguments: str) -> tuple[int, str]:
    from autograder.cli import app

    done = CliRunner().invoke(app, ["audit", *arguments, "-C", str(tiny.folder)])
    return done.exit_code, done.output


def test_every_grading_is_on_record(graded: TinyCourse) -> None:
    """Hashes, versions, level, limits, durations, outcome, and each test with seed and verdict."""
    entries = {entry["student"]: entry for entry in audit_log(graded.course, NAME).entries()}
    assert set(entries) == {"good", "partial", "broken"}
    assert entries["broken"]["outcome"] == "invalid"
    good, partial = entries["good"]["marks"]["q1"], entries["partial"]["marks"]["q1"]
    assert (good["score"], partial["score"]) == (4.0, 1.0)
    assert {t["id"]: t["verdict"] for t in partial["tests"]} == {
        "public/test_q1.py::test_of_two": "correct",
        "hidden/test_q1.py::test_hidden_name": "wrong",
        "hidden/test_q1.py::test_of_ten": "correct",
        "hidden/test_q1.py::test_our_own_fault": "correct",
    }
    seeds = [t["seed"] for entry in (good, partial) for t in entry["tests"]]
    assert len(set(seeds)) == 8
    assert entries["good"]["submission"] != entries["partial"]["submission"]
    assert entries["good"]["course"] == entries["partial"]["course"]
    assert entries["good"]["versions"]["numpy"] and entries["good"]["limits"]["cpu_seconds"]
    text = "\n".join(explained(entries["partial"]))
    assert "q1: 1 of 4, partial" in text and "wrong         0.750  seed" in text


def test_what_is_skipped_or_only_tried_is_not_recorded(graded: TinyCourse) -> None:
    """A second run grades nothing; a dry run writes nothing."""
    before = audit_log(graded.course, NAME).path.read_bytes()
    grade_assignment(graded.course, NAME)
    assert audit_log(graded.course, NAME).path.read_bytes() == before


@pytest.mark.slow
def test_a_repeat_gives_the_same_marks_and_writes_nothing(graded: TinyCourse) -> None:
    """Bit by bit; after a change of the answer it says what changed and what differs."""
    before = hash_of(graded.folder)
    code, said = _tdl(graded, "partial", NAME, "--repeat")
    assert (code, said.splitlines()[-1]) == (0, "graded again: the same marks"), said
    assert hash_of(graded.folder) == before
    graded.submit("partial", graded.model())
    code, said = _tdl(graded, "partial", NAME, "--repeat")
    assert code == 1
    assert "changed since: submission" in said and "q1: score was 1.0, is 4.0" in said
    grade_assignment(graded.course, NAME, students=["partial"])
    scores = [e["marks"]["q1"]["score"] for e in audit_log(graded.course, NAME).entries("partial")]
    assert scores == [1.0, 4.0]


def test_a_student_without_a_record_is_an_error(graded: TinyCourse) -> None:
    """And not an empty page."""
    from autograder.cli import app

    done = CliRunner().invoke(app, ["audit", "nobody", NAME, "-C", str(graded.folder)])
    assert isinstance(done.exception, CourseError)


CHANCE = '''
import pytest


@pytest.mark.question("q1", weight=1)
@pytest.mark.parametrize("number", range(40))
def test_by_chance(student, rng, number):
    """Wrong for the half of the inputs that is negative."""
    x = rng.normal()
    assert student.double(x) == 2 * x
'''


def _by_chance(make_tiny: Callable[..., TinyCourse], *, common: bool) -> list[set[int]]:
    """Of two students with the same wrong answer: the numbers of the tests that failed."""
    tiny = make_tiny()
    (tiny.folder / "checks" / NAME / "test_chance.py").write_text(CHANCE)
    config = tiny.folder / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.Judge.common_seeds = {common}\n")
    course = load_course(tiny.folder)
    for name in ("a", "b"):
        tiny.submit(name, tiny.model(q1_answer=WRONG))
    grade_assignment(course, NAME, jobs=2)
    entries = {entry["student"]: entry for entry in audit_log(course, NAME).entries()}
    tests = [entries[name]["marks"]["q1"]["tests"] for name in ("a", "b")]
    return [{i for i, t in enumerate(found) if t["verdict"] == "wrong"} for found in tests]


def test_hidden_inputs_are_a_students_own_or_common(make_tiny: Callable[..., TinyCourse]) -> None:
    """The same luck for everybody if the course says so; else each has their own."""
    first, second = _by_chance(make_tiny, common=True)
    assert first == second
    assert 10 < len(first) < 32  # of 42, 20 are expected to fail by chance and 1 for sure
    first, second = _by_chance(make_tiny, common=False)
    assert first != second
