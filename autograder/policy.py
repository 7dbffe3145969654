"""Which forbidden names a student's code uses, read from its syntax tree.

The roots are the names that the question's tests asked for; from them the reading follows every
name to its top-level definitions in the notebook as they are when the cell is marked, so a
forbidden call in a helper counts for the question that uses the helper and for no other. Names are
resolved as Python does: a local variable called `grad` is not `torch.autograd.grad` because
another cell imported it. Imports are resolved wherever they stand, so aliases and `from` imports
are seen. Under a policy, code that hides names from reading (`eval`, `exec`, `__import__`,
`importlib`, `globals`, a computed `getattr`, a module passed on as a value) is itself a breach, and
so is `eval` or `exec` in what the notebook runs at top level, since it can define anything.
"""

from __future__ import annotations

import ast
import warnings
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from autograder.scopes import Scope, Use, bindings, changed_names, uses_of

HIDING = {"eval", "exec", "compile", "__import__", "globals", "locals", "vars", "__builtins__"}
HIDING |= {"getattr", "get_ipython", "sys.modules", "sys._getframe"}
HIDING |= {"operator.attrgetter", "operator.methodcaller"}
HIDING_MODULES = ("importlib", "builtins", "ctypes", "gc", "inspect", "subprocess", "pkgutil")
HIDING_ATTRIBUTES = {"__globals__", "__builtins__", "__subclasses__", "__getattribute__"}
# What may define, at top level, the very names that the tests ask for.
DEFINING = {"eval", "exec"}
DEFINING_METHODS = {"ex", "ev", "push", "user_ns", "run_cell", "run_code", "run_cell_magic"}
IN_NAMESPACE = ("time", "timeit", "capture", "prun")  # cell magics that run their body here
ELSEWHERE = tuple(  # cell magics whose body is no Python of this notebook
    "bash sh script html javascript js latex markdown svg writefile file python perl ruby".split()
)


@dataclass(frozen=True)
class Source:
    """A code cell: its label for messages (grade_id or number) and its text."""

    label: str
    text: str


@dataclass(frozen=True)
class Breach:
    """One use of a forbidden name."""

    name: str
    cell: str
    line: int
    text: str

    def __str__(self) -> str:
        where = f"{self.cell}, line {self.line}"
        return f"{self.name} is not allowed in this question: {where}: {self.text}"


def breaches(
    sources: Sequence[Source], roots: Iterable[str], forbidden: Sequence[str]
) -> list[Breach]:
    """Uses of `forbidden` names in the definitions that `roots` reach.

    Args:
        sources: the notebook's code cells in order of execution.
        roots: names that the question's tests asked for.
        forbidden: dotted names of modules or attributes; ".name" forbids an attribute anywhere.
    """
    if not forbidden:
        return []
    notebook = _Notebook(sources)
    found: dict[Breach, None] = {}
    for index in notebook.reached(roots):
        for name, line in notebook.breaches_of(index, forbidden):
            found.setdefault(notebook.breach(index, name, line))
    for index in notebook.run_at_top_level():
        for name, line in notebook.definers(index):
            found.setdefault(notebook.breach(index, name, line))
    return list(found)


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
class _Statement:
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


class _Notebook:
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

    def reached(self, roots: Iterable[str]) -> list[int]:
        """Statements that the values of these names come from, directly or not."""
        waiting: list[tuple[str, int | None]] = [(name, None) for name in roots]
        seen, found = set(waiting), set[int]()
        while waiting:
            for index in self.givers(*waiting.pop()):
                found.add(index)
                for use in self.statements[index].uses:
                    wanted = (use.parts[0], None if use.later else index)
                    if use.free and wanted not in seen:
                        seen.add(wanted)
                        waiting.append(wanted)
        return sorted(found)

    def run_at_top_level(self) -> set[int]:
        """Statements that run when the notebook does, and the definitions that they use."""
        direct = {i for i, s in enumerate(self.statements) if not s.defines}
        names = {u.parts[0] for i in direct for u in self.statements[i].uses if u.free}
        return direct | set(self.reached(names))

    def breaches_of(self, index: int, forbidden: Sequence[str]) -> Iterator[tuple[str, int]]:
        """Forbidden or hiding names in one statement, with their lines."""
        for use in self.statements[index].uses:
            if "?" in use.parts:
                yield "a computed getattr", use.line
            for part in use.parts[1:]:
                if f".{part}" in forbidden:
                    yield f".{part}", use.line
                if part in HIDING_ATTRIBUTES:
                    yield part, use.line
            for dotted in self._meanings(use, index):
                if dotted in HIDING or dotted.partition(".")[0] in HIDING_MODULES:
                    if not (dotted == "getattr" and use.called):
                        yield dotted, use.line
                for name in forbidden:
                    if dotted == name or dotted.startswith(name + "."):
                        yield name, use.line
                    elif use.value and name.startswith(dotted.removesuffix(".__dict__") + "."):
                        yield f"{dotted} as a value", use.line

    def _meanings(self, use: Use, index: int) -> set[str]:
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

    def definers(self, index: int) -> Iterator[tuple[str, int]]:
        """What in a statement may define names that can't be read, with its line."""
        for use in self.statements[index].uses:
            if use.free and use.parts[0] in DEFINING and use.parts[0] not in self._places:
                yield use.parts[0], use.line
        for node in ast.walk(self.statements[index].node):
            if isinstance(node, ast.Attribute) and _is_shell(node.value):
                if node.attr in DEFINING_METHODS:
                    yield f"get_ipython().{node.attr}", node.lineno
            elif isinstance(node, ast.Call) and _runs_file(node):
                yield "%run", node.lineno

    def breach(self, index: int, name: str, line: int) -> Breach:
        source = self.statements[index].source
        lines = source.text.splitlines()
        text = lines[line - 1].strip()[:120] if 0 < line <= len(lines) else ""
        return Breach(name, source.label, line, text)


@lru_cache(maxsize=1024)
def _statements(source: Source) -> tuple[_Statement, ...]:
    """The top-level statements of a cell; read once, though several questions ask."""
    tree = parse_cell(source.text)
    try:
        return tuple(_read(source, node) for node in (tree.body if tree is not None else []))
    except RecursionError:
        return ()  # deeper than Python itself would compile


def _read(source: Source, node: ast.stmt) -> _Statement:
    changes, calls = changed_names(node)
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign
    kinds |= ast.AnnAssign | ast.Import | ast.ImportFrom
    return _Statement(
        source,
        node,
        uses=tuple(uses_of(node)),
        binds=bindings(node),
        changes=frozenset(changes),
        calls=frozenset(calls),
        replaces=isinstance(node, kinds) and getattr(node, "value", node) is not None,
    )


def _is_shell(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "get_ipython"
    )


def _runs_file(call: ast.Call) -> bool:
    """Whether it is what IPython makes of %run."""
    named = isinstance(call.func, ast.Attribute) and call.func.attr in ("run_line_magic", "magic")
    first = call.args[0] if call.args else None
    text = first.value if isinstance(first, ast.Constant) else "run"
    return named and (not isinstance(text, str) or text.split()[:1] in (["run"], ["rerun"]))


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
