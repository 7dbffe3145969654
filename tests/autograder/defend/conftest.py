"""The tiny course of the grading tests."""

from tests.autograder.grade.conftest import _paths, make_tiny

__all__ = ["_paths", "make_tiny"]
