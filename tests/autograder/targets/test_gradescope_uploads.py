"""What is found in an upload, and what is refused."""

from __future__ import annotations

import json
import os
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import SubmissionError
from autograder.grade.release import ReleasedCell, ReleasedNotebook
from autograder.targets.gradescope.uploads import extract, modules_wanted, receive


def cell(id: str, kind: str = "code", text: str = "", **flags: Any) -> dict[str, Any]:
    marks = {"grade_id": id, **flags}
    return {"cell_type": kind, "source": text, "metadata": {"nbgrader": marks}, "id": id}


RELEASE = ReleasedNotebook(
    "hw1",
    (
        ReleasedCell("setup", "setup", "code", "import math", locked=True, released="import math"),
        ReleasedCell("q1-answer", "q1-answer", "code", "", solution=True, released="# YOUR CODE"),
        ReleasedCell("q1", "q1", "code", "check()", grade=True, points=4.0, released="check()"),
        ReleasedCell("q2-answer", "q2-answer", "code", "", solution=True, released="# YOUR CODE"),
    ),
    {},
)
ANSWERED = json.dumps({"cells": [cell("q1-answer", text="x = 1"), cell("q1")], "nbformat": 4})
OTHER = json.dumps({"cells": [cell("elsewhere")], "nbformat": 4})


def received(upload: Path, flags: list[str] | None = None) -> Path:
    work = upload.parent / "work"
    work.mkdir()
    return receive(upload, work, [RELEASE], [] if flags is None else flags)


@pytest.fixture
def upload(tmp_path: Path) -> Path:
    folder = tmp_path / "submission"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", ["hw1.ipynb", "HW one (2).ipynb", "hw1/deep/hw1.ipynb"])
def test_a_notebook_is_found_whatever_its_name_and_folder(upload: Path, name: str) -> None:
    (upload / name).parent.mkdir(parents=True, exist_ok=True)
    (upload / name).write_text(ANSWERED)
    (upload / name).with_name("helper.py").write_text("y = 2")
    folder = received(upload)
    assert (folder / "hw1.ipynb").read_text() == ANSWERED
    assert (folder / "helper.py").is_file()


def test_of_several_notebooks_the_one_with_the_released_cells_counts(upload: Path) -> None:
    (upload / "a.ipynb").write_text(OTHER)
    (upload / "b.ipynb").write_text(ANSWERED)
    flags: list[str] = []
    assert (received(upload, flags) / "hw1.ipynb").read_text() == ANSWERED
    assert flags == ["hw1.ipynb: submitted as b.ipynb"]


def test_two_that_could_be_it_are_refused_with_their_names(upload: Path) -> None:
    (upload / "a.ipynb").write_text(ANSWERED)
    (upload / "b.ipynb").write_text(ANSWERED)
    with pytest.raises(SubmissionError, match=r"must be one notebook, got .*b.ipynb.*a.ipynb"):
        received(upload)


def test_a_zip_is_unpacked_and_its_rubbish_left_out(upload: Path) -> None:
    with zipfile.ZipFile(upload / "work.zip", "w") as file:
        file.writestr("mine/answer.ipynb", ANSWERED)
        file.writestr("__MACOSX/mine/._answer.ipynb", "rubbish")
    assert (received(upload) / "hw1.ipynb").read_text() == ANSWERED


def test_modules_become_the_first_answer_and_leave_no_stub(upload: Path) -> None:
    (upload / "answers.py").write_text("def f():\n    return 1")
    cells = json.loads((received(upload) / "hw1.ipynb").read_text())["cells"]
    texts = {c["metadata"].get("nbgrader", {}).get("grade_id", c["id"]): c["source"] for c in cells}
    assert texts["q1-answer"] == "def f():\n    return 1"
    assert texts["q2-answer"] == ""


@pytest.mark.parametrize("names", [[], ["proof.pdf"]])
def test_nothing_to_grade_is_said_with_what_was_found(upload: Path, names: list[str]) -> None:
    for name in names:
        (upload / name).write_text("")
    with pytest.raises(SubmissionError, match=r"must hold hw1.ipynb, a zip of it, or .py modules"):
        received(upload)


def test_a_link_is_not_followed(upload: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.ipynb").write_text(ANSWERED)
    (upload / "hw1.ipynb").symlink_to(tmp_path / "secret.ipynb")
    with pytest.raises(SubmissionError, match="must be a regular file"):
        received(upload)


@pytest.mark.parametrize(
    "name", ["../out.py", "/tmp/out.py", "a/../../out.py", "..\\out.py", "C:\\out.py"]
)
def test_a_zip_that_climbs_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(name, "x")
    with pytest.raises(SubmissionError, match="below its folder"):
        extract(tmp_path / "a.zip", tmp_path / "in")
    assert not (tmp_path / "out.py").exists()


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("hw1.ipynb")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(entry, "/etc/passwd")
    with pytest.raises(SubmissionError, match="regular files only"):
        extract(tmp_path / "a.zip", tmp_path / "in")


def test_a_zip_bomb_is_stopped_while_it_unpacks(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        with file.open("bomb", "w") as entry:
            for _ in range(80):
                entry.write(bytes(2**20))
    with pytest.raises(SubmissionError, match="at most 64 MiB"):
        extract(tmp_path / "a.zip", tmp_path / "in")
    written = sum(p.stat().st_size for p in (tmp_path / "in").rglob("*"))
    assert written <= 64 * 2**20


def test_a_zip_with_too_many_files_is_refused_before_one_is_written(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        for number in range(501):
            file.writestr(f"{number}.txt", "")
    with pytest.raises(SubmissionError, match="at most 500 files, got 501"):
        extract(tmp_path / "a.zip", tmp_path / "in")
    assert not (tmp_path / "in").exists()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 nothing more", b"PK\x05\x06" + bytes(18)])
def test_a_broken_zip_is_the_submitters_to_mend(upload: Path, content: bytes) -> None:
    (upload / "a.zip").write_bytes(content)
    with pytest.raises(SubmissionError):
        received(upload)


def test_only_what_the_code_mentions_is_imported_beforehand(upload: Path) -> None:
    text = "import numpy as np\nfrom scipy.optimize import linprog"
    notebook = {"cells": [cell("q1-answer", text=text), cell("x", "markdown", "torch is fine")]}
    (upload / "hw1.ipynb").write_text(json.dumps(notebook))
    known = ["numpy", "torch", "scipy.linalg", "matplotlib.pyplot"]
    assert modules_wanted(known, upload) == ["numpy", "scipy.linalg"]
    (upload / "net.py").write_text("import torch")
    assert modules_wanted(known, upload) == ["numpy", "torch.nn", "scipy.linalg"]
    (upload / "net.py").write_text("from torch import optim")
    assert modules_wanted(known, upload) == ["numpy", "torch", "scipy.linalg"]


def test_a_file_that_is_no_file_is_left_out(upload: Path) -> None:
    (upload / "hw1.ipynb").write_text(ANSWERED)
    os.mkfifo(upload / "pipe.py")
    flags: list[str] = []
    assert sorted(p.name for p in received(upload, flags).iterdir()) == ["hw1.ipynb"]
    assert flags == ["pipe.py: not a regular file, left out"]
