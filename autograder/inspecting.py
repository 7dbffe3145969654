"""Finds what is inconsistent in a course before it goes out: file, cell, and how to mend it.

Sources are read, not run; `run=True` also generates the trees and grades the model solution.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from autograder.corpus import read_corpus
from autograder.definitions import parse_cell
from autograder.errors import TdlError, shown
from autograder.grade.course import CourseFolder
from autograder.grade.release import cell_text
from autograder.judge.spawning import KIT_MODULES, PACKAGE
from autograder.kits import DISTRIBUTIONS

INSTALLED = ("numpy", "pytest", "IPython", "tdlcourse")  # what every kit brings
_SCHEME = re.compile(r"BEGIN MARK SCHEME[^\n]*\n(.*?)[^\n]*END MARK SCHEME", re.DOTALL)
_ROW = re.compile(r"^\|[^|\n]*\|\s*(\d+(?:\.\d+)?)\s*\|", re.MULTILINE)
_ITEM = re.compile(r"(?:^\s*|[.;] )[-*] (\d+(?:\.\d+)?):", re.MULTILINE)
_CHECK = re.compile(r"""check\(["']([^"']+)["']\)""")
_HEADING = re.compile(r"^#+ (q\d[\w-]*)\.[^\n]*\((\d+(?:\.\d+)?) points?\b", re.MULTILINE)
_MENTION = re.compile(r"`([A-Za-z_][A-Za-z0-9_]*)\(")


@dataclass(frozen=True)
class Finding:
    """Something to mend."""

    file: str
    cell: str
    problem: str
    mend: str

    def __str__(self) -> str:
        where = f"{self.file} [{self.cell}]" if self.cell else self.file
        return f"{where}: {self.problem}; {self.mend}"


class Test(NamedTuple):
    """A test function, its file, and the marks that the file gives to all of its tests."""

    file: str
    node: ast.FunctionDef
    marks: tuple[ast.Call, ...]


@dataclass(frozen=True)
class Source:
    """An assignment's source notebook and tests.

    Attributes:
        cells: (grade id, nbgrader's metadata, cell type, text).
        public, hidden: grade id -> test functions.
    """

    course: CourseFolder
    name: str
    file: str
    cells: list[tuple[str, dict[str, Any], str, str]]
    public: dict[str, list[Test]]
    hidden: dict[str, list[Test]]

    def finding(self, cell: str, problem: str, mend: str) -> Finding:
        return Finding(self.file, cell, problem, mend)

    @property
    def judged(self) -> dict[str, float]:
        """Check cells -> points."""
        return {
            id: float(marks.get("points") or 0)
            for id, marks, kind, text in self.cells
            if kind == "code" and marks.get("grade") and not marks.get("solution")
            if text.lstrip().startswith("check(")
        }


def inspect_assignment(course: CourseFolder, name: str) -> list[Finding]:
    """What is inconsistent in an assignment's source, tests and corpus."""
    try:
        source = read_source(course, name)
    except (OSError, ValueError, KeyError, SyntaxError) as error:
        where = getattr(error, "filename", None) or str(Path("source", name))
        where = where.removeprefix(f"{course.root}/")
        return [Finding(where, "", f"can't be read: {shown(str(error))}", "mend or remove it")]
    checks = (
        _ids, _checks_and_tests, _weights, _public_tests, _schemes, _headings, _kit, _code,
        _mentions, _corpus, _points,
    )  # fmt: skip
    return [finding for check in checks for finding in check(source)]


def read_source(course: CourseFolder, name: str) -> Source:
    """An assignment's notebook and tests."""
    folder = course.folder("source", ".", name)
    path = folder / f"{name}.ipynb"
    cells = []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        marks = cell["metadata"].get("nbgrader", {})
        cells.append((str(marks.get("grade_id", "")), marks, cell["cell_type"], cell_text(cell)))
    public, hidden = course.test_roots(name)
    file = str(path.relative_to(course.root)) if path.is_relative_to(course.root) else str(path)
    return Source(course, name, file, cells, _tests(course, public), _tests(course, hidden))


def _tests(course: CourseFolder, folders: list[Path]) -> dict[str, list[Test]]:
    found: dict[str, list[Test]] = {}
    for folder in folders:
        for path in sorted(folder.rglob("test_*.py")):
            tree = ast.parse(path.read_text("utf-8"), filename=str(path))
            name = str(path.relative_to(course.root) if path.is_relative_to(course.root) else path)
            marks = tuple(
                mark
                for node in tree.body
                if isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node.targets[0])
                for mark in _question_marks(node.value)
            )
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                    own = [mark for each in node.decorator_list for mark in _question_marks(each)]
                    ids = [str(mark.args[0].value) for mark in (*own, *marks)]  # type: ignore[attr-defined]
                    test = Test(name, node, (*own, *marks))
                    found.setdefault(ids[0] if ids else "", []).append(test)
    return found


