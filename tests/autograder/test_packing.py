"""Corpus submissions on different questions are graded in one notebook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autograder.corpus import Expected, question_of
from autograder.packing import packed, question_answered


@pytest.fixture
def entry(tmp_path: Path) -> Any:
    def make(name: str, files: tuple[str, ...] = (), **fields: Any) -> Expected:
        folder = tmp_path / name
        folder.mkdir(parents=True)
        for file in (*files, "expect.toml"):
            (folder / file).write_text("")
        return Expected(name=f"wrong/{name}", claim="", folder=folder, **fields)

    return make


@pytest.mark.parametrize(
    ("grade_id", "question"),
    [("q2", "q2"), ("q2-answer", "q2"), ("q12-plot-answer", "q12"), ("setup", ""), ("q2x", "")],
)
def test_a_cell_belongs_to_the_question_in_its_id(grade_id: str, question: str) -> None:
    assert question_of(grade_id) == question


def test_answers_to_different_questions_share_a_notebook(entry: Any) -> None:
    """Three of one question and two of another need three notebooks, and all are in one."""
    corpus = [
        entry(f"{q}_{i}", (f"{q}-answer.py",)) for q, n in (("q1", 3), ("q2", 2)) for i in range(n)
    ]
    packs = packed(corpus)
    assert len(packs) == 3
    assert sorted(e.name for p in packs for e in p.members.values()) == [e.name for e in corpus]


def test_a_pack_expects_what_its_members_expect(entry: Any) -> None:
    first = entry("a", ("q1-answer.py",), questions={"q1": {"score": 1.0}})
    second = entry("b", ("q2-answer.py",), questions={"q2-witness": {"score": 0.0}})
    (pack,) = packed([first, second])
    assert pack.merged.questions == {"q1": {"score": 1.0}, "q2-witness": {"score": 0.0}}
    assert {pack.merged.folder, *pack.merged.more} == {first.folder, second.folder}


@pytest.mark.parametrize(
    ("files", "fields"),
    [
        ((), {}),
        (("q1-answer.py", "q2-answer.py"), {}),
        (("q1-answer.py", "conftest.py"), {}),
        (("q1-answer.py", "data.csv"), {}),
        (("q1-answer.py",), {"base": "release"}),
        (("q1-answer.py",), {"edits": ("delete:q1",)}),
        (("q1-answer.py",), {"outcome": "timed_out"}),
        (("q1-answer.py",), {"questions": {"q2": {"score": 0.0}}}),
        (("q1-answer.py",), {"questions": {"q1": {"score": 0.0, "verdict": "out_of_memory"}}}),
    ],
)
def test_whatever_is_more_than_one_answer_stays_alone(
    entry: Any, files: tuple[str, ...], fields: dict[str, Any]
) -> None:
    odd, plain = entry("odd", files, **fields), entry("plain", ("q3-answer.py",))
    assert question_answered(odd) == ""
    assert [list(pack.members) for pack in packed([odd, plain])] == [[""], ["q3"]]
