"""A progress bar for notebooks and checks that take longer than two seconds."""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from typing import Any, TextIO

import pytest

from autograder.cases import CASE

PATIENCE = 2.0  # seconds until the bar appears


class Bar:
    """How far something is, drawn by a thread of its own; a context.

    A single long step is told as well, so a thread looks at the clock; it draws nothing before
    `patience` seconds and wipes what it drew.

    Attributes:
        total, done: steps.
        title: the present one.
    """

    def __init__(
        self, unit: str, total: int = 0, patience: float = PATIENCE, stream: TextIO | None = None
    ) -> None:
        self.total, self.done, self.title = total, 0, ""
        self._unit, self._patience, self._started = unit, patience, time.monotonic()
        self._over = threading.Event()
        self._bar: _Terminal | _Notebook | None = None
        # Taken now: while tests run, sys.stdout and sys.stderr lead elsewhere.
        self._make = _bar_maker(sys.stderr if stream is None else stream)
        # A kernel finds the cell that its output belongs to by context.
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._watch,), daemon=True)

    def __enter__(self) -> Bar:
        if self._make is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _watch(self) -> None:
        pause = self._patience
        while not self._over.wait(pause):
            if self._bar is None and self._make is not None:
                self._bar = self._make()
            if self._bar is not None:
                seconds = time.monotonic() - self._started
                told = f"{self.done} of {self.total} {self._unit}, {seconds:.0f} s"
                self._bar.show(self.done, self.total, told, self.title)
            pause = 0.5
        if self._bar is not None:
            self._bar.wipe()


class Progress:
    """Pytest plugin that shows how far a check is."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._bar = Bar("tests", patience=patience)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._bar.total = len(session.items)
        self._bar.__enter__()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if CASE in item.stash:
            self._bar.title = f"{item.stash[CASE].question}: {item.stash[CASE].title}"

    def pytest_runtest_logfinish(self) -> None:
        self._bar.done += 1

    def pytest_sessionfinish(self) -> None:
        self._bar.__exit__()


def _bar_maker(stream: TextIO) -> Any:
    """What makes a bar here; None where nobody looks."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if shell is not None and getattr(shell, "kernel", None) is not None:
        return _Notebook
    return (lambda: _Terminal(stream)) if stream is not None and stream.isatty() else None


class _Terminal:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, done: int, total: int, told: str, title: str) -> None:
        bar = "#" * (20 * done // max(total, 1))
        text = f"\r[{bar:<20}] {told}  {title}"
        self._stream.write(text[:79].ljust(79))
        self._stream.flush()

    def wipe(self) -> None:
        self._stream.write("\r" + " " * 79 + "\r")
        self._stream.flush()


class _Notebook:
    def __init__(self) -> None:
        from IPython.display import DisplayHandle

        self._handle: Any = DisplayHandle()
        self._shown = False

    def show(self, done: int, total: int, told: str, title: str) -> None:
        from html import escape

        bar = f'<progress max="{total}" value="{done}"></progress>'
        page = f"<div>{bar} {told} <span>{escape(title)}</span></div>"
        self._send({"text/plain": told, "text/html": page})

    def wipe(self) -> None:
        self._send({"text/plain": "", "text/html": ""})

    def _send(self, bundle: dict[str, str]) -> None:
        send = self._handle.update if self._shown else self._handle.display
        self._shown = True
        send(bundle, raw=True)