def _question_marks(node: ast.AST) -> list[ast.Call]:
    """The calls `pytest.mark.question("q1", ...)` in a decorator, or in a file's pytestmark."""
    return [
        call
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("mark.question")
        if call.args and isinstance(call.args[0], ast.Constant)
    ]


def _ids(source: Source) -> Iterator[Finding]:
    ids = [id for id, *_ in source.cells if id]
    for id in sorted({id for id in ids if ids.count(id) > 1}):
        yield source.finding(id, "this id is used twice", "give each cell an id of its own")


def _checks_and_tests(source: Source) -> Iterator[Finding]:
    judged = source.judged
    for id, marks, _, text in source.cells:
        if id in judged:
            named = _CHECK.match(text.strip())
            if named is None or named[1] != id or named[0] != text.strip():
                yield source.finding(id, f"holds {shown(text)}", f'write exactly check("{id}")')
            if judged[id] and id not in source.hidden:
                mend = f"write {source.course.course.checks}/{source.name}/test_{id}.py"
                yield source.finding(id, "has points and no hidden test", mend)
        elif marks.get("grade") and not marks.get("solution") and _CHECK.match(text.strip()):
            yield source.finding(id, "is a check cell of another kind", "make it a code cell")
    for tests in (source.public, source.hidden):
        for id, functions in tests.items():
            if id not in judged:
                file, function, _ = functions[0]
                problem = f"{function.name} is of {id or 'no question'}, which has no check cell"
                yield Finding(
                    file, "", problem, f"add a check cell to {source.file} or mend the mark"
                )


def _weights(source: Source) -> Iterator[Finding]:
    """Points that no test gives."""
    for id, points in source.judged.items():
        hidden = [_weight(test, 1.0) for test in source.hidden.get(id, [])]
        public = [_weight(test, 0.0) for test in source.public.get(id, [])]
        if points and hidden and not any([*hidden, *public]):
            problem = f"has {points:g} points, and all of its tests weigh nothing"
            yield source.finding(id, problem, "give a hidden test a weight")


def _weight(test: Test, default: float) -> float:
    """The weight that the nearest mark states; more than nothing where it can't be read."""
    for mark in test.marks:
        for keyword in mark.keywords:
            if keyword.arg == "weight":
                stated = getattr(keyword.value, "value", None)
                return float(stated) if isinstance(stated, int | float) else 1.0
    return default


def _public_tests(source: Source) -> Iterator[Finding]:
    for functions in source.public.values():
        for file, function, _ in functions:
            if any(argument.arg == "reference" for argument in function.args.args):
                problem = f"public test {function.name} needs the reference"
                yield Finding(file, "", problem, "compute what is expected in the test, or hide it")
            if not ast.get_docstring(function):
                problem = f"public test {function.name} has no docstring"
                yield Finding(file, "", problem, "say in a sentence what it claims")


def _schemes(source: Source) -> Iterator[Finding]:
    for id, marks, _, text in source.cells:
        scheme = _SCHEME.search(text)
        if scheme is None:
            if marks.get("task") and marks.get("points"):
                yield source.finding(id, "has points and no mark scheme", "add one, step by step")
            continue
        steps = [float(points) for points in (*_ROW.findall(scheme[1]), *_ITEM.findall(scheme[1]))]
        points = float(marks.get("points") or 0)
        if steps and abs(sum(steps) - points) > 1e-9:
            problem = f"mark scheme adds up to {sum(steps):g} of {points:g} points"
            yield source.finding(id, problem, "mend the steps or the points")


def _points(source: Source) -> Iterator[Finding]:
    for id, marks, _, _ in source.cells:
        graded = marks.get("grade") or marks.get("task")
        if graded and not isinstance(marks.get("points"), int | float):
            yield source.finding(id, "is graded and has no points", "set its points, 0 if none")


def _headings(source: Source) -> Iterator[Finding]:
    """A heading "q2. Title (6 points, ...)" that says other points than the cell q2 has."""
    points = {id: m.get("points") for id, m, *_ in source.cells if m.get("grade") or m.get("task")}
    for id, _, kind, text in source.cells:
        for name, said in _HEADING.findall(text) if kind == "markdown" else ():
            worth = points.get(name)
            if isinstance(worth, int | float) and abs(float(said) - worth) > 1e-9:
                problem = f"its heading says {said} points, {name} has {worth:g}"
                yield source.finding(id, problem, "mend the heading or the points")


def _code(source: Source) -> Iterator[Finding]:
    """Cells that are no Python."""
    for id, _, kind, text in source.cells:
        if kind == "code" and parse_cell(text) is None:
            yield source.finding(id, "is not Python", "mend its syntax")


