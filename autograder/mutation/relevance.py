"""Which statements of a cell the marks can depend on; a plot or a print they can't."""

from __future__ import annotations

import ast

from autograder.scopes import FUNCTIONS, bound_names, changed_names, uses_of

PLOTTING = "plt"
DISPLAYS = {"print", "display", PLOTTING}


def needed_lines(statements: list[ast.stmt], wanted: set[str]) -> set[int]:
    """Lines of the top-level statements that the wanted names depend on, directly or not."""
    wanted, lines, chosen = set(wanted), set[int](), set[int]()
    shown = DISPLAYS | {name for s in statements if _draws(s) for name in bound_names(s)}
    while True:
        before = len(chosen)
        for index, statement in enumerate(statements):
            if index in chosen or not wanted & _written(statement, shown):
                continue
            chosen.add(index)
            wanted |= _read(statement)
            lines |= set(range(statement.lineno, (statement.end_lineno or statement.lineno) + 1))
        if len(chosen) == before:
            return lines


def free_names(source: str) -> set[str]:
    """Names that a cell takes from the notebook."""
    return {name for statement in ast.parse(source).body for name in _read(statement)}


def _draws(statement: ast.stmt) -> bool:
    """Whether a statement names figures: `fig, ax = plt.subplots()`."""
    return isinstance(statement, ast.Assign) and _root(statement.value) == PLOTTING


def _read(statement: ast.stmt) -> set[str]:
    loaded = {
        node.id
        for node in ast.walk(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
    augmented = {
        node.target.id
        for node in ast.walk(statement)
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name)
    }
    return {u.parts[0] for u in uses_of(statement) if u.free} & (loaded | augmented)


def _written(statement: ast.stmt, shown: set[str]) -> set[str]:
    """Names that a statement binds, changes, or hands to a call that may change them."""
    return bound_names(statement) | changed_names(statement)[0] | _handed(statement, shown)


def _handed(node: ast.AST, shown: set[str]) -> set[str]:
    if isinstance(node, FUNCTIONS):
        return set()  # its calls are no part of this statement
    if isinstance(node, ast.Expr):
        if isinstance(node.value, ast.Call) and _root(node.value) in shown:
            return set()
        return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return {name for child in ast.iter_child_nodes(node) for name in _handed(child, shown)}


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
