"""Questions about a program, read from its syntax tree, that its author can answer and others not.

Each question quotes a line and asks what it does, why it is there, or what another choice would
change. Nothing is run and no question claims that a line is right or wrong.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

PLAIN = (0, 1, 2, -1, True, False, None)  # constants that need no reason
LONGEST = 90


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        kind: "loop", "constant", ...; questions of different kinds are preferred.
        place: function that it is about; "" at top level.
        line: in the program; 0 for an answer in words.
        text: the question.
    """

    kind: str
    place: str
    line: int
    text: str


def code_questions(program: str, released: Sequence[str] = ()) -> list[Question]:
    """Every question that a program gives, in its order; none if it can't be read.

    Args:
        program: a student's code.
        released: what students were given; lines of it are not asked about.
    """
    try:
        tree = ast.parse(_without_magics(program))
    except (SyntaxError, ValueError, RecursionError):
        return []
    given = {" ".join(line.split()) for text in released for line in text.splitlines()}
    lines = program.splitlines()
    found = []
    for place, node in _nodes(tree, ""):
        question = _question(place, node)
        if question is None:
            continue
        own = " ".join(lines[question.line - 1].split()) not in given
        if own or question.kind == "function":
            found.append(question)
    return list({(q.line, q.kind): q for q in found}.values())


def _without_magics(program: str) -> str:
    """The same lines, IPython's own ones left empty."""
    return "\n".join(
        "" if line.lstrip().startswith(("%", "!")) else line for line in program.splitlines()
    )


def _nodes(node: ast.AST, place: str) -> Iterator[tuple[str, ast.AST]]:
    for child in ast.iter_child_nodes(node):
        inside = place
        if isinstance(child, ast.FunctionDef | ast.ClassDef):
            inside = f"{place}.{child.name}" if place else child.name
            yield inside, child
        else:
            yield place, child
        yield from _nodes(child, inside)


def _question(place: str, node: ast.AST) -> Question | None:
    for kind, asks in KINDS.items():
        text = asks(node)
        if text and isinstance(node, ast.expr | ast.stmt):
            return Question(kind, place, node.lineno, text)
    return None


def _quoted(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return f"`{text if len(text) <= LONGEST else text[: LONGEST - 1] + '…'}`"


def _loop(node: ast.AST) -> str:
    if isinstance(node, ast.For):
        head = f"for {ast.unparse(node.target)} in {ast.unparse(node.iter)}"
        return f"`{head[:LONGEST]}`: what has been computed after k passes, and how many are there?"
    if isinstance(node, ast.While):
        return f"`while {ast.unparse(node.test)[:LONGEST]}`: why does this end, and after how long?"
    return ""


def _condition(node: ast.AST) -> str:
    if not isinstance(node, ast.If | ast.IfExp):
        return ""
    test = _quoted(node.test)
    return f"{test}: an input for which this holds, one for which not; what if it were left out?"


def _constant(node: ast.AST) -> str:
    """A number that somebody chose, in the expression that it stands in."""
    if not isinstance(node, ast.BinOp | ast.Compare | ast.keyword | ast.Assign | ast.Call):
        return ""
    numbers = [
        child.value
        for child in ast.iter_child_nodes(node)
        if isinstance(child, ast.Constant) and isinstance(child.value, int | float)
        if child.value not in PLAIN
    ]
    if not numbers:
        return ""
    return f"{_quoted(node)}: why {numbers[0]!r}? What changes at ten times or a tenth of it?"


def _value(node: ast.AST) -> str:
    """An answer that was written down as numbers."""
    if not isinstance(node, ast.Assign) or isinstance(node.value, ast.Constant):
        return ""
    try:
        ast.literal_eval(node.value)
    except ValueError:
        return ""
    return f"{_quoted(node)}: how do you get this, and how could you check it?"


def _axis(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    names = [k.arg for k in node.keywords if k.arg in ("axis", "dim", "keepdims", "keepdim")]
    if not names:
        return ""
    return f"{_quoted(node)}: which shape goes in, which comes out, and what without `{names[-1]}`?"


def _product(node: ast.AST) -> str:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        return f"{_quoted(node)}: the shapes of both sides and of the result, and why this order?"
    return ""


def _handler(node: ast.AST) -> str:
    if isinstance(node, ast.Try):
        return "`try`: which statement may fail here, for which input, and what is returned then?"
    return ""


def _subscript(node: ast.AST) -> str:
    sliced = isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice | ast.Tuple)
    return (
        f"{_quoted(node)}: which entries are these, and is it a view or a copy?" if sliced else ""
    )


def _returned(node: ast.AST) -> str:
    if isinstance(node, ast.Return) and isinstance(node.value, ast.BinOp | ast.Call | ast.Tuple):
        return f"{_quoted(node.value)} is returned: why is this the quantity that was asked for?"
    return ""


def _function(node: ast.AST) -> str:
    if isinstance(node, ast.FunctionDef) and len(node.body) > 1:
        names = ", ".join(a.arg for a in node.args.args)
        return (
            f"`{node.name}({names[:LONGEST]})`: the idea in two sentences, the shapes of arguments "
            "and result, and the smallest input for which you checked it by hand."
        )
    return ""


# The first that fits is asked; the special before the general.
KINDS: dict[str, Callable[[ast.AST], str]] = {
    "loop": _loop,
    "condition": _condition,
    "value": _value,
    "axis": _axis,
    "constant": _constant,
    "product": _product,
    "handler": _handler,
    "subscript": _subscript,
    "return": _returned,
    "function": _function,
}


def drawn(questions: Sequence[Question], count: int, lot: Callable[[str], str]) -> list[Question]:
    """So many of the questions: of different kinds and functions first, by lot, in line order.

    Args:
        questions: from `code_questions`.
        count: how many at most.
        lot: text -> what to sort by.
    """
    left = sorted(questions, key=lambda q: lot(f"{q.kind} {q.line} {q.text}"))
    chosen: list[Question] = []
    while left and len(chosen) < count:
        kinds = [q.kind for q in chosen]
        places = [q.place for q in chosen]
        best = min(left, key=lambda q: (kinds.count(q.kind), places.count(q.place)))
        chosen.append(best)
        left.remove(best)
    return sorted(chosen, key=lambda q: q.line)
