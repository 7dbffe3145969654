"""results.json is always valid, says what the judge said, and nothing that is not for students."""

from __future__ import annotations

import datetime
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.grade.release import ReleasedCell, ReleasedNotebook
from autograder.targets.gradescope.metadata import read_metadata
from autograder.targets.gradescope.results import (
    Shown,
    leaderboard_entries,
    notice,
    plain_text,
    results_of,
    summary_lines,
)
from tests.autograder.targets.conftest import assert_valid

VERDICTS = ("correct", "partial", "wrong", "refused", "crashed", "timed_out", "not_marked")
RELEASE = ReleasedNotebook(
    "hw1",
    (
        ReleasedCell("q1", "q1", "code", "", grade=True, points=4.0),
        ReleasedCell("q1-b", "q1-b", "code", "", grade=True, points=2.0),
        ReleasedCell("q2", "q2", "markdown", "", task=True, points=5.0),
    ),
    {},
)


def part(verdict: str, score: float | None, **more: Any) -> dict[str, Any]:
    return {
        "kind": "judge",
        "verdict": verdict,
        "score": score,
        "max_score": 99,
        "tests": [],
        **more,
    }


def result(parts: dict[str, dict[str, Any]], outcome: str = "finished") -> dict[str, Any]:
    notebook = {
        "cells": [
            {
                "metadata": {"nbgrader": {"grade_id": id}},
                "outputs": [{"data": {"text/plain": each.get("said", "")}}],
            }
            for id, each in parts.items()
        ]
    }
    known = {"hw1": {"parts": parts, "notebook": notebook}}
    return {"outcome": outcome, "message": "", "flags": [], "seconds": 1.5, "notebooks": known}


TWO = {
    "q1": part("correct", 4.0),
    "q1-b": part("wrong", 0.0),
    "q2": part("unmarked", None, kind="manual"),
}


def test_parts_of_a_question_add_up_and_hand_marks_are_elsewhere() -> None:
    results = results_of(result(TWO), Shown([RELEASE]))
    assert_valid(results)
    first, second = results["tests"]
    assert (first["name"], first["score"], first["max_score"]) == ("q1", 4.0, 6.0)
    assert first["status"] == "failed"
    assert first["tags"] == ["correct", "wrong"]
    assert "score" not in second and "marked by hand" in second["output"]
    assert results["score"] == 4.0


def test_what_is_not_marked_has_no_score_and_says_whose_fault_it_is() -> None:
    results = results_of(result({**TWO, "q1-b": part("not_marked", None)}), Shown([RELEASE]))
    assert_valid(results)
    assert "score" not in results["tests"][0] and "status" not in results["tests"][0]
    assert "fault is ours" in results["tests"][0]["output"]


def test_a_reason_of_ours_is_not_shown() -> None:
    """An exception of a hidden test may quote it."""
    failed = {"outcome": "not_marked", "message": "NameError: SECRET", "flags": []}
    assert "SECRET" not in "".join(summary_lines(failed))


@pytest.mark.parametrize(("penalty", "score"), [(1.5, 2.5), (100.0, 0.0), (-9.0, 6.0)])
def test_the_late_penalty_stays_within_the_points(penalty: float, score: float) -> None:
    assert results_of(result(TWO), Shown([RELEASE], penalty=penalty))["score"] == score


def test_visibility_is_by_question() -> None:
    shown = Shown([RELEASE], {"q1": "hidden", "*": "after_published"})
    tests = results_of(result(TWO), shown)["tests"]
    assert [test["visibility"] for test in tests] == ["hidden", "after_published"]


def test_feedback_cannot_leave_its_block() -> None:
    said = "q1: 0 of 4\n```\n<script>alert(1)</script>\n````\n# heading"
    parts = {**TWO, "q1": part("wrong", 0.0, said=said, tests=[{"passed": False}])}
    text = results_of(result(parts), Shown([RELEASE]))["tests"][0]["output"]
    assert text.startswith("`````text\n" + said + "\n`````")


