"""Fixtures of homework tests, the same at home and in grading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.cases import BENCH, CASE
from autograder.errors import SubmissionError
from autograder.proxy import Student
from autograder.student import kit as _kit
from autograder.weights import read_weights


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


@pytest.fixture
def weights(request: pytest.FixtureRequest) -> Callable[[], dict[str, np.ndarray[Any, Any]]]:
    """Reads the file of the question's `weights=`; what is wrong with it fails the test."""

    def read() -> dict[str, np.ndarray[Any, Any]]:
        case = request.node.stash[CASE]
        try:
            return read_weights(request.config.stash[BENCH].handed_in(case))
        except SubmissionError as error:
            raise AssertionError(str(error)) from None

    return read
