"""What the names of a notebook come from: its top-level statements and how they give values.

Names are resolved as Python does: through the scopes of each statement (`scopes`), then to the
statement that gave the name its value last, or may have changed it since. Imports are resolved
wherever they stand.
"""

from __future__ import annotations

import ast
import warnings
from bisect import bisect_left
from collections.abc import Iterable, Iterator, KeysView, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from autograder.errors import shown
from autograder.scopes import Scope, Use, bindings, changed_names, uses_of

MAX_MODULES, MAX_MODULE_BYTES = 500, 2**20
IN_NAMESPACE = ("time", "timeit", "capture", "prun")  # cell magics that run their body here
ELSEWHERE = tuple(  # cell magics whose body is no Python of this notebook
    "bash sh script html javascript js latex markdown svg writefile file python perl ruby".split()
)


@dataclass(frozen=True)
class Source:
    """A code cell, or a module that comes with the notebook.

    Attributes:
        label: for messages: grade_id or number of the cell, path of the module.
        text: the code.
        module: name that it is imported by; empty for a cell.
    """

    label: str
    text: str
    module: str = ""


def modules_of(folder: Path, pattern: str = "**/*.py") -> list[Source]:
    """The Python files in a folder, which a notebook in it may import."""
    sources = []
    for path in sorted(folder.glob(pattern))[:MAX_MODULES]:
        below = path.relative_to(folder)
        dotted = ".".join(below.with_suffix("").parts).removesuffix(".__init__")
        if path.is_file() and path.stat().st_size <= MAX_MODULE_BYTES:
            text = path.read_text("utf-8", errors="replace")
            sources.append(Source(shown(str(below)), text, dotted))
    return sources


