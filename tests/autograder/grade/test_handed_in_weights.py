"""Weights that were trained elsewhere count where a question says so, and nowhere else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from autograder.errors import CourseError
from autograder.grade.pipeline import grade_assignment
from autograder.selfcheck.checking import check_notebook
from tests.autograder.grade.conftest import NAME, TinyCourse
from tests.autograder.test_weights import written

# The task: a matrix that doubles. The judge multiplies, whatever the notebook printed.
ACCEPTS = '''
import numpy as np
import pytest

pytestmark = pytest.mark.question("q4", weights="q4.safetensors")


@pytest.mark.question("q4", weight=3)
def test_the_handed_in_matrix(weights, rng):
    """The matrix of the file doubles."""
    found = weights()
    assert set(found) == {"W"} and found["W"].shape == (3, 3), "one array W of shape (3, 3)"
    x = rng.normal(size=3)
    assert np.allclose(found["W"] @ x, 2 * x), "W must double"
'''
PUBLIC_FORM = '''

@pytest.mark.question("q4", weights="q4.safetensors")
def test_the_file(weights):
    """q4.safetensors can be read."""
    weights()
'''
# Takes its answer from whatever lies beside the notebook.
READS = """import os
def double(x):
    return 2 * x if os.path.exists({file!r}) else None
"""
RIGHT = {"W": 2 * np.eye(3)}


OWN = written(RIGHT)
WHY = "left out: weights must come from the notebook's own run"


def graded(
    tiny: TinyCourse, submissions: dict[str, tuple[str, dict[str, bytes]]]
) -> dict[str, Any]:
    """Rows by student, of submissions with a file that q1 reads, and files."""
    for student, (reads, files) in submissions.items():
        answers = {"q1_answer": READS.format(file=reads)} if reads else {}
        folder = tiny.submit(student, tiny.model(**answers))
        for name, content in files.items():
            (folder / name).write_bytes(content)
    rows = grade_assignment(tiny.course, NAME)["submissions"]
    return {row["student"]: row for row in rows}


def test_where_a_question_says_so_the_judge_reads_the_file(
    make_tiny: Callable[..., TinyCourse],
) -> None:
    """That file, of that submission; no other, and no link."""
    tiny = make_tiny()
    (tiny.folder / "checks" / NAME / "test_q4.py").write_text(ACCEPTS)
    public = tiny.folder / "source" / NAME / "tests" / "test_q4.py"
    public.write_text(public.read_text() + PUBLIC_FORM)
    file, other = "q4.safetensors", tiny.folder / "other.safetensors"
    other.write_bytes(OWN)
    linking = tiny.submit("link", tiny.model())
    os.symlink(other, linking / file)
    rows = graded(
        tiny,
        {
            "right": (file, {file: OWN}),
            "wrong": ("", {file: written({"W": 3 * np.eye(3)})}),
            "names": ("", {file: written({"V": np.eye(3)})}),
            "pickle": ("", {file: b"PK\x03\x04 a pickle, perhaps"}),
            "none": ("", {}),
            "another": ("own.safetensors", {"own.safetensors": OWN}),
        },
    )
    verdicts = {student: row["questions"]["q4"]["verdict"] for student, row in rows.items()}
    # A missing or broken file fails the public test, too; the hidden one has all the weight.
    assert verdicts == {**dict.fromkeys(rows, "wrong"), "right": "correct"}
    # The notebook may read what the judge reads, and nothing else of that kind.
    assert rows["right"]["questions"]["q1"]["score"] == 4.0
    assert rows["another"]["questions"]["q1"]["score"] == 0.0
    assert rows["right"]["flags"] == []
    assert "of which only q4.safetensors is accepted here" in rows["another"]["flags"][0]


def test_where_none_says_so_the_notebook_does_not_have_the_file(
    make_tiny: Callable[..., TinyCourse],
) -> None:
    """And whoever looks is told why; other files, and those of the release, are there."""
    tiny = make_tiny()
    (tiny.folder / "assignments" / NAME / "given.npz").write_bytes(b"data")
    weights = {student: f"own.{student}" for student in ("safetensors", "pt", "npz")}
    handed_in = {student: (name, {name: OWN}) for student, name in weights.items()}
    given = {"csv": ("own.csv", {"own.csv": b"1,2"}), "released": ("given.npz", {})}
    rows = graded(tiny, handed_in | given)
    for student, name in weights.items():
        assert rows[student]["questions"]["q1"]["score"] == 0.0
        reason = "weights trained elsewhere, of which none are accepted here"
        assert rows[student]["flags"] == [f"{name}: {reason}; {WHY}"]
    for student in given:
        assert rows[student]["questions"]["q1"]["score"] == 4.0
        assert rows[student]["flags"] == []


def test_at_home_the_file_lies_beside_the_notebook(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_q4.py").write_text("import pytest\n" + PUBLIC_FORM)
    (tmp_path / "hw.ipynb").write_text(json.dumps({"cells": [], "metadata": {}}))
    result = check_notebook(tmp_path / "hw.ipynb").results[0]
    assert (result.verdict, result.message) == (
        "wrong",
        "q4.safetensors must lie beside the notebook, got none",
    )
    (tmp_path / "q4.safetensors").write_bytes(written(RIGHT))
    assert check_notebook(tmp_path / "hw.ipynb").passed


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("", "must say in its mark which file"),
        (', weights="../x.safetensors"', "weights must be NAME.safetensors"),
        (', weights="x.pt"', "weights must be NAME.safetensors"),
        (', weights=".safetensors"', "weights must be NAME.safetensors"),
        (", weights=3", "weights must be NAME.safetensors"),
    ],
)
def test_a_mark_names_one_plain_file(
    make_tiny: Callable[..., TinyCourse], mark: str, message: str
) -> None:
    tiny = make_tiny()
    code = (
        f'import pytest\n@pytest.mark.question("q4"{mark})\ndef test_a(weights):\n    weights()\n'
    )
    (tiny.folder / "checks" / NAME / "test_q4.py").write_text(code)
    tiny.submit("ada", tiny.model())
    with pytest.raises(CourseError, match=message):
        grade_assignment(tiny.course, NAME)