@settings(deadline=None, max_examples=60)
@given(
    score=st.none() | st.floats(),
    verdict=st.sampled_from(VERDICTS),
    said=st.text(st.characters(codec=None), max_size=50),
    line=st.text(st.characters(codec=None), max_size=50),
    penalty=st.floats(),
    seconds=st.floats(),
)
def test_results_are_valid_whatever_comes(
    score: float | None, verdict: str, said: str, line: str, penalty: float, seconds: float
) -> None:
    one = part(verdict, score, said=said, tests=[{"passed": True}])
    graded = {**result({"q1": one}), "seconds": seconds, "flags": [line]}
    shown = Shown([RELEASE], lines=summary_lines(graded), penalty=penalty)
    results = results_of(graded, shown)
    assert_valid(results)
    assert 0 <= results["score"] <= 6
    assert_valid(notice(line, seconds, {}))


def test_text_is_cut_before_gradescope_cuts_it() -> None:
    assert len(plain_text("x" * 10**6)) < 100_000
    assert plain_text("a\x00b\x1b[31mc\ud800") == "ab[31mc?"


def test_malformed_leaderboard_entries_are_left_out() -> None:
    bad = [
        3,
        {"name": 1, "value": 2},
        {"name": "a", "value": True},
        {"name": "a", "value": math.nan},
    ]
    good = {"name": "accuracy", "value": 0.5, "order": "desc"}
    assert leaderboard_entries([*bad, {**good, "extra": 1}]) == [good]
    assert leaderboard_entries("nothing") == []


class TestMetadata:
    """Who submitted, and when."""

    def write(self, path: Path, **changes: Any) -> Path:
        base = {
            "created_at": "2026-10-01T12:00:00.000000-07:00",
            "assignment": {"due_date": "2026-10-01T11:00:00.000000-07:00"},
            "users": [{"email": "bea@uni.example", "id": 7, "name": "Bea"}],
        }
        (path / "metadata.json").write_text(json.dumps({**base, **changes}))
        return path / "metadata.json"

    @pytest.mark.parametrize(
        ("kind", "id"), [("account", "bea"), ("email", "bea@uni.example"), ("id", "7")]
    )
    def test_a_submitter_is_called_as_the_course_says(
        self, tmp_path: Path, kind: str, id: str
    ) -> None:
        assert read_metadata(self.write(tmp_path)).submitter(kind) == id

    def test_a_group_is_the_same_whoever_uploads(self, tmp_path: Path) -> None:
        users = [{"email": "b@x"}, {"email": "a@x"}]
        one = read_metadata(self.write(tmp_path, users=users)).submitter("account")
        other = read_metadata(self.write(tmp_path, users=users[::-1])).submitter("account")
        assert one == other == "a+b"

    def test_lateness_is_from_the_due_date_and_an_extension_counts(self, tmp_path: Path) -> None:
        assert read_metadata(self.write(tmp_path)).seconds_late == 3600
        extended = {"email": "a@x", "assignment": {"due_date": "2026-10-01T11:30:00-07:00"}}
        assert read_metadata(self.write(tmp_path, users=[extended])).seconds_late == 1800

    def test_gradings_of_the_last_hour_are_counted(self, tmp_path: Path) -> None:
        made = datetime.datetime.fromisoformat("2026-10-01T12:00:00-07:00")
        times = [(made - datetime.timedelta(minutes=m)).isoformat() for m in (5, 59, 61)]
        previous = [{"submission_time": t, "score": n} for n, t in enumerate(times, 1)]
        metadata = read_metadata(self.write(tmp_path, previous_submissions=previous))
        assert metadata.graded_within_an_hour() == 2
        assert metadata.latest_score() == 1.0

    @pytest.mark.parametrize("text", ["", "[]", "{", '{"users": 3, "created_at": 5}', "[" * 10**5])
    def test_malformed_metadata_are_unknown(self, tmp_path: Path, text: str) -> None:
        (tmp_path / "m.json").write_text(text)
        metadata = read_metadata(tmp_path / "m.json")
        assert (metadata.submitter("email"), metadata.seconds_late) == ("unknown", 0.0)
