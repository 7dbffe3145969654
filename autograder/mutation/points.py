"""Places where a cell's code can be changed by one step, and what it is changed to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import accumulate

import libcst as cst
from libcst.metadata import (
    MetadataWrapper,
    PositionProvider,
    WhitespaceInclusivePositionProvider,
)

from autograder.mutation.atoms import changed_atoms, held
from autograder.mutation.exchanges import (
    ARITHMETIC,
    AUGMENTED,
    COMMUTATIVE,
    COMPARISONS,
    FUNCTIONS,
    NOT_COMMUTATIVE,
)

Pair = tuple[str, cst.CSTNode, cst.CSTNode]  # operator, node as it is, node as it becomes


@dataclass(frozen=True)
class Point:
    """One possible change.

    Attributes:
        operator: what kind of change, e.g. "comparison".
        first, last: the lines that are changed, from 1.
        text: the whole cell after the change.
    """

    operator: str
    first: int
    last: int
    text: str


def points_of(source: str, modules: frozenset[str]) -> Iterator[Point]:
    """All possible changes of a cell, in reading order.

    Args:
        source: Python code.
        modules: names that stand for imported modules, so that `np.sqrt(x)` is not a method call.

    Raises:
        libcst.ParserSyntaxError: it is not Python.
    """
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    places = wrapper.resolve(PositionProvider)
    spans = wrapper.resolve(WhitespaceInclusivePositionProvider)
    starts = list(accumulate(map(len, source.splitlines(keepends=True)), initial=0))
    for operator, old, new in _walk(wrapper.module, modules):
        span = spans[old]
        start = starts[span.start.line - 1] + span.start.column
        end = starts[span.end.line - 1] + span.end.column
        text = _replaced(wrapper.module, source, (start, end), old, new)
        yield Point(operator, places[old].start.line, places[old].end.line, text)


def _replaced(
    module: cst.Module, source: str, span: tuple[int, int], old: cst.CSTNode, new: cst.CSTNode
) -> str:
    """The text with a node replaced; in place if it stands there as it is written alone."""
    start, end = span
    if source[start:end] == module.code_for_node(old):
        return source[:start] + module.code_for_node(new) + source[end:]
    changed = module.deep_replace(old, new)  # writes all of the cell anew: dear
    return changed.code if isinstance(changed, cst.Module) else ""


def _walk(node: cst.CSTNode, modules: frozenset[str]) -> Iterator[Pair]:
    """Changes of a node and of what is in it; wording, annotations and imports are left alone."""
    if isinstance(node, cst.Annotation | cst.Import | cst.ImportFrom | cst.Global):
        return
    if isinstance(node, cst.SimpleStatementLine):
        yield from _removed_statements(node)
    if isinstance(node, cst.Raise) or _is_text(node):
        return
    for kind, change in CHANGES:
        if isinstance(node, kind):
            yield from change(node)
    if isinstance(node, cst.Call):
        yield from _dropped_call(node, modules)
    yield from changed_atoms(node)
    for child in node.children:
        if not (_is_assertive(node) and isinstance(child, cst.Arg) and child.keyword is not None):
            yield from _walk(child, modules)


def _is_text(node: cst.CSTNode) -> bool:
    """A docstring, or another string that stands for itself."""
    text = cst.SimpleString | cst.FormattedString | cst.ConcatenatedString
    return isinstance(node, cst.FormattedString) or (
        isinstance(node, cst.Expr) and isinstance(node.value, text)
    )


def _is_assertive(node: cst.CSTNode) -> bool:
    """zip(strict=...): says what is true anyway, of arguments that are as the statement says."""
    return (
        isinstance(node, cst.Call) and isinstance(node.func, cst.Name) and node.func.value == "zip"
    )


def _removed_statements(line: cst.SimpleStatementLine) -> Iterator[Pair]:
    kept = (cst.Import, cst.ImportFrom, cst.Pass, cst.Global, cst.Nonlocal, cst.Return)
    for small in line.body:
        if isinstance(small, cst.Return) and small.value is not None:
            yield "returned value", small, small.with_changes(value=None)
        elif not isinstance(small, kept) and not _is_text(small):
            yield "removed statement", small, cst.Pass(semicolon=small.semicolon)


def _removed_loop(loop: cst.For | cst.While) -> Iterator[Pair]:
    nothing = cst.SimpleStatementLine([cst.Pass()], leading_lines=loop.leading_lines)
    yield "removed statement", loop, nothing


def _binary(node: cst.BinaryOperation) -> Iterator[Pair]:
    kind = type(node.operator)
    space = {f: getattr(node.operator, f) for f in ("whitespace_before", "whitespace_after")}
    if kind in ARITHMETIC:
        other = node.with_changes(operator=ARITHMETIC[kind](**space))
        yield "operator", node, held(other) if kind is cst.Power else other
    for side in (node.left, node.right):
        if isinstance(node.operator, cst.MatrixMultiply | cst.Modulo):
            continue
        if side is node.right and isinstance(node.operator, cst.Divide | cst.Power):
            continue  # what is left would be the divisor or the exponent
        yield "dropped term", node, held(side, node)
    if kind in (cst.Subtract,):
        negated = cst.UnaryOperation(cst.Minus(), held(node.right))
        yield "dropped term", node, held(negated, node)
    if isinstance(node.operator, NOT_COMMUTATIVE):
        swapped = node.with_changes(left=held(node.right), right=held(node.left))
        yield "swapped operands", node, swapped


def _augmented(node: cst.AugAssign) -> Iterator[Pair]:
    other = AUGMENTED.get(type(node.operator))
    if other is not None:
        yield "operator", node, node.with_changes(operator=other())
    assigned = cst.Assign([cst.AssignTarget(node.target)], node.value)
    yield "operator", node, assigned


def _unary(node: cst.UnaryOperation) -> Iterator[Pair]:
    yield "operator", node, held(node.expression, node)


def _comparison(node: cst.Comparison) -> Iterator[Pair]:
    for i, target in enumerate(node.comparisons):
        for other in COMPARISONS.get(type(target.operator), ()):
            changed = target.with_changes(operator=other())
            targets = [*node.comparisons[:i], changed, *node.comparisons[i + 1 :]]
            yield "comparison", node, node.with_changes(comparisons=targets)


def _boolean(node: cst.BooleanOperation) -> Iterator[Pair]:
    other = cst.Or() if isinstance(node.operator, cst.And) else cst.And()
    yield "boolean operator", node, held(node.with_changes(operator=other))
    yield "dropped term", node, held(node.left, node)
    yield "dropped term", node, held(node.right, node)


def _branch(node: cst.If) -> Iterator[Pair]:
    for value in ("True", "False"):
        condition = node.test
        yield "condition", condition, cst.Name(value)


def _choice(node: cst.IfExp) -> Iterator[Pair]:
    yield "condition", node, held(node.body, node)
    yield "condition", node, held(node.orelse, node)


def _condition_of_comprehension(node: cst.CompFor) -> Iterator[Pair]:
    for i in range(len(node.ifs)):
        yield "condition", node, node.with_changes(ifs=[*node.ifs[:i], *node.ifs[i + 1 :]])


def _call(node: cst.Call) -> Iterator[Pair]:
    for i, arg in enumerate(node.args):
        if arg.keyword is not None and not _is_assertive(node):
            rest = [*node.args[:i], *node.args[i + 1 :]]
            if rest:
                rest[-1] = rest[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            yield "keyword", node, node.with_changes(args=rest)
    if _called(node) in COMMUTATIVE:
        return
    plain = [i for i, arg in enumerate(node.args) if arg.keyword is None and not arg.star]
    for i, j in zip(plain, plain[1:], strict=False):
        yield from _swapped(node, "args", list(node.args), i, j)


def _dropped_call(node: cst.Call, modules: frozenset[str]) -> Iterator[Pair]:
    function = node.func
    if isinstance(function, cst.Attribute) and _root(function) not in modules:
        yield "dropped call", node, held(function.value, node)
    elif len(node.args) == 1 and node.args[0].keyword is None and not node.args[0].star:
        yield "dropped call", node, held(node.args[0].value)


def _root(node: cst.BaseExpression) -> str:
    while isinstance(node, cst.Attribute):
        node = node.value
    return node.value if isinstance(node, cst.Name) else ""


def _called(node: cst.Call) -> str:
    name = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    return name.value if isinstance(name, cst.Name) else ""


def _function(node: cst.Call) -> Iterator[Pair]:
    name = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    if isinstance(name, cst.Name) and name.value in FUNCTIONS:
        yield "function", name, name.with_changes(value=FUNCTIONS[name.value])


def _attribute(node: cst.Attribute) -> Iterator[Pair]:
    if node.attr.value in ("T", "mT"):
        yield "dropped call", node, held(node.value, node)


def _slice(node: cst.Slice) -> Iterator[Pair]:
    if node.lower is not None:
        yield "index", node, node.with_changes(lower=None)
    if node.upper is not None:
        yield "index", node, node.with_changes(upper=None)
    if node.step is not None:
        yield "index", node, node.with_changes(step=None, second_colon=cst.MaybeSentinel.DEFAULT)


def _subscript(node: cst.Subscript) -> Iterator[Pair]:
    for i in range(len(node.slice) - 1):
        yield from _swapped(node, "slice", list(node.slice), i, i + 1)


def _returned(node: cst.Return) -> Iterator[Pair]:
    if isinstance(node.value, cst.Tuple):
        for i in range(len(node.value.elements) - 1):
            yield from _swapped(node.value, "elements", list(node.value.elements), i, i + 1)


def _swapped(
    node: cst.CSTNode, name: str, items: list[cst.CSTNode], i: int, j: int
) -> Iterator[Pair]:
    """Two members in each other's place; commas and spaces stay where they are."""
    first, second = items[i], items[j]
    field = "slice" if name == "slice" else "value"
    a, b = getattr(first, field), getattr(second, field)
    if not a.deep_equals(b):
        items[i], items[j] = first.with_changes(**{field: b}), second.with_changes(**{field: a})
        yield "swapped arguments", node, node.with_changes(**{name: items})


CHANGES: tuple[tuple[type[cst.CSTNode], Callable[..., Iterator[Pair]]], ...] = (
    (cst.For, _removed_loop),
    (cst.While, _removed_loop),
    (cst.BinaryOperation, _binary),
    (cst.AugAssign, _augmented),
    (cst.UnaryOperation, _unary),
    (cst.Comparison, _comparison),
    (cst.BooleanOperation, _boolean),
    (cst.If, _branch),
    (cst.IfExp, _choice),
    (cst.CompFor, _condition_of_comprehension),
    (cst.Call, _call),
    (cst.Call, _function),
    (cst.Attribute, _attribute),
    (cst.Slice, _slice),
    (cst.Subscript, _subscript),
    (cst.Return, _returned),
)
