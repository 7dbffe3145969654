"""Which forbidden names a student's code uses, read from its syntax tree.

The roots are the names that the question's tests asked for; from them the reading follows every
name to its top-level definitions in the notebook as they are when the cell is marked, so a
forbidden call in a helper counts for the question that uses the helper and for no other. Names are
resolved as Python does: a local variable called `grad` is not `torch.autograd.grad` because
another cell imported it. Imports are resolved wherever they stand, so aliases and `from` imports
are seen. Under a policy, code that hides names from reading (`eval`, `exec`, `__import__`,
`importlib`, `globals`, a computed `getattr`, a module passed on as a value, a module that can't be
read, the private parts of a package of which something is forbidden) is itself a breach, and so is
`eval` or `exec` in what the notebook runs at top level, since it can define anything.

Modules that come with a notebook are read in the same way, from the names that are taken of them.
Statements that put something into a module, which is everybody's, are read with every question.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.machinery import PathFinder

from autograder.definitions import Notebook, Source, defined_names
from autograder.scopes import Use

__all__ = ["Breach", "Source", "breaches", "defined_names"]

HIDING = {"eval", "exec", "compile", "__import__", "globals", "locals", "vars", "__builtins__"}
HIDING |= {"getattr", "get_ipython", "sys.modules", "sys._getframe"}
HIDING |= {"operator.attrgetter", "operator.methodcaller", "__loader__", "__spec__"}
HIDING_MODULES = tuple(
    "importlib builtins ctypes gc inspect subprocess pkgutil runpy pickle marshal".split()
)
HIDING_ATTRIBUTES = {"__globals__", "__builtins__", "__subclasses__", "__getattribute__"}
HIDING_ATTRIBUTES |= {"f_globals", "f_locals", "f_builtins", "__self__"}
_HISTORY = re.compile(r"In|Out|_[io]h|_{1,3}|_i?\d+")  # what cells gave, as IPython keeps it
OURS = {"autograder", "tdlcourse"}  # there, however they are installed
# What may define, at top level, the very names that the tests ask for.
DEFINING = {"eval", "exec"}
DEFINING_METHODS = {"ex", "ev", "push", "user_ns", "run_cell", "run_code", "run_cell_magic"}


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
        sources: the notebook's code cells in order of execution, and modules beside it.
        roots: names that the question's tests asked for.
        forbidden: dotted names of modules or attributes; ".name" forbids an attribute anywhere.
    """
    if not forbidden:
        return []
    reading = _Reading(sources, forbidden)
    reading.follow(roots)
    return list(reading.found)


