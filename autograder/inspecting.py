"""Finds what is inconsistent in a course before it goes out: file, cell, and how to mend it.

Sources are read, not run; `run=True` also generates the trees and grades the model solution.
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from autograder.corpus import read_corpus
from autograder.definitions import parse_cell
from autograder.errors import TdlError, shown
from autograder.grade.course import CourseFolder
from autograder.homework import Finding, Source, Test, read_source
from autograder.judge.spawning import KIT_MODULES, PACKAGE
from autograder.kits import DISTRIBUTIONS

INSTALLED = ("numpy", "pytest", "IPython", "tdlcourse")  # what every kit brings
_SCHEME = re.compile(r"BEGIN MARK SCHEME[^\n]*\n(.*?)[^\n]*END MARK SCHEME", re.DOTALL)
_ROW = re.compile(r"^\|[^|\n]*\|\s*(\d+(?:\.\d+)?)\s*\|", re.MULTILINE)
_ITEM = re.compile(r"(?:^\s*|[.;] )[-*] (\d+(?:\.\d+)?):", re.MULTILINE)
_STEP = re.compile(r"\((\d+(?:\.\d+)?)[;)]")  # "axes labelled (2); legend (1; 0 without units)"
_TOTAL = re.compile(r"^\W*mark scheme[^\n(]*\((\d+(?:\.\d+)?)\)", re.IGNORECASE)
_CHECK = re.compile(r"""check\(["']([^"']+)["']\)""")
_HEADING = re.compile(r"^#+ (q\d[\w-]*)\.[^\n]*\((\d+(?:\.\d+)?) points?\b", re.MULTILINE)
_MENTION = re.compile(r"`([A-Za-z_][A-Za-z0-9_]*)\(")


def inspect_assignment(course: CourseFolder, name: str) -> list[Finding]:
    """What is inconsistent in an assignment's source, tests and corpus."""
    checks = (
        _ids, _checks_and_tests, _weights, _public_tests, _schemes, _headings, _kit, _code,
        _mentions, _corpus, _points,
    )  # fmt: skip
    try:
        source = read_source(course, name)
        return [finding for check in checks for finding in check(source)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, SyntaxError) as error:
        where = getattr(error, "filename", None) or str(Path("source", name))
        where = where.removeprefix(f"{course.root}/")
        problem = f"can't be read: {type(error).__name__}: {shown(str(error))}"
        return [Finding(where, "", problem, "mend or remove it")]


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
    for path, tree in _public_files(source):
        for function in ast.walk(tree):  # fixtures as well
            if isinstance(function, ast.FunctionDef) and _asks_for_reference(function):
                file = f"source/{source.name}/tests/{path.name}"
                problem = f"public test {function.name} needs the reference"
                yield Finding(file, "", problem, "compute what is expected in the test, or hide it")
    for functions in source.public.values():
        for file, function, _ in functions:
            if not ast.get_docstring(function):
                problem = f"public test {function.name} has no docstring"
                yield Finding(file, "", problem, "say in a sentence what it claims")


def _asks_for_reference(function: ast.FunctionDef) -> bool:
    """As an argument, or by name: `usefixtures("reference")`, `getfixturevalue("reference")`."""
    arguments = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    by_name = (
        isinstance(call, ast.Call)
        and ast.unparse(call.func).endswith(("usefixtures", "getfixturevalue"))
        and any(getattr(argument, "value", None) == "reference" for argument in call.args)
        for call in ast.walk(function)
    )
    return any(argument.arg == "reference" for argument in arguments) or any(by_name)


def _schemes(source: Source) -> Iterator[Finding]:
    for id, marks, _, text in source.cells:
        scheme = _SCHEME.search(text)
        if scheme is None:
            if marks.get("task") and marks.get("points"):
                yield source.finding(id, "has points and no mark scheme", "add one, step by step")
            continue
        steps, points = _steps(scheme[1]), float(marks.get("points") or 0)
        total = _TOTAL.match(scheme[1])
        if not steps and points:
            mend = "write a table row `| a | 2 | ... |`, `- 2: ...` or `(2)` for each step"
            yield source.finding(id, "mark scheme says no points that can be added up", mend)
        elif abs(sum(steps) - points) > 1e-9:
            problem = f"mark scheme adds up to {sum(steps):g} of {points:g} points"
            yield source.finding(id, problem, "mend the steps or the points")
        elif total is not None and abs(float(total[1]) - points) > 1e-9:
            problem = f"mark scheme is headed {total[1]} points, the cell has {points:g}"
            yield source.finding(id, problem, "mend the heading or the points")


def _steps(scheme: str) -> list[float]:
    """Points of the steps: in table rows and items, else those in brackets behind each step."""
    rows = [*_ROW.findall(scheme), *_ITEM.findall(scheme)]
    return [float(points) for points in rows or _STEP.findall(_TOTAL.sub("", scheme))]


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
        for name in _imported(parse_cell(text)) if kind == "code" else ():
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
        if parts[0] not in {*DISTRIBUTIONS, *sys.stdlib_module_names, *INSTALLED}:
            mend = "do without, or name it in DISTRIBUTIONS of autograder/kits.py"
            yield "the kit does not install", mend


def _imported(tree: ast.Module | None) -> Iterator[str]:
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _mentions(source: Source) -> Iterator[Finding]:
    """Functions that a statement speaks of and nobody defines."""
    known = set(dir(builtins))
    for _, _, kind, text in source.cells:
        known |= _defined(parse_cell(text)) if kind == "code" else set()
    for _, tree in _public_files(source):
        known |= _defined(tree)
    for id, _, kind, text in source.cells:
        if kind == "markdown" and not id.endswith("-answer"):
            for name in sorted(set(_MENTION.findall(_SCHEME.sub("", text))) - known):
                mend = "define it in a cell, or name it as the notebook does"
                yield source.finding(id, f"mentions {name}(), which no cell defines", mend)


def _defined(tree: ast.Module | None) -> set[str]:
    """Names that code gives a meaning, and attributes of whatever is not the student's answer."""
    known = set()
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            known.add(node.name)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) != "student":
            known.add(node.attr)  # a method of something
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            known.add(node.id)
        elif isinstance(node, ast.arg):
            known.add(node.arg)
        elif isinstance(node, ast.alias):
            known.add((node.asname or node.name).partition(".")[0])
    return known


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