def parse_cell(text: str) -> ast.Module | None:
    """The syntax tree of a cell as IPython runs it, or None if nothing of it runs as Python."""
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    try:
        return ast.parse(_as_python(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _as_python(text: str) -> str:
    """Magics and shell lines as the calls that IPython makes of them, line by line."""
    from IPython.core.inputtransformer2 import TransformerManager

    body = text.lstrip()
    blank = "\n" * text[: len(text) - len(body)].count("\n")
    magic, _, rest = body.partition("\n")
    words = magic.removeprefix("%%").split() if magic.startswith("%%") else []
    if words and words[0] in ELSEWHERE:
        return ""
    if words and words[0] in IN_NAMESPACE:
        body, blank = rest, blank + "\n"
    with warnings.catch_warnings():  # of IPython's, about odd line ends
        warnings.simplefilter("ignore")
        return blank + str(TransformerManager().transform_cell(body))


@dataclass(frozen=True)
class Statement:
    """A top-level statement.

    Attributes:
        source, node: where it stands.
        uses: the names it uses.
        binds: the names that it gives a value, and what they may stand for after it.
        changes: names whose value it changes.
        calls: names of which it calls a method, which may change them.
        replaces: whether earlier values of `binds` are gone after it.
    """

    source: Source
    node: ast.stmt
    uses: tuple[Use, ...]
    binds: Scope
    changes: frozenset[str]
    calls: frozenset[str]
    replaces: bool

    @property
    def defines(self) -> bool:
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom
        return isinstance(self.node, kinds)


class Notebook:
    """The statements of a notebook or of a module, and what they give to names."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.statements = [s for source in sources for s in _statements(source)]
        self._stars = {star for s in self.statements for star in _star_imports(s.node)}
        imported = {
            name
            for statement in self.statements
            for name, meanings in statement.binds.items()
            if any(absolute for absolute, _ in meanings)
        }
        self._places: dict[str, list[int]] = {}
        for index, statement in enumerate(self.statements):
            changed = statement.binds.keys() | statement.changes | (statement.calls - imported)
            for name in changed:
                self._places.setdefault(name, []).append(index)

    def givers(self, name: str, limit: int | None = None) -> Iterator[int]:
        """Statements before `limit` that the value of a name comes from, the latest first."""
        places = self._places.get(name, [])
        end = len(places) if limit is None else bisect_left(places, limit)
        for index in reversed(places[:end]):
            yield index
            if name in self.statements[index].binds and self.statements[index].replaces:
                return

    @property
    def names(self) -> KeysView[str]:
        """Names that some statement binds or may change."""
        return self._places.keys()

    def reached(self, roots: Iterable[str], also: Iterable[int] = ()) -> list[int]:
        """Statements that the values of these names come from, directly or not.

        Args:
            roots: the names.
            also: further statements to start from.
        """
        waiting: list[tuple[str, int | None]] = [(name, None) for name in roots]
        seen, found = set(waiting), set(also)
        for index in list(found):
            self._want(index, seen, waiting)
        while waiting:
            for index in self.givers(*waiting.pop()):
                if index not in found:
                    found.add(index)
                    self._want(index, seen, waiting)
        return sorted(found)

    def _want(
        self,
        index: int,
        seen: set[tuple[str, int | None]],
        waiting: list[tuple[str, int | None]],
    ) -> None:
        """Note the names of the notebook that a statement uses."""
        for use in self.statements[index].uses:
            wanted = (use.parts[0], None if use.later else index)
            if use.free and wanted not in seen:
                seen.add(wanted)
                waiting.append(wanted)

    def changing_modules(self, forbidden: Sequence[str]) -> list[int]:
        """Statements that put something into a module, or hand one to a function of their own."""
        return [i for i in range(len(self.statements)) if self._changes_module(i, forbidden)]

    def _changes_module(self, index: int, forbidden: Sequence[str]) -> bool:
        statement = self.statements[index]
        for use in statement.uses:
            if use.stored or "__dict__" in use.parts:
                if self.meanings(use, index):
                    return True
            elif use.value and not statement.defines and self._calls_own(statement.node):
                for dotted in self.meanings(use, index):
                    if dotted == "builtins" or any(f.startswith(dotted + ".") for f in forbidden):
                        return True
        return False

    def _calls_own(self, node: ast.AST) -> bool:
        """Whether a function that the notebook defines is called, by its name."""
        return any(
            isinstance(call, ast.Call)
            and isinstance(call.func, ast.Name)
            and any(self.statements[i].defines for i in self._places.get(call.func.id, ()))
            for call in ast.walk(node)
        )

    def run_at_top_level(self) -> set[int]:
        """Statements that run when the notebook does, and the definitions that they use."""
        direct = {i for i, s in enumerate(self.statements) if not s.defines}
        names = {u.parts[0] for i in direct for u in self.statements[i].uses if u.free}
        return direct | set(self.reached(names))

    def meanings(self, use: Use, index: int) -> set[str]:
        """The dotted names that a use may stand for; empty for a value of the notebook's own."""
        if not use.free:
            return {".".join(use.parts)} if use.absolute else set()
        first, rest = use.parts[0], use.parts[1:]
        found = self._stands_for(first, None if use.later else index)
        if found is None:
            found = {first, *(f"{star}.{first}" for star in self._stars)}
        return {".".join((name, *rest)) for name in found}

    def _stands_for(self, name: str, limit: int | None, depth: int = 0) -> set[str] | None:
        """What a top-level name stands for; None if the notebook does not define it."""
        found: set[str] | None = None
        for index in self.givers(name, limit):
            found = found or set()
            for absolute, parts in self.statements[index].binds.get(name, ()):
                deeper = None
                if not absolute and depth < 20:
                    deeper = self._stands_for(parts[0], index, depth + 1)
                starts = {parts[0]} if deeper is None else deeper
                found |= {".".join((start, *parts[1:])) for start in starts}
        return found


@lru_cache(maxsize=1024)
def _statements(source: Source) -> tuple[Statement, ...]:
    """The top-level statements of a cell; read once, though several questions ask."""
    tree = parse_cell(source.text)
    try:
        return tuple(_read(source, node) for node in (tree.body if tree is not None else []))
    except RecursionError:
        return ()  # deeper than Python itself would compile


def _read(source: Source, node: ast.stmt) -> Statement:
    changes, calls = changed_names(node)
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign
    kinds |= ast.AnnAssign | ast.Import | ast.ImportFrom
    return Statement(
        source,
        node,
        uses=tuple(uses_of(node)),
        binds=bindings(node),
        changes=frozenset(changes),
        calls=frozenset(calls),
        replaces=isinstance(node, kinds) and getattr(node, "value", node) is not None,
    )


def _star_imports(node: ast.stmt) -> list[str]:
    found = [n for n in ast.walk(node) if isinstance(n, ast.ImportFrom) and n.module]
    return [str(n.module) for n in found if any(alias.name == "*" for alias in n.names)]


def defined_names(text: str) -> set[str]:
    """The functions and classes that a cell defines at its top level."""
    tree = parse_cell(text)
    if tree is None:
        return set()
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return {node.name for node in tree.body if isinstance(node, kinds)}
