"""Runs public tests in this process with pytest, apart from any configuration of the user's."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from autograder import fixtures
from autograder.cases import CASE, Case, Recorder, Result
from autograder.definitions import Source, defined_names, modules_of
from autograder.errors import CourseError
from autograder.policy import breaches
from autograder.proxy import Student
from autograder.selfcheck.calls import WatchedLink
from autograder.selfcheck.progress import Progress

CONFIG = Path(__file__).with_name("pytest.ini")


@dataclass
class CheckedResult(Result):
    """A result with the last call that the test made: what was called, and what came back."""

    called: str = ""
    came_back: str = ""


class HomeBench:
    """A bench over a namespace of this process, and the folder of its notebook."""

    def __init__(self, namespace: dict[str, Any], folder: Path) -> None:
        self._namespace, self.folder = namespace, folder
        self.links: dict[str, WatchedLink] = {}

    def student(self, case: Case) -> Student:
        link = self.links[case.id] = WatchedLink(self._namespace)
        return Student(link)

    def seed(self, case: Case) -> int:
        return home_seed(case)

    def reference(self) -> Any:
        raise CourseError("a public test must not need the reference package")

    def handed_in(self, case: Case) -> Path:
        return self.folder / case.weights


def home_seed(case: Case) -> int:
    """The seed of a test at home: the same for everyone, and none of grading's."""
    return int.from_bytes(hashlib.sha256(f"home {case.id}".encode()).digest()[:8], "big")


class _Only:
    """Pytest plugin that keeps the tests of one question."""

    def __init__(self, question: str | None) -> None:
        self._question = question
        self.known: set[str] = set()

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self.known = {item.stash[CASE].question for item in items}
        wanted = chosen(self._question, self.known)
        items[:] = [item for item in items if item.stash[CASE].question in wanted]


def chosen(question: str | None, known: set[str]) -> set[str]:
    """The parts that a question's name means: itself, or all its parts, or everything."""
    if question is None:
        return known
    if question in known:
        return {question}
    return {part for part in known if part.startswith(question + "-")}


def run_public_tests(
    folder: Path, question: str | None, namespace: dict[str, Any]
) -> list[CheckedResult]:
    """Results of the public tests of a question, in order of collection.

    Raises:
        CourseError: the tests can't be collected, or there are none for this question.
    """
    bench = HomeBench(namespace, folder.parent)
    recorder, only, progress = Recorder([folder], bench), _Only(question), Progress()
    output = io.StringIO()
    arguments = ["-c", str(CONFIG), "--rootdir", str(folder), "--noconftest", str(folder)]
    arguments += ["-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:debugging"]
    arguments += ["--capture=sys"]  # the bar writes to the terminal while tests are running
    forget_modules(folder)
    with _quietly(output):
        ended = pytest.main(arguments, plugins=[fixtures, recorder, only, progress])
    forget_modules(folder)
    if recorder.collection_errors:
        raise CourseError("public tests can't be read: " + recorder.collection_errors[0])
    if ended == pytest.ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    if not recorder.results:
        known = ", ".join(sorted(only.known)) or output.getvalue()[:500]
        raise CourseError(f"question must be one of: {known}; got {question!r}")
    _apply_policy(recorder.results, bench, namespace)
    return [_with_call(result, bench) for result in recorder.results.values()]


def _with_call(result: Result, bench: HomeBench) -> CheckedResult:
    link = bench.links.get(result.case.id)
    called, came_back = (link.called, link.came_back) if link is not None else ("", "")
    return CheckedResult(**vars(result), called=called, came_back=came_back)


def forget_modules(folder: Path) -> None:
    """Drop test modules of a folder: pytest takes one of the same name for the same otherwise."""
    inside = str(folder) + os.sep
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(inside):
            del sys.modules[name]


@contextlib.contextmanager
def _quietly(output: io.StringIO) -> Iterator[None]:
    before = os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")
    bytecode = sys.dont_write_bytecode
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.dont_write_bytecode = True
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            yield
    finally:
        sys.dont_write_bytecode = bytecode
        if before is None:
            del os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"]
        else:
            os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = before


def _apply_policy(results: dict[str, Result], bench: HomeBench, namespace: dict[str, Any]) -> None:
    """Mark every test of a question as refused if its code uses a forbidden name."""
    cells = namespace.get("In")
    if not isinstance(cells, list):
        return
    sources = [Source(f"In [{i}]", str(text)) for i, text in enumerate(cells) if text]
    by_question: dict[str, list[Result]] = {}
    for result in results.values():
        by_question.setdefault(result.case.question, []).append(result)
    for group in by_question.values():
        forbidden = list(dict.fromkeys(name for r in group for name in r.case.forbid))
        roots = {
            name
            for r in group
            if r.case.id in bench.links
            for name in bench.links[r.case.id].requested
        }
        modules = modules_of(Path.cwd(), "*.py") if forbidden else []
        found = breaches([*latest_definitions(sources), *modules], roots, forbidden)
        if found:
            for result in group:
                result.verdict, result.message = "refused", str(found[0])


def latest_definitions(sources: list[Source]) -> list[Source]:
    """The sources without cells whose every definition a later cell replaces.

    At home `In` holds every version of a cell that was ever run; an old one must not count.
    """

    kept: list[Source] = []
    later: set[str] = set()
    for source in reversed(sources):
        names = defined_names(source.text)
        if not names or not names <= later:
            kept.append(source)
        later |= names
    return kept[::-1]
