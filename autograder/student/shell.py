"""Runs notebook cells and collects their outputs in nbformat's form, bounded.

An IPython shell without history, terminal or files of its own. What a cell prints, displays or
raises is collected in order; file descriptors 1 and 2 (a C library, a subprocess) go to a file
whose new text is added after the cell.
"""

from __future__ import annotations

import builtins
import linecache
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

MAX_CELL_BYTES = 1_000_000
MAX_OUTPUTS = 1000
CUT = f"\n[output cut: this cell wrote more than {MAX_CELL_BYTES} bytes]\n"


class Outputs:
    """The outputs of one cell, with a budget of bytes."""

    def __init__(self) -> None:
        self.items: list[dict[str, Any]] = []
        self._left = MAX_CELL_BYTES
        self._cut = False

    def stream(self, name: str, text: str) -> None:
        kept = self._afford(text)
        if not kept:
            return
        last = self.items[-1] if self.items else {}
        if last.get("output_type") == "stream" and last.get("name") == name:
            last["text"] += kept
        else:
            self._add({"output_type": "stream", "name": name, "text": kept})

    def data(self, kind: str, data: dict[str, Any], metadata: dict[str, Any], **more: Any) -> None:
        size = sum(len(str(value)) for value in data.values())
        if size > self._left:
            data = {"text/plain": self._afford(str(data.get("text/plain", "")))}
        else:
            self._left -= size
        self._add({"output_type": kind, "data": data, "metadata": metadata, **more})

    def error(self, name: str, value: str, traceback: list[str]) -> None:
        lines = [self._afford(line) for line in traceback[:200]]
        self._add(
            {
                "output_type": "error",
                "ename": name[:200],
                "evalue": value[:10_000],
                "traceback": lines,
            }
        )

    def clear(self) -> None:
        self.items.clear()

    def _add(self, item: dict[str, Any]) -> None:
        if len(self.items) < MAX_OUTPUTS:
            self.items.append(item)

    def _afford(self, text: str) -> str:
        if len(text) <= self._left:
            self._left -= len(text)
            return text
        kept, self._left = text[: self._left], 0
        if self._cut:
            return kept
        self._cut = True
        return kept + CUT