def _kit(source: Source) -> Iterator[Finding]:
    """Modules that the notebook or its public tests import and students don't have."""
    for id, _, kind, text in source.cells:
        for name in _imported(_tree(text)) if kind == "code" else ():
            for problem, mend in _not_in_kit(source, name):
                yield source.finding(id, f"imports {name}, which {problem}", mend)
    for path, tree in _public_files(source):
        for name in _imported(tree):
            for problem, mend in _not_in_kit(source, name):
                file = f"source/{source.name}/tests/{path.name}"
                yield Finding(file, "", f"public tests import {name}, which {problem}", mend)


def _public_files(source: Source) -> list[tuple[Path, ast.Module]]:
    folders, _ = source.course.test_roots(source.name)
    paths = sorted(path for folder in folders for path in folder.rglob("*.py"))
    return [(path, ast.parse(path.read_text("utf-8"))) for path in paths]


def _not_in_kit(source: Source, name: str) -> Iterator[tuple[str, str]]:
    """(problem, mend) if the student kit does not bring a module."""
    course, parts = source.course, name.split(".")
    folder = course.folder("source", ".", source.name)
    beside = [folder / parts[0], folder / "tests" / parts[0]]
    hidden = course.course.embargo.get(source.name, [])
    if any(name == module or name.startswith(f"{module}.") for module in hidden):
        mend = "import it in hidden tests only, or take it from c.Course.embargo"
        yield "is not in the kit", mend
    elif parts[0] == "autograder":
        known = {module.partition(".")[0] for module in KIT_MODULES}
        if len(parts) > 1 and parts[1] not in known and (PACKAGE / f"{parts[1]}.py").is_file():
            yield "is not in the kit", "import it in hidden tests only"
    elif not any(path.with_suffix(".py").is_file() or path.is_dir() for path in beside):
        preloaded = {module.partition(".")[0] for module in course.sandbox.preload}
        given = {*DISTRIBUTIONS, *preloaded, *sys.stdlib_module_names, *INSTALLED}
        if parts[0] not in given:
            mend = "do without, or name it in DISTRIBUTIONS of autograder/kits.py"
            yield "the kit does not install", mend


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _tree(text: str) -> ast.Module:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        return ast.parse("\n".join(lines))
    except SyntaxError:
        return ast.parse("")


def _mentions(source: Source) -> Iterator[Finding]:
    """Functions that a statement speaks of and nobody defines."""
    known = set(dir(__builtins__) if not isinstance(__builtins__, dict) else __builtins__)
    trees = [_tree(text) for _, _, kind, text in source.cells if kind == "code"]
    trees += [tree for _, tree in _public_files(source)]
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                known.add(node.name)
            elif isinstance(node, ast.Attribute):
                known.add(node.attr)  # a method of something
            elif isinstance(node, ast.Name | ast.arg):
                known.add(node.id if isinstance(node, ast.Name) else node.arg)
            elif isinstance(node, ast.alias):
                known.add((node.asname or node.name).partition(".")[0])
    for id, _, kind, text in source.cells:
        if kind == "markdown" and re.match(r"q\d", id) and not id.endswith("-answer"):
            for name in sorted(set(_MENTION.findall(_SCHEME.sub("", text))) - known):
                mend = "define it in a cell, or name it as the notebook does"
                yield source.finding(id, f"mentions {name}(), which no cell defines", mend)


def _corpus(source: Source) -> Iterator[Finding]:
    try:
        corpus = read_corpus(source.course.root, source.name)
    except (TdlError, OSError, ValueError) as error:
        where = f"tests/submissions/{source.name}"
        yield Finding(where, "", f"can't be read: {shown(str(error))}", "see docs/corpus.md")
        return
    where = f"tests/submissions/{source.name}"
    if source.judged and not any(e.name.startswith("correct/") for e in corpus):
        yield Finding(where, "", "has no correct submission", "add correct/model_solution")
    wrong = [e for e in corpus if e.name.startswith("wrong/")]
    for id in source.judged:
        if not any(id in e.questions for e in wrong):
            yield Finding(where, id, "has no wrong submission for it", f"add wrong/{id}_...")
    for expected in corpus:
        for id in expected.questions:
            if id not in source.judged and id != "all":
                problem = f"{expected.name} expects marks in {id}, which has no check cell"
                yield Finding(where, id, problem, "mend its expect.toml")
                continue
            score = expected.questions[id].get("score")
            if isinstance(score, int | float) and score > source.judged.get(id, score):
                problem = f"{expected.name} expects {score:g} of {source.judged[id]:g} points"
                yield Finding(where, id, problem, "mend its expect.toml")
