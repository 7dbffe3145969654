"""The receipt: the same for the same answers, another for others."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest

from autograder.errors import SubmissionError
from autograder.selfcheck.receipt import lateness, receipt_of
from autograder.selfcheck.submitting import RECEIPTS, leave_receipt
from autograder.selfcheck.team import read_partners, write_partners

NOON = datetime.datetime(2026, 3, 1, 12, tzinfo=datetime.UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "hw1"
    home.mkdir()
    write(home, ["x = 1", "YOUR ANSWER HERE"])
    return home


def write(home: Path, answers: list[str], outputs: object = ()) -> None:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "metadata": {"nbgrader": {"grade_id": f"q{n}-answer", "solution": True}},
            "source": text,
            "outputs": outputs,
        }
        for n, text in enumerate(answers, 1)
    ]
    (home / "hw1.ipynb").write_text(json.dumps({"cells": cells}))


def test_it_tells_what_is_answered_and_what_is_not(folder: Path) -> None:
    """A stub counts as empty."""
    receipt = receipt_of(folder, NOON)
    assert (receipt.answered, receipt.empty) == (("q1",), ("q2",))
    text = "\n".join(receipt.lines(NOON - datetime.timedelta(hours=25)))
    assert "in time, left: 1 d 1 h 0 min (due 2026-03-01 12:00:00 UTC)" in text
    assert "partner   none" in text


def test_outputs_do_not_count(folder: Path) -> None:
    """Running the notebook changes nothing that is marked."""
    before = receipt_of(folder).digest
    write(folder, ["x = 1", "YOUR ANSWER HERE"], outputs=[{"text": "much"}])
    assert receipt_of(folder).digest == before


@pytest.mark.parametrize("change", ["answer", "partner", "file"])
def test_everything_that_is_marked_counts(folder: Path, change: str) -> None:
    """Answers, partners and files beside the notebook."""
    before = receipt_of(folder).digest
    if change == "answer":
        write(folder, ["x = 2", "YOUR ANSWER HERE"])
    elif change == "partner":
        write_partners(folder, ["grace"])
    else:
        (folder / "helper.py").write_text("y = 1")
    assert receipt_of(folder).digest != before


def test_what_platforms_put_there_does_not_count(folder: Path) -> None:
    """The receipt of a collected submission is the student's own."""
    before = receipt_of(folder).digest
    (folder / "timestamp.txt").write_text("2026-03-01 12:00:00 UTC")
    (folder / "submission_secret.txt").write_text("f00")
    assert leave_receipt(folder)[1].startswith(f"receipt {before[:16]}")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_q1.py").touch()
    (folder / ".ipynb_checkpoints").mkdir()
    (folder / ".ipynb_checkpoints" / "x.txt").touch()
    assert receipt_of(folder).digest == before


def test_what_cannot_have_a_receipt_is_told(tmp_path: Path) -> None:
    """The submission is in; only the receipt is missing."""
    assert leave_receipt(tmp_path)[0].startswith("no receipt: folder must hold one notebook")
    assert not (tmp_path / RECEIPTS).exists()


def test_lateness_in_words() -> None:
    """Late, in time, and unknown are told apart."""
    later = NOON + datetime.timedelta(days=2, minutes=3, seconds=20)
    assert lateness(later, NOON).startswith("late by 2 d 0 h 3 min")
    assert lateness(NOON, NOON).startswith("in time")
    assert lateness(NOON, None).startswith("unknown")


@pytest.mark.parametrize("notebooks", [(), ("a", "b")])
def test_one_notebook_is_needed(tmp_path: Path, notebooks: tuple[str, ...]) -> None:
    """No guess which of several is meant."""
    for name in notebooks:
        (tmp_path / f"{name}.ipynb").write_text("{}")
    with pytest.raises(SubmissionError, match="one notebook, got"):
        receipt_of(tmp_path)


class TestTeam:
    """The team file."""

    def test_partners_are_kept_and_taken_back(self, folder: Path) -> None:
        """Written, read, removed."""
        assert read_partners(folder) == []
        write_partners(folder, ["grace", "alan", "grace"])
        assert read_partners(folder) == ["grace", "alan"]
        write_partners(folder, [])
        assert read_partners(folder) == []
        assert not (folder / "team.json").exists()

    @pytest.mark.parametrize("name", ["", "../ada", "a b", "ada\n", "x" * 200, "<b>"])
    def test_a_partner_is_a_user_name(self, folder: Path, name: str) -> None:
        """Nothing that could be a path or markup."""
        with pytest.raises(SubmissionError, match="partner must be a user name"):
            write_partners(folder, [name])

    def test_too_many(self, folder: Path) -> None:
        """A team is small."""
        with pytest.raises(SubmissionError, match="at most 3, got 4"):
            write_partners(folder, ["a", "b", "c", "d"])

    @pytest.mark.parametrize(
        "text", ["", "[]", "{", '{"partners": "ada"}', '{"partners": [3]}', "x" * 20_000]
    )
    def test_a_broken_file_is_told(self, folder: Path, text: str) -> None:
        """It may come from anybody."""
        (folder / "team.json").write_text(text)
        with pytest.raises(SubmissionError):
            read_partners(folder)

    def test_a_link_is_not_followed(self, folder: Path) -> None:
        """A team file is a regular file."""
        (folder / "team.json").symlink_to(folder / "hw1.ipynb")
        with pytest.raises(SubmissionError, match="regular file"):
            read_partners(folder)
