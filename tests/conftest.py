"""Tests in a browser are left out, with a reason, where there is no Chromium.

They run anyway, and then fail with a sentence how to install it, if they are asked for by name
(`-m browser`) or if CI is set: a check that nobody runs is worth nothing.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.lean_nbgrader import collect_less_garbage, leave_out_unused_parsers

collect_less_garbage()
leave_out_unused_parsers()
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
INSTALL = "no Chromium on PATH (Debian: apt-get install chromium)"


def find_chromium() -> str | None:
    """Path of the first Chromium on PATH."""
    return next(filter(None, map(shutil.which, CHROMIUM)), None)


def _left_out(config: pytest.Config) -> bool:
    asked_for = "browser" in config.option.markexpr or bool(os.environ.get("CI"))
    return find_chromium() is None and not asked_for


def pytest_report_header(config: pytest.Config) -> str | None:
    return f"browser tests left out: {INSTALL}" if _left_out(config) else None


def pytest_collection_finish() -> None:
    """Leave what is there by now to no garbage collection: it was an eighth of all CPU time."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not _left_out(config):
        return
    deselected = [item for item in items if item.get_closest_marker("browser")]
    config.hook.pytest_deselected(items=deselected)
    items[:] = [item for item in items if item not in deselected]


@pytest.fixture(autouse=True)
def _same_environment() -> Iterator[None]:
    """What a test changes in os.environ does not reach the next, whichever worker runs them."""
    before = dict(os.environ)
    yield
    if os.environ != before:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """An empty folder that other users can enter.

    Pytest's own are closed to them, and are closed again whenever another pytest starts.
    """
    folder = Path(tempfile.mkdtemp(prefix="tdl-open-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
