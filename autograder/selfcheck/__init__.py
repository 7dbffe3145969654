"""What a student has at home: `check("q2")` in the notebook, and plain `pytest` in the folder."""

from autograder.selfcheck.checking import check, check_all

__all__ = ["check", "check_all"]
