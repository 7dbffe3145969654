"""A student's copy of the course follows the release and loses nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.errors import CourseError
from autograder.lab import CONFIG, copy_released, open_exchange


@pytest.fixture
def released(tmp_path: Path) -> Path:
    tests = tmp_path / "assignments" / "hw1" / "tests"
    tests.mkdir(parents=True)
    (tests.parent / "hw1.ipynb").write_text("notebook", "utf-8")
    (tests / "test_q1.py").write_text("tests", "utf-8")
    return tests.parent.parent


def test_the_first_copy_is_complete(released: Path, tmp_path: Path) -> None:
    """Notebooks come with their tests beside them."""
    lines = list(copy_released(released, tmp_path / "lab"))
    assert lines == ["copied  hw1/hw1.ipynb", "copied  hw1/tests/test_q1.py"]
    assert (tmp_path / "lab/hw1/tests/test_q1.py").read_text("utf-8") == "tests"


def test_an_edited_file_is_kept(released: Path, tmp_path: Path) -> None:
    """What a student has changed stays, now and after a correction; the rest follows it."""
    lab = tmp_path / "lab"
    list(copy_released(released, lab))
    (lab / "hw1/hw1.ipynb").write_text("my answer", "utf-8")
    (released / "hw1/hw1.ipynb").write_text("corrected", "utf-8")
    (released / "hw1/tests/test_q1.py").write_text("corrected", "utf-8")
    expected = ["kept    hw1/hw1.ipynb (yours)", "updated hw1/tests/test_q1.py"]
    assert list(copy_released(released, lab)) == expected
    assert list(copy_released(released, lab)) == expected[:1]
    assert (lab / "hw1/hw1.ipynb").read_text("utf-8") == "my answer"


def test_a_file_of_unknown_origin_is_kept(released: Path, tmp_path: Path) -> None:
    """Without a record of what was put there, a different file counts as the student's."""
    mine = tmp_path / "lab/hw1/hw1.ipynb"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine", "utf-8")
    assert list(copy_released(released, tmp_path / "lab"))[0] == "kept    hw1/hw1.ipynb (yours)"
    assert mine.read_text("utf-8") == "mine"


def test_the_copy_can_be_submitted(released: Path, tmp_path: Path) -> None:
    """To an exchange of its own, by nbgrader's command, with a receipt; opening again keeps it."""
    lab, notebook = tmp_path / "lab", {"cells": [{"cell_type": "code", "source": "1"}]}
    (released / "hw1/hw1.ipynb").write_text(json.dumps(notebook), "utf-8")
    list(copy_released(released, lab))
    open_exchange(released, lab, "tdl")
    environment = {**os.environ, "JUPYTER_CONFIG_PATH": str(lab / CONFIG)}
    command = [sys.executable, "-m", "nbgrader", "submit", "hw1"]
    subprocess.run(command, cwd=lab, env=environment, check=True, capture_output=True)
    assert "receipt " in (lab / "hw1/receipt.txt").read_text("utf-8")
    open_exchange(released, lab, "tdl")
    assert len(list((lab / CONFIG / "exchange/tdl/inbound").iterdir())) == 1


def test_nothing_released_is_said(tmp_path: Path) -> None:
    """An empty release is the author's to mend."""
    with pytest.raises(CourseError, match="released assignments must lie in"):
        list(copy_released(tmp_path, tmp_path / "lab"))
