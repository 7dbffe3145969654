"""Mutants of one answer cell: its model solution with one point changed."""

from __future__ import annotations

import ast
import difflib
import io
import tokenize
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from autograder.errors import CourseError, shown
from autograder.mutation.relevance import needed_lines
from autograder.scopes import imports

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


@dataclass(frozen=True)
class Mutant:
    """A changed answer cell.

    Attributes:
        part: grade_id of the marked cell that the answer belongs to.
        operator: what kind of change.
        was: the changed lines of the model solution, without their indentation.
        becomes: what they are changed to.
        at: which one, from 1, of the changes of this part that read the same.
        line: first changed line within the cell.
        text: the whole changed cell.
        diff: unified diff of the cell.
    """

    part: str
    operator: str
    was: str
    becomes: str
    at: int
    line: int
    text: str
    diff: str

    @property
    def question(self) -> str:
        return self.part.partition("-")[0]

    def plain(self) -> dict[str, Any]:
        return asdict(self)


def mutants_of(part: str, source: str, wanted: set[str]) -> tuple[list[Mutant], int]:
    """All single-point mutants of an answer cell, and how many points only display something.

    Args:
        part: grade_id of the marked cell.
        source: the cell with its model solution between nbgrader's markers.
        wanted: names that tests or later cells ask for; statements that they don't depend on
            (a plot, a print) can't be marked and are not changed.

    Raises:
        CourseError: the cell is not plain Python.
    """
    import libcst

    from autograder.mutation.points import points_of

    try:
        statements = ast.parse(source).body
        points = list(points_of(source, imported_names(statements)))
    except (SyntaxError, libcst.ParserSyntaxError) as error:
        raise CourseError(f"answer of {part} must be plain Python, got {shown(error)}") from None
    open_lines, needed = solution_lines(source), needed_lines(statements, wanted)
    mutants, seen, places = list[Mutant](), {source}, Counter[tuple[str, str]]()
    displays = 0
    for point in points:
        if not set(range(point.first, point.last + 1)) <= open_lines:
            continue
        text = point.text
        if text in seen or not _compiles(text):
            continue
        seen.add(text)
        was, becomes, line = changed_lines(source, text)
        places[was, becomes] += 1
        if point.first not in needed:
            displays += 1
            continue
        at, diff = places[was, becomes], unified_diff(f"{part}-answer", source, text)
        mutants.append(Mutant(part, point.operator, was, becomes, at, line, text, diff))
    return mutants, displays


def _compiles(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def solution_lines(source: str) -> set[int]:
    """Numbers of the lines between nbgrader's markers, from 1."""
    found, inside = set[int](), False
    for number, line in enumerate(source.splitlines(), 1):
        if line.strip() == BEGIN:
            inside = True
        elif line.strip() == END:
            inside = False
        elif inside:
            found.add(number)
    return found


def imported_names(statements: Iterable[ast.stmt]) -> frozenset[str]:
    """Names that stand for imported modules in a cell, and those that the course imports always."""
    found = {"np", "torch", "nn", "F", "plt"}
    for node in (n for statement in statements for n in ast.walk(statement)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {name for name, _ in imports(node)}
    return frozenset(found)


def changed_lines(before: str, after: str) -> tuple[str, str, int]:
    """Removed lines, added lines, and the first line's number; no indentation, no comments."""
    old, new = before.splitlines(), after.splitlines()
    blocks = [
        code
        for code in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if code[0] != "equal"
    ]
    removed = [line for _, i, j, _, _ in blocks for line in old[i:j]]
    added = [line for _, _, _, i, j in blocks for line in new[i:j]]
    if any("#" in line for line in removed + added):
        plain = without_comments(before), without_comments(after)
        removed = [line for _, i, j, _, _ in blocks for line in plain[0][i:j]]
        added = [line for _, _, _, i, j in blocks for line in plain[1][i:j]]
    removed, added = [line.strip() for line in removed], [line.strip() for line in added]
    return "\n".join(filter(None, removed)), "\n".join(filter(None, added)), blocks[0][1] + 1


def without_comments(text: str) -> list[str]:
    """The lines of a text, each up to its comment."""
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    return lines


def unified_diff(name: str, before: str, after: str) -> str:
    """A unified diff of a cell, with two lines of context."""
    old, new = before.splitlines(), after.splitlines()
    return "\n".join(difflib.unified_diff(old, new, name, f"{name} (mutant)", n=2, lineterm=""))
