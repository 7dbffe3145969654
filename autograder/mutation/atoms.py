"""Changes of the smallest things, constants, and parentheses around what is put elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import libcst as cst

LARGE = 100  # a whole number from here on is a size, which is doubled or halved
ATOMS = (
    cst.Name,
    cst.Attribute,
    cst.Call,
    cst.Subscript,
    cst.Integer,
    cst.Float,
    cst.SimpleString,
    cst.List,
    cst.Dict,
    cst.Set,
    cst.ListComp,
)


def held(node: cst.BaseExpression, place: cst.BaseExpression | None = None) -> cst.BaseExpression:
    """An expression that can stand in any place: in parentheses unless it needs none.

    Args:
        node: the expression.
        place: what it takes the place of; its parentheses stay.
    """
    if place is not None and place.lpar and not node.lpar:
        return node.with_changes(lpar=place.lpar, rpar=place.rpar)
    if node.lpar or isinstance(node, ATOMS):
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def changed_atoms(node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode, cst.CSTNode]]:
    """What a constant is changed to."""
    if isinstance(node, cst.Integer):
        yield from (("constant", node, _number(value, node)) for value in _integers(node))
    elif isinstance(node, cst.Float):
        value = float(node.value.replace("_", ""))
        others = (2 * value, value / 2) if value else (1.0,)
        yield from (("constant", node, _number(other, node)) for other in others)
    elif isinstance(node, cst.Name) and node.value in ("True", "False"):
        flipped = node.with_changes(value="False" if node.value == "True" else "True")
        yield "constant", node, flipped
    elif isinstance(node, cst.SimpleString):
        yield "constant", node, node.with_changes(value=_other_text(node))


def _integers(node: cst.Integer) -> list[int]:
    value = int(node.value.replace("_", ""), 0)
    return [value + 1, value // 2] if value >= LARGE else [value + 1, value - 1]


def _number(value: float, place: cst.BaseExpression) -> cst.BaseExpression:
    """A literal, which has its sign outside."""
    kind = cst.Integer if isinstance(value, int) else cst.Float
    literal = kind(repr(abs(value)))
    if value < 0:
        return held(cst.UnaryOperation(cst.Minus(), literal), place)
    return held(literal, place)


def _other_text(node: cst.SimpleString) -> str:
    """Letters that name choices with another one at the end, other text with one letter more."""
    text = str(ast.literal_eval(node.value))
    if text.isupper() and text.isalpha() and text.isascii():
        return repr(text[:-1] + ("A" if text[-1] == "Z" else chr(ord(text[-1]) + 1)))
    return repr(text + "x")