class _Stream:
    """sys.stdout or sys.stderr of a notebook: text goes to the current cell's outputs."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name: str, number: int, current: Callable[[], Outputs]) -> None:
        self.name = f"<{name}>"
        self._stream, self._number, self._current = name, number, current

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._current().stream(self._stream, text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def fileno(self) -> int:
        return self._number

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def readable(self) -> bool:
        return False


class _Publisher(DisplayPublisher):  # type: ignore[misc]
    current: Callable[[], Outputs]

    def publish(self, data: Any, metadata: Any = None, **_: Any) -> None:
        self.current().data("display_data", _plain_bundle(data), _plain_bundle(metadata or {}))

    def clear_output(self, wait: bool = False) -> None:
        self.current().clear()


class _Hook(DisplayHook):  # type: ignore[misc]
    current: Callable[[], Outputs]

    def start_displayhook(self) -> None:
        pass

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.current().data(
            "execute_result",
            _plain_bundle(format_dict),
            _plain_bundle(md_dict or {}),
            execution_count=self.prompt_count,
        )

    def finish_displayhook(self) -> None:
        pass


def _plain_bundle(bundle: Any) -> dict[str, Any]:
    """A mime bundle as JSON-like plain data; binary images as base64 text, as in a notebook."""
    import base64

    plain: dict[str, Any] = {}
    for key, value in dict(bundle).items():
        if isinstance(value, bytes):
            value = base64.b64encode(value).decode("ascii")
        plain[str(key)] = value if isinstance(value, str | dict | list) else str(value)
    return plain


class _Shell(InteractiveShell):  # type: ignore[misc]
    def enable_gui(self, gui: Any = None) -> None:
        """No event loop here; `%matplotlib inline` asks for none."""


class CellShell:
    """An IPython shell that returns each cell's outputs.

    Made once before the fork; every child has its own copy.
    """

    def __init__(self) -> None:
        self._outputs = Outputs()
        config = Config()
        config.HistoryManager.enabled = False  # its sqlite thread would forbid forking
        config.InteractiveShell.colors = "nocolor"
        config.InteractiveShell.xmode = "Context"
        config.InteractiveShell.ast_node_interactivity = "last_expr"
        config.InteractiveShell.cache_size = 0
        config.InlineBackend.figure_formats = {"png"}
        self.shell = _Shell(config=config, display_pub_class=_Publisher, displayhook_class=_Hook)
        InteractiveShell._instance = self.shell  # what get_ipython() and pyplot look for
        self.shell.display_pub.current = lambda: self._outputs
        self.shell.displayhook.current = lambda: self._outputs
        self.shell._showtraceback = self._keep_traceback
        self.shell.system = self._system
        self._getoutput, self.shell.getoutput = self.shell.getoutput, self._output_of
        self._captured_at = 0

    @property
    def namespace(self) -> dict[str, Any]:
        names: dict[str, Any] = self.shell.user_ns
        return names

    def enter(self, stream_file: int) -> None:
        """Take over stdin, stdout and stderr; `stream_file` collects what bypasses Python."""
        self._file = stream_file
        sys.stdout = _Stream("stdout", 1, lambda: self._outputs)
        sys.stderr = _Stream("stderr", 2, lambda: self._outputs)
        builtins.input = _no_input
        sys.path.insert(0, "")
        self.shell.user_module.__name__ = "__main__"
        sys.modules["__main__"] = self.shell.user_module
        _filter_warnings()
        _start_inline_plots(self.shell)

    def run(self, source: str, *, silent: bool = False) -> dict[str, Any]:
        """Outputs of one cell and whether it raised.

        Args:
            source: the cell, IPython syntax.
            silent: keep nothing of it in `In`.
        """
        self._outputs = Outputs()
        result = self.shell.run_cell(source, store_history=not silent, silent=silent)
        self._add_captured()
        failed = result.error_before_exec or result.error_in_exec
        return {
            "outputs": self._outputs.items,
            "failed": failed is not None,
            "error": type(failed).__name__ if failed is not None else "",
            "count": self.shell.execution_count - 1,
        }

    def warm(self) -> None:
        """Run a cell that prints and shows and one that fails, and forget them.

        What IPython imports and remembers the first time is then shared by every child.
        """
        known = dict(self.namespace)
        with tempfile.TemporaryFile() as file:
            self._file = file.fileno()
            for source in ("x = [1.0]\nx", "def f():\n    raise ValueError('warm')\nf()"):
                self.run(source, silent=True)
                self.run(source, silent=True)
        self._outputs = Outputs()
        self.namespace.clear()
        self.namespace.update(known)
        for name in ("last_type", "last_value", "last_traceback", "last_exc"):
            sys.__dict__.pop(name, None)
        linecache.clearcache()

    def _system(self, command: str) -> None:
        """Run a shell command; what it prints follows the cell's other output.

        IPython's own way needs a pseudo-terminal, which the sandbox does not have.
        """
        _refuse_shell_commands()
        line = self.shell.var_expand(command, depth=1)
        done = subprocess.run(line, shell=True, stdin=subprocess.DEVNULL)  # noqa: S602
        self.namespace["_exit_code"] = done.returncode

    def _output_of(self, command: str, split: bool = True, depth: int = 0) -> Any:
        """What `x = !command` gives."""
        _refuse_shell_commands()
        return self._getoutput(command, split=split, depth=depth + 1)

    def _keep_traceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        name = getattr(etype, "__name__", str(etype))
        try:
            value = str(evalue)
        except Exception:
            value = "(its text could not be made)"
        self._outputs.error(name, value, [str(line) for line in stb])

    def _add_captured(self) -> None:
        size = os.fstat(self._file).st_size
        if size > self._captured_at:
            count = min(size - self._captured_at, MAX_CELL_BYTES)
            text = os.pread(self._file, count, self._captured_at).decode("utf-8", "replace")
            self._outputs.stream("stdout", text)
            self._captured_at = size


def _filter_warnings() -> None:
    """Python's defaults, which a kernel has too."""
    warnings.resetwarnings()
    for category in (ResourceWarning, ImportWarning, PendingDeprecationWarning, DeprecationWarning):
        warnings.simplefilter("ignore", category)
    warnings.filterwarnings("default", category=DeprecationWarning, module="__main__")


def _no_input(prompt: object = "") -> str:
    raise EOFError("input() is not available while grading: nobody is there to answer")


def _refuse_shell_commands() -> None:
    if os.environ.get("TDL_SHELL") == "refused":
        raise PermissionError("shell commands are not allowed in this course; use Python")


def _start_inline_plots(shell: Any) -> None:
    """Show figures at the end of a cell as a notebook does, once matplotlib is used."""
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    if "matplotlib.pyplot" in sys.modules:
        from matplotlib_inline.backend_inline import configure_inline_support

        sys.modules["matplotlib.pyplot"].switch_backend(os.environ["MPLBACKEND"])
        sys.modules["matplotlib"].interactive(True)
        configure_inline_support(shell, os.environ["MPLBACKEND"])
