"""Tests of the reference package; `--ground-truths FILE` writes what they established as a table.

    python -m pytest tests/tdlcourse --ground-truths docs/ground-truths.md

One row per `ground_truth` mark of a passed test: function, result, source, figure, and the largest
deviation that its test recorded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HEAD = """# Ground truths of the reference package

Generated from the tests: `make ground-truths`. Each row is a passed test that \
holds a public function against
something that shares no code with it; the deviation is the largest one that \
the test recorded (in the units
its figure names; 0 where it is exact, empty where the test is a yes or no).

| function | result | source | figure | deviation |
| --- | --- | --- | --- | --- |
"""

ROWS: pytest.StashKey[dict[tuple[str, ...], list[Any]]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--ground-truths", type=Path, help="write the table of ground truths there")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[ROWS] = defaultdict(list)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    # Plain numbers only: a worker of pytest-xdist sends its properties to its parent.
    item.user_properties[:] = [
        (key, value if isinstance(value, str) else float(value))
        for key, value in item.user_properties
    ]
    report: Any = yield
    if report.when == "call" and report.passed:
        found = [value for key, value in item.user_properties if key == "deviation"]
        for mark in item.iter_markers("ground_truth"):
            key = tuple(mark.kwargs.get(k, "") for k in ("function", "result", "source", "figure"))
            item.config.stash[ROWS][key] += found
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    path = session.config.getoption("--ground-truths")
    if path is None:
        return
    rows = []
    for key, deviations in sorted(session.config.stash[ROWS].items()):
        rows.append("| " + " | ".join(_cell(part) for part in (*key, _largest(deviations))) + " |")
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")


def _largest(deviations: list[Any]) -> str:
    """The largest number, or the words where a test recorded words."""
    words = [value for value in deviations if isinstance(value, str)]
    if words or not deviations:
        return "; ".join(words)
    return f"{max(abs(float(value)) for value in deviations):.1e}"


def _cell(text: str) -> str:
    return str(text).replace("|", "\\|").replace("\n", " ")