class _Reading:
    """One reading of a notebook and of the modules that came with it, for one question."""

    def __init__(self, sources: Sequence[Source], forbidden: Sequence[str]) -> None:
        self._forbidden = forbidden
        self._codes = {"": Notebook([s for s in sources if not s.module])}
        for source in sources:
            if source.module:
                self._codes[source.module] = Notebook([source])
        self._always = {m: c.changing_modules(forbidden) for m, c in self._codes.items()}
        self._seen: set[tuple[str, int]] = set()
        self._new: set[tuple[str, frozenset[Use]]] = set()
        self.found: dict[Breach, None] = {}

    def follow(self, roots: Iterable[str]) -> None:
        """Read what `roots` reach, through modules too, and what changes modules."""
        self._read("", frozenset(roots))
        waiting = [(module, frozenset[Use]()) for module in self._codes if module]
        done = set(waiting)
        while waiting or self._new:
            waiting += self._new - done
            done |= self._new
            self._new.clear()
            module, uses = waiting.pop()
            code = self._codes[module]
            self._read(module, frozenset(use.parts[0] for use in uses))
            for use in uses:  # what a name of the module stands for, if it is an import there
                index = next(code.givers(use.parts[0]), None)
                if index is not None:
                    there = replace(use, line=code.statements[index].node.lineno)
                    self._note(code, index, self._breaches_of(code, there, index))
                    self._new.update(self._taken(code, there, index))

    def _read(self, module: str, names: frozenset[str]) -> None:
        code = self._codes[module]
        for index in code.reached(names, self._always[module]):
            if (module, index) in self._seen:
                continue
            self._seen.add((module, index))
            for use in code.statements[index].uses:
                self._note(code, index, self._breaches_of(code, use, index))
                self._new.update(self._taken(code, use, index))
            self._note(code, index, self._unreadable(code, index))
        if names or not module:
            for index in code.run_at_top_level():
                self._note(code, index, _definers(code, index))

    def _note(self, code: Notebook, index: int, breaches: Iterable[tuple[str, int]]) -> None:
        for name, line in breaches:
            self.found.setdefault(_breach(code, index, name, line))

    def _breaches_of(self, code: Notebook, use: Use, index: int) -> Iterator[tuple[str, int]]:
        """Forbidden or hiding names in one use of a name, with their lines."""
        binds = code.statements[index].binds
        if "?" in use.parts:
            yield "a computed getattr", use.line
        for part in use.parts[1:]:
            if f".{part}" in self._forbidden:
                yield f".{part}", use.line
            if part in HIDING_ATTRIBUTES:
                yield part, use.line
        for dotted in code.meanings(use, index):
            if _hides(dotted) and not (dotted == "getattr" and use.called):
                yield dotted, use.line
            if _HISTORY.fullmatch(dotted) and (use.later or dotted not in binds):
                yield dotted, use.line
            if private := _private_part(dotted, self._forbidden):
                yield private, use.line
            for name in self._forbidden:
                if dotted == name or dotted.startswith(name + "."):
                    yield name, use.line
                elif use.value and name.startswith(dotted.removesuffix(".__dict__") + "."):
                    yield f"{dotted} as a value", use.line

    def _taken(self, code: Notebook, use: Use, index: int) -> Iterator[tuple[str, frozenset[Use]]]:
        """Modules of the submission that a name leads to, and what it takes of them."""
        for dotted in code.meanings(use, index) if len(self._codes) > 1 else ():
            for module, other in self._codes.items():
                if module and (dotted == module or dotted.startswith(".")):
                    everything = (Use((name,), 0, True, later=True) for name in other.names)
                    yield module, frozenset(everything)
                elif module and dotted.startswith(module + "."):
                    parts = tuple(dotted[len(module) + 1 :].split("."))
                    taken = Use(parts, 0, True, later=True, value=use.value, called=use.called)
                    yield module, frozenset([taken])

    def _unreadable(self, code: Notebook, index: int) -> Iterator[tuple[str, int]]:
        """Imports of what is neither installed nor came with the notebook."""
        for node in ast.walk(code.statements[index].node):
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""] if node.level == 0 else []
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            for root in {name.partition(".")[0] for name in names}:
                brought = any(module.partition(".")[0] == root for module in self._codes)
                if not brought and not is_installed(root):
                    yield f"{root}, a module that can't be read,", node.lineno


@lru_cache(maxsize=256)
def is_installed(root: str) -> bool:
    """Whether a top-level module belongs to the interpreter or its packages; imports nothing."""
    if root in sys.stdlib_module_names or root in OURS:
        return True
    packages = [path for path in sys.path if path.endswith("-packages")]
    try:
        return PathFinder.find_spec(root, packages) is not None
    except (ImportError, ValueError, AttributeError):
        return False


def _hides(dotted: str) -> bool:
    return dotted in HIDING or dotted.partition(".")[0] in HIDING_MODULES


def _definers(code: Notebook, index: int) -> Iterator[tuple[str, int]]:
    """What in a statement may define names that can't be read, with its line."""
    for use in code.statements[index].uses:
        if use.free and use.parts[0] in DEFINING and use.parts[0] not in code.names:
            yield use.parts[0], use.line
    for node in ast.walk(code.statements[index].node):
        if isinstance(node, ast.Attribute) and _is_shell(node.value):
            if node.attr in DEFINING_METHODS:
                yield f"get_ipython().{node.attr}", node.lineno
        elif isinstance(node, ast.Call) and _runs_file(node):
            yield "%run", node.lineno


def _breach(code: Notebook, index: int, name: str, line: int) -> Breach:
    source = code.statements[index].source
    lines = source.text.splitlines()
    text = lines[line - 1].strip()[:120] if 0 < line <= len(lines) else ""
    return Breach(name, source.label, line, text)


def _private_part(dotted: str, forbidden: Sequence[str]) -> str:
    """The private name that a path goes through, in a package of which something is forbidden."""
    parts = dotted.split(".")
    if not any(name.startswith(parts[0] + ".") for name in forbidden):
        return ""
    for number, part in enumerate(parts):
        if part.startswith("_") and not part.startswith("__"):
            return ".".join(parts[: number + 1])
    return ""


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
