"""Every kind of change makes what it says, and only where an answer is changed."""

from __future__ import annotations

import pytest

from autograder.errors import CourseError
from autograder.mutation.mutants import Mutant, mutants_of


def mutants(text: str, wanted: str = "x") -> list[Mutant]:
    """The mutants of an answer with this text, of which tests ask for one name."""
    source = f"### BEGIN SOLUTION\n{text}\n### END SOLUTION"
    return mutants_of("q1", source, {wanted})[0]


def becomes(text: str, operator: str) -> list[str]:
    """What one kind of change makes of a line."""
    return [m.becomes for m in mutants(text) if m.operator == operator]


@pytest.mark.parametrize(
    ("text", "operator", "expected"),
    [
        ("x = a + b", "operator", ["x = a - b"]),
        ("x = a * b", "operator", ["x = a / b"]),
        ("x = a // b", "operator", ["x = a / b"]),
        ("x = a @ b", "operator", ["x = a * b"]),
        ("x = c / a**b", "operator", ["x = c * a**b", "x = c / (a*b)"]),
        ("x = -a", "operator", ["x = a"]),
        ("x = not a", "operator", ["x = a"]),
        ("x += a", "operator", ["x -= a", "x = a"]),
        ("x = a + b", "dropped term", ["x = a", "x = b"]),
        ("x = a - b", "dropped term", ["x = a", "x = b", "x = (-b)"]),
        ("x = c * (a + b)", "dropped term", ["x = c", "x = (a + b)", "x = c * (a)", "x = c * (b)"]),
        ("x = a / b", "dropped term", ["x = a"]),
        ("x = a and b", "dropped term", ["x = a", "x = b"]),
        ("x = a and b", "boolean operator", ["x = (a or b)"]),
        ("x = a @ b", "swapped operands", ["x = b @ a"]),
        ("x = a - b", "swapped operands", ["x = b - a"]),
        ("x = f(a, b)", "swapped arguments", ["x = f(b, a)"]),
        ("x = a[i, j]", "swapped arguments", ["x = a[j, i]"]),
        ("x = a < b", "comparison", ["x = a <= b", "x = a > b"]),
        ("x = a == b", "comparison", ["x = a != b"]),
        ("x = a in b", "comparison", ["x = a not in b"]),
        ("x = 3", "constant", ["x = 4", "x = 2"]),
        ("x = 0", "constant", ["x = 1", "x = (-1)"]),
        ("x = 2**0", "constant", ["x = 3**0", "x = 1**0", "x = 2**1", "x = 2**(-1)"]),
        ("x = 5_000", "constant", ["x = 5001", "x = 2500"]),
        ("x = 0.5", "constant", ["x = 1.0", "x = 0.25"]),
        ("x = 0.0", "constant", ["x = 1.0"]),
        ("x = True", "constant", ["x = False"]),
        ('x = "relu"', "constant", ["x = 'relux'"]),
        ('x = "ABC"', "constant", ["x = 'ABD'"]),
        ("x = a.sum(axis=0)", "constant", ["x = a.sum(axis=1)", "x = a.sum(axis=(-1))"]),
        ("x = a.sum(axis=0)", "keyword", ["x = a.sum()"]),
        ("x = a.sum(axis=0)", "function", ["x = a.mean(axis=0)"]),
        ("x = np.max(a)", "function", ["x = np.min(a)"]),
        ("x = a.copy()", "dropped call", ["x = a"]),
        ("x = 2 * np.sqrt(a + b)", "dropped call", ["x = 2 * (a + b)"]),
        ("x = a.T", "dropped call", ["x = a"]),
        ("x = a[1:]", "index", ["x = a[:]"]),
        ("x = a[::-1]", "index", ["x = a[:]"]),
        ("x = a if c else b", "condition", ["x = a", "x = b"]),
        ("x = [i for i in a if c]", "condition", ["x = [i for i in a]"]),
    ],
)
def test_a_change_of_one_kind(text: str, operator: str, expected: list[str]) -> None:
    """A line has exactly these changes of that kind."""
    assert sorted(becomes(text, operator)) == sorted(expected)


FUNCTION = '''def x(a: int = 3) -> "text":
    """A docstring with 7 words."""
    if a < 0:
        raise ValueError("a must be 5 or more")
    total = 0
    for i, j in zip(a, a, strict=True):
        total += i
    return total, a
'''


def test_statements_are_removed() -> None:
    """A statement, a raise and a loop give way to `pass`."""
    removed = {m.was.splitlines()[0] for m in mutants(FUNCTION) if m.operator.startswith("removed")}
    assert removed == {
        'raise ValueError("a must be 5 or more")',
        "total = 0",
        "for i, j in zip(a, a, strict=True):",
        "total += i",
    }


def test_returned_values_are_dropped_and_swapped() -> None:
    """A return loses its value, and the values of a returned tuple change places."""
    returns = {m.becomes for m in mutants(FUNCTION) if m.was.startswith("return")}
    assert returns == {"return", "return a, total"}


def test_conditions_are_fixed() -> None:
    """An if is taken always, and never."""
    branches = {m.becomes for m in mutants(FUNCTION) if m.operator == "condition"}
    assert branches == {"if True:", "if False:"}


def test_wording_and_annotations_stay() -> None:
    """Docstrings, error messages, annotations and zip's strict are left alone."""
    for mutant in mutants(FUNCTION):
        for kept in ("7 words.", "5 or more", '"text"', "strict=True", "a: int"):
            assert kept in mutant.text or mutant.operator == "removed statement"


def test_only_the_solution_is_changed() -> None:
    """What stands outside nbgrader's markers is the release's and stays."""
    source = "x = 1 + a\n### BEGIN SOLUTION\nx = 2\n### END SOLUTION"
    found, _ = mutants_of("q1", source, {"x"})
    assert [m.becomes for m in found] == ["pass", "x = 3", "x = 1"]


def test_what_is_only_displayed_is_left_out_and_counted() -> None:
    """A plot or print that no wanted name depends on has no mutants."""
    source = "### BEGIN SOLUTION\nb = 1\nx = b\ny = 2\nprint(y, 3)\n### END SOLUTION"
    found, displays = mutants_of("q1", source, {"x"})
    assert {m.was for m in found} == {"b = 1", "x = b"}
    assert displays > 0


def test_equal_changes_are_numbered() -> None:
    """Two changes that read the same are told apart by their order."""
    found = [m for m in mutants("x = [a]\nx = [a]\nx = 1\nx = 1") if m.becomes == "x = 2"]
    assert [m.at for m in found] == [1, 2]


def test_magic_commands_are_refused() -> None:
    """A cell that is not plain Python is told to the author."""
    with pytest.raises(CourseError, match="plain Python"):
        mutants("%matplotlib inline")
