"""Plain `pytest` in a released folder: the public tests against the notebook or the modules there.

Does nothing anywhere else. The notebook is executed once per run, without its check cells, in this
process, as a student would run it from top to bottom.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.cases import BENCH, CASE, NOT_ANSWERED, SETTINGS, error_line, read_case
from autograder.errors import SubmissionError
from autograder.proxy import Student
from autograder.selfcheck import running
from autograder.selfcheck.calls import WatchedLink
from autograder.selfcheck.loading import run_folder

STATE: pytest.StashKey[_FolderBench] = pytest.StashKey()


class _BelowDots:
    """The terminal, kept before pytest captures it; what is written begins below its dots."""

    def __init__(self) -> None:
        self._terminal = os.dup(1) if os.isatty(1) else None
        self._begun = False

    def isatty(self) -> bool:
        return self._terminal is not None

    def write(self, text: str) -> None:
        if self._terminal is not None:
            os.write(self._terminal, (text if self._begun else f"\n{text}").encode())
        self._begun = True

    def flush(self) -> None:
        pass


class _FolderBench(running.HomeBench):
    """A bench over whatever the folder's notebook or modules define, run at first use."""

    def __init__(self, terminal: Any = None) -> None:
        super().__init__({}, Path())
        self._terminal = terminal
        self._folders: dict[Path, dict[str, Any]] = {}

    def student(self, case: Any) -> Student:
        if self.folder not in self._folders:
            self._folders[self.folder] = run_folder(self.folder, self._terminal)
        link = self.links[case.id] = WatchedLink(self._folders[self.folder])
        return Student(link)


def _released(path: Path) -> bool:
    """Whether a test file lies in the `tests` folder of a released assignment."""
    folder = path.parent
    return folder.name == "tests" and any(_is_assignment(p) for p in folder.parent.glob("*.ipynb"))


def _is_assignment(path: Path) -> bool:
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        return any("nbgrader" in cell.get("metadata", {}) for cell in cells)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    ours = [item for item in items if _released(item.path) and item.get_closest_marker("question")]
    if not ours or BENCH in config.stash:
        return
    config.stash[BENCH] = config.stash[STATE] = _FolderBench(_BelowDots())
    for item in ours:
        item.stash[CASE] = read_case(item, public=True)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", f"question(id, {', '.join(sorted(SETTINGS))}): graded cell")
    if not config.pluginmanager.has_plugin("autograder-fixtures"):
        from autograder import fixtures

        if not config.pluginmanager.is_registered(fixtures):
            config.pluginmanager.register(fixtures, "autograder-fixtures")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    bench = item.config.stash.get(STATE, None)
    if bench is not None and CASE in item.stash:
        bench.folder = item.path.parent.parent
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Iterator[pytest.TestReport]:
    report: pytest.TestReport = yield  # type: ignore[assignment,misc]
    if CASE in item.stash and call.excinfo is not None and report.failed:
        report.longrepr = _short(item, call.excinfo.value, _link_of(item))
    return report  # type: ignore[return-value]


def _link_of(item: pytest.Item) -> WatchedLink | None:
    bench = item.config.stash.get(STATE, None)
    return bench.links.get(item.stash[CASE].id) if bench is not None else None


def _short(item: pytest.Item, error: BaseException, link: WatchedLink | None) -> str:
    """What a student needs of a failure: claim, sentence, own frames, call, hint."""
    case = item.stash[CASE]
    text = str(error)
    if not isinstance(error, AssertionError | SubmissionError):
        text = error_line(error, text)
    if text == NOT_ANSWERED:
        return f"{case.title}\n{text}"
    lines = [case.title, text.split("\nassert ")[0], getattr(error, "student_trace", "")]
    if link is not None and link.called:
        lines += [f"called:    {link.called}", f"came back: {link.came_back}"]
    lines += [f"Hint: {case.hint}"] * bool(case.hint)
    return "\n".join(line for line in lines if line)
