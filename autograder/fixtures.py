"""Fixtures of homework tests, the same at home and in grading."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.cases import BENCH, CASE
from autograder.proxy import Student
from autograder.student import kit as _kit


@pytest.fixture
def student(request: pytest.FixtureRequest) -> Student:
    """The student's namespace."""
    return request.config.stash[BENCH].student(request.node.stash[CASE])


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """A random generator keyed by the test's id (and, in grading, by submitter and term)."""
    return np.random.default_rng(request.config.stash[BENCH].seed(request.node.stash[CASE]))


@pytest.fixture
def reference(request: pytest.FixtureRequest) -> Any:
    """The reference package, in grading only."""
    return request.config.stash[BENCH].reference()


@pytest.fixture
def kit() -> Any:
    """Factories for `student.make`."""
    return _kit
