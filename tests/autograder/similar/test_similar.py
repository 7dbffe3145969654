"""Likeness of programs: what a copy can't hide, what everybody was given, what is no evidence."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from autograder.cli import app
from autograder.similar.answers import MODEL
from autograder.similar.fingerprints import GRAM, WINDOW, fingerprints, tokens
from autograder.similar.page import NOTICE
from autograder.similar.pairs import similar_pairs

PERCEPTRON = '''
def perceptron(X, y, epochs):
    """Train until no mistakes."""
    w = np.zeros(X.shape[1])
    mistakes = 0
    for _ in range(epochs):
        wrong = 0
        for x, label in zip(X, y):
            if label * (w @ x) <= 0:
                w += label * x
                wrong += 1
        mistakes += wrong
        if wrong == 0:
            break
    return w, mistakes
'''
RENAMED = """
def perceptron(data, targets, rounds):
    # my own work
    weight = np.zeros(data.shape[1])
    total = 0
    for k in range(rounds):
        count = 0
        for point, sign in zip(data, targets):
            if sign * (weight @ point) <= 0: weight += sign * point; count += 1
        total += count
        if count == 0: break
    return weight, total
"""
OTHER = """
def perceptron(X, y, epochs):
    w = np.zeros(X.shape[1])
    history = []
    while len(history) < epochs:
        margins = y * (X @ w)
        bad = np.flatnonzero(margins <= 0)
        history.append(len(bad))
        if not len(bad):
            return w, sum(history)
        w = w + y[bad[0]] * X[bad[0]]
    return w, sum(history)
"""


def share(a: str, b: str, released: tuple[str, ...] = ()) -> float:
    found = similar_pairs("q1", {"a": a, "b": b}, released, least=0.0)
    return found[0].share if found else 0.0


def test_renaming_and_layout_hide_nothing() -> None:
    """A copy with other names, comments and lines shares everything; another way does not."""
    assert share(PERCEPTRON, RENAMED) == 1.0
    assert share(PERCEPTRON, OTHER) < 0.3


def test_a_part_moved_elsewhere_is_found() -> None:
    """A copied function behind other code is all of the smaller answer, but its seams."""
    assert share("import os\ndef other(x):\n    return [x, x + 1]\n" + RENAMED, PERCEPTRON) > 0.8


def test_released_code_is_ignored() -> None:
    """Who hands in the stub with a line of their own shares nothing."""
    assert share(PERCEPTRON, RENAMED, (PERCEPTRON,)) == 0.0


def test_what_the_class_has_in_common_is_no_evidence() -> None:
    """The usual way to write it is shared by many; two who share more stay."""
    usual = {f"s{i}": PERCEPTRON for i in range(8)}
    answers = {**usual, "x": OTHER, "y": OTHER.replace("history", "log")}
    found = similar_pairs("q1", answers, ())
    assert [(pair.left, pair.right) for pair in found] == [("x", "y")]


def test_answers_are_compared_with_the_model_solution() -> None:
    """Also if only one student has it."""
    found = similar_pairs("q1", {"a": RENAMED, "b": OTHER}, (), {MODEL: PERCEPTRON})
    assert [(pair.left, pair.right, pair.share) for pair in found] == [("a", MODEL, 1.0)]


def test_a_leaked_solution_is_found_however_many_have_it() -> None:
    """What most of the class has is common, but not if it is the model solution."""
    answers = {f"s{i}": (RENAMED, PERCEPTRON)[i % 2] for i in range(8)} | {"x": OTHER}
    found = similar_pairs("q1", answers, (), {MODEL: PERCEPTRON})
    assert [(pair.left, pair.right) for pair in found] == [(f"s{i}", MODEL) for i in range(8)]


def test_shared_lines_are_marked() -> None:
    """Lines of the copied body, on both sides."""
    (pair,) = similar_pairs("q1", {"a": PERCEPTRON, "b": "x = 1\n" + RENAMED}, ())
    assert 9 in pair.left_lines and 1 not in pair.right_lines


@pytest.mark.parametrize("program", ["", "def f(:", "\x00", "x = 1", "(" * 5000])
def test_what_is_short_or_no_program_has_no_fingerprints(program: str) -> None:
    """Nothing to compare, nothing raised."""
    assert fingerprints(program) == ()


@given(st.integers(0, 10**6))
def test_a_long_shared_part_is_always_found(seed: int) -> None:
    """GRAM + WINDOW - 1 tokens in a row in common: at least one fingerprint in common."""
    rng = random.Random(seed)
    statements = [f"v{i} = {rng.choice('abc')} {rng.choice('+-*')} {i}" for i in range(20)]
    shared = "\n".join(rng.sample(statements, 8))
    assert len(list(tokens(shared))) >= GRAM + WINDOW - 1
    before, after = ("\n".join(rng.sample(statements, 3)) for _ in range(2))
    one = {p.hash for p in fingerprints(f"{before}\n{shared}")}
    assert one & {p.hash for p in fingerprints(f"{shared}\n{after}")}


def notebook(answer: str) -> str:
    def cell(id: str, text: str, solution: bool) -> dict[str, Any]:
        marks = {"grade_id": id, "solution": solution, "grade": False, "locked": not solution}
        return {"cell_type": "code", "metadata": {"nbgrader": marks}, "source": text}

    cells = [cell("setup", "import numpy as np", False), cell("q1-answer", answer, True)]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    stub = "def perceptron(X, y, epochs):\n    raise NotImplementedError()"
    texts = {
        "release/hw1": stub,
        "source/hw1": OTHER,
        "submitted/ada/hw1": PERCEPTRON,
        "submitted/<script>/hw1": RENAMED,
        "submitted/cem/hw1": stub,
    }
    for folder, answer in texts.items():
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "hw1.ipynb").write_text(notebook(answer))
    (tmp_path / "submitted/broken/hw1").mkdir(parents=True)
    (tmp_path / "submitted/broken/hw1/hw1.ipynb").write_text("{")
    yield tmp_path


def test_the_page_shows_both_sides_and_is_no_verdict(course: Path) -> None:
    """Names are text, the notice is there, nothing is loaded from elsewhere."""
    page = course / "similar.html"
    done = CliRunner().invoke(app, ["similar", "hw1", "-o", str(page), "-C", str(course)])
    assert done.exit_code == 0, done.output
    assert "100% q1-answer: <script>, ada" in done.output
    text = page.read_text("utf-8")
    assert NOTICE in text and "not a verdict" in NOTICE
    assert "&lt;script&gt;" in text and "<script" not in text
    assert "default-src &#x27;none&#x27;" in text or "default-src 'none'" in text
    assert text.count("<pre>") == 2 and "<mark>" in text
    assert "http" not in text.replace("http-equiv", "")
