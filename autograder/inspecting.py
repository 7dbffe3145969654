"""Finds what is inconsistent in a course before it goes out: file, cell, and how to mend it.

Sources are read, not run; `run=True` also generates the trees and grades the model solution.
"""

from __future__ import annotations

import ast
import datetime
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.corpus import read_corpus
from autograder.errors import TdlError, shown
from autograder.grade.course import CourseFolder
from autograder.grade.release import cell_text

_SCHEME = re.compile(r"BEGIN MARK SCHEME[^\n]*\n(.*?)[^\n]*END MARK SCHEME", re.DOTALL)
_ROW = re.compile(r"^\|[^|\n]*\|\s*(\d+(?:\.\d+)?)\s*\|", re.MULTILINE)
_ITEM = re.compile(r"^\s*[-*] (\d+(?:\.\d+)?):", re.MULTILINE)
_CHECK = re.compile(r"""check\(["']([^"']+)["']\)""")
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


@dataclass(frozen=True)
class Source:
    """An assignment's source notebook and tests.

    Attributes:
        cells: (grade id, nbgrader's metadata, cell type, text).
        public, hidden: grade id -> test functions, with their files.
    """

    course: CourseFolder
    name: str
    file: str
    cells: list[tuple[str, dict[str, Any], str, str]]
    public: dict[str, list[tuple[str, ast.FunctionDef]]]
    hidden: dict[str, list[tuple[str, ast.FunctionDef]]]

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
        where = str(Path("source", name))
        return [Finding(where, "", f"can't be read: {shown(str(error))}", "mend or remove it")]
    checks = (
        _ids, _checks_and_tests, _public_tests, _schemes, _kit, _mentions, _corpus, _points,
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


def _tests(
    course: CourseFolder, folders: list[Path]
) -> dict[str, list[tuple[str, ast.FunctionDef]]]:
    found: dict[str, list[tuple[str, ast.FunctionDef]]] = {}
    for folder in folders:
        for path in sorted(folder.rglob("test_*.py")):
            tree = ast.parse(path.read_text("utf-8"))
            name = str(path.relative_to(course.root) if path.is_relative_to(course.root) else path)
            default = [
                id
                for node in tree.body
                if isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node.targets[0])
                for id in _question_ids(node.value)
            ]
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                    own = [id for mark in node.decorator_list for id in _question_ids(mark)]
                    for id in own[:1] or default[:1] or [""]:
                        found.setdefault(id, []).append((name, node))
    return found


def _question_ids(node: ast.AST) -> list[str]:
    return [
        str(call.args[0].value)
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
                file, function = functions[0]
                problem = f"{function.name} is of {id or 'no question'}, which has no check cell"
                yield Finding(
                    file, "", problem, f"add a check cell to {source.file} or mend the mark"
                )


def _public_tests(source: Source) -> Iterator[Finding]:
    for functions in source.public.values():
        for file, function in functions:
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


def _kit(source: Source) -> Iterator[Finding]:
    """Modules that the notebook imports and students don't have."""
    embargo = source.course.course.embargo.get(source.name, [])
    for id, _, kind, text in source.cells:
        if kind != "code":
            continue
        for name in _imported(text):
            if any(name == module or name.startswith(f"{module}.") for module in embargo):
                mend = "import it in hidden tests only, or take it from c.Course.embargo"
                yield source.finding(id, f"imports {name}, which is not in the kit", mend)


def _imported(text: str) -> Iterator[str]:
    for node in ast.walk(_tree(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
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
    for _, _, kind, text in source.cells:
        for node in ast.walk(_tree(text) if kind == "code" else ast.parse("")):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                known.add(node.name)
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


def inspect_dates(course: CourseFolder, now: datetime.datetime | None = None) -> list[Finding]:
    """What is wrong with the plan of the term, `c.Course.plan`, and with its deadlines."""
    now = now or datetime.datetime.now()
    plan, found = dict[str, tuple[datetime.datetime, datetime.datetime, float]](), []
    for name, entry in course.course.plan.items():
        try:
            release, due = (
                datetime.datetime.fromisoformat(entry[key]) for key in ("release", "due")
            )
            plan[name] = (release, due, float(entry.get("hours", 0)))
            if not release < due:
                raise ValueError(f"due {due} is not after release {release}")
        except (KeyError, TypeError, ValueError) as error:
            found.append(
                _planned(
                    name, f"plan can't be read: {shown(str(error))}", "release, due: ISO dates"
                )
            )
    for name, (_, due, _) in plan.items():
        handed = any(course.root.glob(f"submitted/*/{name}"))
        if due < now and not handed:
            found.append(_planned(name, f"deadline {due:%Y-%m-%d} is in the past", "move it"))
    return [*found, *_load(course, plan), *_kits_and_deadlines(course, plan)]


def _planned(name: str, problem: str, mend: str) -> Finding:
    return Finding("nbgrader_config.py", f"c.Course.plan[{name!r}]", problem, mend)


def _load(
    course: CourseFolder, plan: dict[str, tuple[datetime.datetime, datetime.datetime, float]]
) -> Iterator[Finding]:
    """Hours of work per week, each homework's spread evenly over the time it is out."""
    if not plan:
        return
    first, last = min(p[0] for p in plan.values()), max(p[1] for p in plan.values())
    weeks = -(-(last - first).days // 7)
    if weeks > 14:
        yield _planned("...", f"the plan has {weeks} weeks, more than 14", "shorten it")
    for week in range(weeks):
        start = first + datetime.timedelta(days=7 * week)
        end = start + datetime.timedelta(days=7)
        hours, names = 0.0, []
        for name, (release, due, work) in plan.items():
            overlap = (min(end, due) - max(start, release)).total_seconds()
            if overlap > 0 and work:
                hours += work * overlap / (due - release).total_seconds()
                names.append(name)
        if hours > course.course.weekly_hours + 1e-9:
            problem = f"week {week + 1} asks for {hours:.1f} hours ({', '.join(names)})"
            yield _planned(names[-1], problem, f"at most {course.course.weekly_hours:g}: move one")


def _kits_and_deadlines(
    course: CourseFolder, plan: dict[str, tuple[datetime.datetime, datetime.datetime, float]]
) -> Iterator[Finding]:
    """A kit with another homework's answers, out before that one's last extension has ended."""
    embargo = course.course.embargo
    longest = _extensions(course)
    for early, (_, due, _) in plan.items():
        end = due + datetime.timedelta(seconds=longest.get(early, 0.0))
        for later, (release, _, _) in plan.items():
            answers = [m for m in embargo.get(early, []) if not _hidden(m, embargo.get(later, []))]
            if later != early and answers and due <= release < end:
                problem = (
                    f"its kit holds {answers[0]}, the answers of {early}, until {end:%Y-%m-%d} open"
                )
                yield _planned(
                    later, problem, f"release it later, or shorten the extension of {early}"
                )


def _hidden(module: str, embargo: list[str]) -> bool:
    return any(module == each or module.startswith(f"{each}.") for each in embargo)


def _extensions(course: CourseFolder) -> dict[str, float]:
    """Assignment -> longest extension granted, seconds."""
    from autograder.grade.gradebook import open_gradebook
    from autograder.ledger.exceptions import all_exceptions

    longest: dict[str, float] = {}
    database = course.db_url.removeprefix("sqlite:///")
    if course.db_url.startswith("sqlite") and not Path(course.root, database).exists():
        return longest
    with open_gradebook(course.db_url, course.coursedir.course_id) as gradebook:
        for one in all_exceptions(gradebook).values():
            longest[one.item] = max(longest.get(one.item, 0.0), one.seconds or 0.0)
    return longest
