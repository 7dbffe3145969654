"""Hidden tests of q0: what is true of the way a homework travels."""

from pathlib import PurePosixPath

import pytest

pytestmark = pytest.mark.question("q0")


def entry(student, key):
    walk = student.value("walk")
    assert isinstance(walk, dict), "walk must be a dictionary"
    return walk.get(key)


@pytest.mark.question("q0", weight=2, hint="The five steps are numbered in the statement.")
def test_order(student):
    """The steps are fetch, check, restart, validate, submit."""
    order = entry(student, "order")
    assert isinstance(order, list | tuple), "order must be a list"
    assert list(order) == ["fetch", "check", "restart", "validate", "submit"]


@pytest.mark.question("q0", weight=1, hint="Step 1 names the file; its name must stay as it is.")
def test_graded_file(student):
    """The notebook hw0.ipynb is graded."""
    name = entry(student, "graded_file")
    assert isinstance(name, str), "graded_file must be a string"
    assert PurePosixPath(name).name == "hw0.ipynb"


@pytest.mark.question("q0", weight=1, hint="Step 5 says which submission is collected.")
def test_counts(student):
    """The last submission counts."""
    answer = entry(student, "counts")
    assert isinstance(answer, str) and answer == "last"


@pytest.mark.question("q0", weight=1, hint="Grading runs hidden tests besides the public ones.")
def test_green_is_full(student):
    """A green check is no promise of full marks."""
    assert entry(student, "green_is_full") is False


@pytest.mark.question("q0", weight=1, hint="Your work is found by the names it was released with.")
def test_may_rename(student):
    """The notebook keeps its name."""
    assert entry(student, "may_rename") is False


@pytest.mark.question("q0", weight=1, hint="Grading starts from an empty kernel: see step 3.")
def test_deleted_cell(student):
    """What a deleted cell defined does not exist in grading."""
    answer = entry(student, "deleted_cell")
    assert isinstance(answer, str) and answer == "NameError"
