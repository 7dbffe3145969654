"""Names that a statement uses and binds, resolved through its own scopes as Python does.

Theory of operation: a walk over the syntax tree carries the chain of function scopes around each
node. A scope maps each name that it binds to what the name may stand for: dotted names after an
import or a plain renaming, nothing for a value of its own. A name that no function scope binds is
free: it belongs to the notebook, which resolves it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
MAX_MEANINGS = 50
CHANGING = ("setattr", "vars")  # calls that change their first argument, or let it be changed

Parts = tuple[str, ...]
Scope = dict[str, list[tuple[bool, Parts]]]  # name -> (is absolute, dotted) that it may stand for


@dataclass(frozen=True)
class Use:
    """A dotted name in a statement.

    Attributes:
        parts: the name; the last is "?" for a computed getattr.
        line: where it stands.
        free: whether its first part is the notebook's, or Python's.
        absolute: whether it is what an import says, not to be resolved further.
        later: whether it is looked up when a function is called, not when the statement runs.
        value: whether the object is passed on as it is, not called nor looked into.
        called: whether it is called.
        stored: whether something is put into the object, by attribute or by key.
    """

    parts: Parts
    line: int
    free: bool
    absolute: bool = False
    later: bool = False
    value: bool = False
    called: bool = False
    stored: bool = False


def dotted_chain(node: ast.AST) -> Parts | None:
    """a.b.c as its parts, `getattr(a, "b")` as a.b with "?" for a computed name; else None."""
    if isinstance(node, ast.Name):
        return (node.id,)
    if isinstance(node, ast.Attribute):
        owner = dotted_chain(node.value)
        return None if owner is None else (*owner, node.attr)
    if isinstance(node, ast.Call) and _is_getattr(node):
        name = node.args[1]
        known = isinstance(name, ast.Constant) and isinstance(name.value, str)
        owner = dotted_chain(node.args[0]) or ("_",)
        return (*owner, str(name.value) if isinstance(name, ast.Constant) and known else "?")
    return None


def _is_getattr(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "getattr" and len(call.args) >= 2


def bound_names(node: ast.AST) -> set[str]:
    """Names that a statement binds in the scope it stands in."""
    found: set[str] = set()
    for child in _own_scope(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store | ast.Del):
            found.add(child.id)
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(child.name)
        elif isinstance(child, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and child.name:
            found.add(child.name)
        elif isinstance(child, ast.MatchMapping) and child.rest:
            found.add(child.rest)
        elif isinstance(child, ast.Import | ast.ImportFrom):
            found |= {name for name, _ in imports(child)}
    return found


def changed_names(node: ast.stmt) -> tuple[set[str], set[str]]:
    """Names whose value a statement changes without binding them, and names that it may change.

    The first: x[i] = ..., x.a = ..., setattr(x, ...), a function's `global x`. The second: an
    expression statement that calls a method, as in x.append(...).
    """
    changed: set[str] = set()
    called: set[str] = set()
    for child in ast.walk(node):
        if isinstance(child, ast.Global):
            changed.update(child.names)
        elif isinstance(child, ast.Attribute | ast.Subscript) and isinstance(child.ctx, ast.Store):
            changed |= _owner(child.value)
        elif isinstance(child, ast.Call) and isinstance(child.func, ast.Name):
            if child.func.id == "setattr" and child.args:
                changed |= _owner(child.args[0])
        elif isinstance(child, ast.Call) and isinstance(node, ast.Expr):
            called |= _owner(child.func)
    return changed, called


def _owner(node: ast.AST) -> set[str]:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return {node.id} if isinstance(node, ast.Name) else set()


def imports(node: ast.Import | ast.ImportFrom) -> list[tuple[str, str]]:
    """Local names of an import and the dotted names that they stand for."""
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        return [(a.asname or a.name, f"{module}.{a.name}") for a in node.names if a.name != "*"]
    return [
        (a.asname or a.name.partition(".")[0], a.name if a.asname else a.name.partition(".")[0])
        for a in node.names
    ]


def _own_scope(node: ast.AST) -> Iterator[ast.AST]:
    """A node and what stands in the same scope; the heads of inner ones, not their bodies."""
    yield node
    if isinstance(node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(node, COMPREHENSIONS) and isinstance(child, ast.comprehension):
            # Only `:=` leaves a comprehension; its targets don't.
            yield from (n for n in ast.walk(child) if isinstance(n, ast.NamedExpr))
        elif not (isinstance(node, ast.comprehension) and child is node.target):
            yield from _own_scope(child)


def uses_of(statement: ast.stmt) -> list[Use]:
    """The dotted names that a top-level statement uses."""
    reader = _Reader()
    reader.visit(statement, [], later=False)
    return reader.uses


class _Reader:
    def __init__(self) -> None:
        self.uses: list[Use] = []
        self._in_class = False

    def visit(self, node: ast.AST, scopes: list[Scope], *, later: bool) -> None:
        if isinstance(node, FUNCTIONS):
            self._function(node, scopes, later)
        elif isinstance(node, COMPREHENSIONS):
            self._comprehension(node, scopes, later)
        elif isinstance(node, ast.ClassDef):
            self._class(node, scopes, later)
        elif isinstance(node, ast.Import | ast.ImportFrom) and (scopes or self._in_class):
            for _, dotted in imports(node):
                parts = tuple(dotted.split("."))
                self.uses.append(Use(parts, node.lineno, False, True, later, self._in_class))
        elif isinstance(node, ast.Assign) and dotted_chain(node.value) is not None:
            followed = all(self._is_followed(target, scopes) for target in node.targets)
            self._chain(node.value, scopes, later, value=not followed)
            self._all(node.targets, scopes, later)
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            self._stored(node.value, scopes, later)
            self.visit(node.slice, scopes, later=later)
        elif dotted_chain(node) is not None:
            self._chain(node, scopes, later, value=True)
        elif isinstance(node, ast.Call) and dotted_chain(node.func) is not None:
            self._chain(node.func, scopes, later, value=False, called=True)
            changes = isinstance(node.func, ast.Name) and node.func.id in CHANGING
            for argument in node.args[:1] if changes else []:
                self._stored(argument, scopes, later)
            self._all([*node.args[changes:], *node.keywords], scopes, later)
        elif isinstance(node, ast.Attribute):
            self.uses.append(Use(("_", node.attr), node.lineno, False, False, later))
            self.visit(node.value, scopes, later=later)
        else:
            self._all(ast.iter_child_nodes(node), scopes, later)

    def _all(self, nodes: Iterable[ast.AST], scopes: list[Scope], later: bool) -> None:
        for node in nodes:
            self.visit(node, scopes, later=later)

    def _stored(self, node: ast.AST, scopes: list[Scope], later: bool) -> None:
        """What something is put into by key or by setattr."""
        if dotted_chain(node) is not None:
            self._chain(node, scopes, later, value=True, stored=True)
        else:
            self.visit(node, scopes, later=later)

    def _is_followed(self, target: ast.AST, scopes: list[Scope]) -> bool:
        """Whether a name given by an assignment is looked up by what it stands for.

        A class's, a global or another function's name is not, nor is an attribute or an item.
        """
        if not isinstance(target, ast.Name) or self._in_class:
            return False
        return not scopes or target.id in scopes[-1]

    def _class(self, node: ast.ClassDef, scopes: list[Scope], later: bool) -> None:
        self._all([*node.decorator_list, *node.bases, *node.keywords], scopes, later)
        outer, self._in_class = self._in_class, True
        self._all(node.body, scopes, later)
        self._in_class = outer

    def _chain(
        self,
        node: ast.AST,
        scopes: list[Scope],
        later: bool,
        *,
        value: bool,
        called: bool = False,
        stored: bool = False,
    ) -> None:
        parts = dotted_chain(node) or ()
        line = getattr(node, "lineno", 0)
        if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            value, stored = False, isinstance(node, ast.Attribute)
        for free, absolute, meaning in _meanings(parts, scopes):
            self.uses.append(Use(meaning, line, free, absolute, later, value, called, stored))
        for child in ast.walk(node):  # the arguments of a getattr in the chain
            if isinstance(child, ast.Call):
                self._all(child.args[1:], scopes, later)

    def _function(self, node: ast.AST, scopes: list[Scope], later: bool) -> None:
        arguments: ast.arguments = node.args  # type: ignore[attr-defined]
        outer = [*arguments.defaults, *(d for d in arguments.kw_defaults if d is not None)]
        outer += getattr(node, "decorator_list", [])
        self._all(outer, scopes, later)
        body = [node.body] if isinstance(node, ast.Lambda) else node.body  # type: ignore[attr-defined]
        in_class, self._in_class = self._in_class, False
        self._all(body, [*scopes, _scope(arguments, body)], later=True)
        self._in_class = in_class

    def _comprehension(self, node: ast.AST, scopes: list[Scope], later: bool) -> None:
        targets = {
            name.id
            for generator in node.generators  # type: ignore[attr-defined]
            for name in ast.walk(generator.target)
            if isinstance(name, ast.Name)
        }
        first = node.generators[0].iter  # type: ignore[attr-defined]
        self.visit(first, scopes, later=later)
        inner: list[Scope] = [*scopes, {name: [] for name in targets}]
        for child in ast.iter_child_nodes(node):
            parts = ast.iter_child_nodes(child) if isinstance(child, ast.comprehension) else [child]
            self._all((p for p in parts if p is not first), inner, later)


def _scope(arguments: ast.arguments, body: Sequence[ast.AST]) -> Scope:
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    scope: Scope = {a.arg: [] for a in (*listed, arguments.vararg, arguments.kwarg) if a}
    outside: set[str] = set()
    for statement in body:
        for name, meanings in bindings(statement).items():
            scope.setdefault(name, []).extend(meanings)
        for child in _own_scope(statement):
            if isinstance(child, ast.Global | ast.Nonlocal):
                outside.update(child.names)
    return {name: meanings for name, meanings in scope.items() if name not in outside}


def bindings(statement: ast.AST) -> Scope:
    """What the names that a statement binds may stand for."""
    scope: Scope = {name: [] for name in bound_names(statement)}
    for child in _own_scope(statement):
        if isinstance(child, ast.Import | ast.ImportFrom):
            for name, dotted in imports(child):
                scope[name].append((True, tuple(dotted.split("."))))
        else:
            _rename(child, scope)
    return scope


def _rename(node: ast.AST, scope: Scope) -> None:
    """Note `t = torch.autograd`, `a, b = torch, numpy` and `(t := torch)`."""
    if not isinstance(node, ast.Assign | ast.NamedExpr | ast.AnnAssign) or node.value is None:
        return
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        pairs = [(target, node.value)]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = list(zip(target.elts, node.value.elts, strict=False))
        for name, value in pairs:
            chain = dotted_chain(value)
            if isinstance(name, ast.Name) and chain is not None and name.id in scope:
                scope[name.id].append((False, chain))


def _meanings(parts: Parts, scopes: Sequence[Scope]) -> list[tuple[bool, bool, Parts]]:
    """What a chain may stand for: (is free, is absolute, its parts)."""
    found: dict[tuple[bool, bool, Parts], None] = {}
    waiting, seen = [(parts, len(scopes))], set[tuple[Parts, int]]()
    while waiting and len(seen) < MAX_MEANINGS:
        chain, depth = waiting.pop()
        if (chain, depth) in seen:
            continue
        seen.add((chain, depth))
        level = next((d for d in reversed(range(depth)) if chain[0] in scopes[d]), None)
        if level is None:
            found[True, False, chain] = None
            continue
        found[False, False, ("_", *chain[1:])] = None  # also a value of the function's own
        for absolute, meaning in scopes[level][chain[0]]:
            if absolute:
                found[False, True, (*meaning, *chain[1:])] = None
            else:
                waiting.append(((*meaning, *chain[1:]), level + 1))
    return list(found)
