"""A corrected release in a student's work: nothing of theirs is lost."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.errors import SubmissionError
from autograder.selfcheck.updating import merged, update_folder


def cell(source: str, grade_id: str = "", **marks: Any) -> dict[str, Any]:
    metadata = {"nbgrader": {"grade_id": grade_id, **marks}} if grade_id else {}
    identity = grade_id or f"own-{abs(hash(source)) % 10**8}"
    made = {"cell_type": "code", "id": identity, "metadata": metadata, "source": source}
    return {**made, "outputs": [], "execution_count": None}


def notebook(*cells: dict[str, Any]) -> dict[str, Any]:
    return {"cells": list(cells), "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


STATEMENT = cell("Prove P.", "q1-statement", locked=True)
ANSWER = cell("raise NotImplementedError()", "q1-answer", solution=True)
CHECK = cell("check('q1')", "q1", grade=True, locked=True, points=3)
OLD = notebook(STATEMENT, ANSWER, CHECK)
NEW = notebook(
    {**STATEMENT, "source": "Prove Q."},
    {**ANSWER, "source": "pass  # a better stub"},
    CHECK,
    cell("Note.", "note", locked=True),
    cell("", "q2-answer", solution=True),
)
MINE = notebook(STATEMENT, cell("x = 1"), {**ANSWER, "source": "my answer"}, CHECK, cell("y = 2"))


@pytest.fixture
def work(tmp_path: Path) -> tuple[Path, Path]:
    """A student's folder and the corrected release."""
    mine, released = tmp_path / "hw1", tmp_path / "released" / "hw1"
    for folder, text in ((mine, MINE), (released, NEW)):
        (folder / "tests").mkdir(parents=True)
        (folder / "hw1.ipynb").write_text(json.dumps(text))
    (mine / "tests" / "test_q1.py").write_text("old")
    (mine / "notes.txt").write_text("mine")
    (released / "tests" / "test_q1.py").write_text("new")
    (released / "notes.txt").write_text("theirs")
    (released / "data.csv").write_text("1,2")
    return mine, released


def sources(path: Path) -> list[str]:
    return [cell["source"] for cell in json.loads(path.read_text())["cells"]]


def test_fixed_cells_follow_and_answers_stay(work: tuple[Path, Path]) -> None:
    """Order, own cells and the answer as the student left them."""
    update = update_folder(*work)
    assert sources(work[0] / "hw1.ipynb") == [
        "Prove Q.",
        "x = 1",
        "my answer",
        "check('q1')",
        "Note.",
        "",
        "y = 2",
    ]
    assert "hw1.ipynb: q1-statement corrected" in update.lines
    assert "hw1.ipynb: note added" in update.lines


def test_tests_follow_and_other_files_stay(work: tuple[Path, Path]) -> None:
    """A corrected test replaces the old one; a file the student has is theirs."""
    update_folder(*work)
    assert (work[0] / "tests" / "test_q1.py").read_text() == "new"
    assert (work[0] / "notes.txt").read_text() == "mine"
    assert (work[0] / "data.csv").read_text() == "1,2"


def test_the_earlier_state_is_kept(work: tuple[Path, Path]) -> None:
    """Every file that changes is in the backup, byte for byte."""
    before = (work[0] / "hw1.ipynb").read_bytes()
    update = update_folder(*work)
    assert update.backup is not None and update.backup.parent == work[0].parent
    assert (update.backup / "hw1.ipynb").read_bytes() == before
    assert (update.backup / "tests" / "test_q1.py").read_text() == "old"


def test_a_second_update_changes_nothing(work: tuple[Path, Path]) -> None:
    """And makes no second backup."""
    update_folder(*work)
    before = (work[0] / "hw1.ipynb").read_bytes()
    update = update_folder(*work)
    assert (update.lines, update.backup) == ([], None)
    assert (work[0] / "hw1.ipynb").read_bytes() == before


@pytest.mark.parametrize("text", ["", "{", '{"cells": [3]}', "[]"])
def test_an_unreadable_notebook_is_left_alone(work: tuple[Path, Path], text: str) -> None:
    """Nothing at all is changed, the tests neither."""
    (work[0] / "hw1.ipynb").write_text(text)
    with pytest.raises(SubmissionError, match="hw1.ipynb must be a notebook"):
        update_folder(*work)
    assert (work[0] / "hw1.ipynb").read_text() == text
    assert (work[0] / "tests" / "test_q1.py").read_text() == "old"


def test_an_empty_release_is_an_error(tmp_path: Path) -> None:
    """A wrong path is told."""
    with pytest.raises(SubmissionError, match="release must hold a notebook"):
        update_folder(tmp_path, tmp_path / "nowhere")


def test_old_notebooks_get_no_cell_ids() -> None:
    """nbformat before 4.5 does not allow them."""
    old = copy.deepcopy(MINE)
    old["nbformat_minor"] = 4
    for one in old["cells"]:
        del one["id"]
    made, _ = merged(old, NEW)
    assert not any("id" in one for one in made["cells"])


own = st.lists(st.builds(cell, st.text(max_size=20)), max_size=3)
released = st.sampled_from([STATEMENT, {**ANSWER, "source": "mine"}, CHECK, {**ANSWER}])


@given(st.lists(st.one_of(own, released.map(lambda c: [c])), max_size=8))
def test_no_word_of_the_students_is_lost(groups: list[list[dict[str, Any]]]) -> None:
    """Whatever cells there are, in any order or doubled: own ones and answers survive in order."""
    mine = notebook(*(one for group in groups for one in group))
    made, _ = merged(copy.deepcopy(mine), NEW)

    def theirs(book: dict[str, Any]) -> list[str]:
        kept = [c for c in book["cells"] if c["metadata"].get("nbgrader", {}).get("solution")]
        kept += [c for c in book["cells"] if not c["metadata"]]
        return [c["source"] for c in kept if c["metadata"] == {} or c["id"] != "q2-answer"]

    before, after = theirs(mine), theirs(made)
    added = [s for s in after if s == "pass  # a better stub"]
    assert [s for s in after if s != "pass  # a better stub"] == before
    assert len(added) <= 1
    again, lines = merged(copy.deepcopy(made), NEW)
    assert (again, lines) == (made, [])
