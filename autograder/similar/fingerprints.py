"""Fingerprints of a program that survive renaming, reformatting and reordering of definitions.

The syntax tree is read as a row of tokens in which names, numbers and texts have no content, and
hashes of every `GRAM` tokens in a row are thinned by winnowing: of each `WINDOW` neighbours the
least is kept. Two programs that share `GRAM + WINDOW - 1` tokens in a row share a fingerprint for
certain, and what is shorter than `GRAM` never counts.

Source: Schleimer, Wilkerson & Aiken, "Winnowing: local algorithms for document fingerprinting",
SIGMOD 2003. Ours reads tokens of the syntax tree instead of characters.
"""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

GRAM = 14
WINDOW = 6
MOST_TOKENS = 200_000


@dataclass(frozen=True)
class Fingerprint:
    """One kept hash and the lines of the program that it comes from."""

    hash: int
    first_line: int
    last_line: int


def fingerprints(program: str) -> tuple[Fingerprint, ...]:
    """The fingerprints of a program; none if it can't be parsed."""
    row = list(tokens(program))
    grams = [
        (_hash(row[i : i + GRAM]), row[i][1], max(line for _, line in row[i : i + GRAM]))
        for i in range(len(row) - GRAM + 1)
    ]
    if not grams:
        return ()
    kept: dict[int, Fingerprint] = {}
    for start in range(max(len(grams) - WINDOW + 1, 1)):
        window = range(start, min(start + WINDOW, len(grams)))
        least = min(window, key=lambda i: (grams[i][0], -i))  # the rightmost of equal ones
        kept[least] = Fingerprint(*grams[least])
    return tuple(kept.values())


def tokens(program: str) -> Iterator[tuple[str, int]]:
    """(kind of node, line) of a program's tree, in order; docstrings left out."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a student's backslashes are not our business
            tree = ast.parse(program)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    count, stack = 0, list[tuple[ast.AST, int]]([(tree, 1)])
    while stack and count < MOST_TOKENS:
        node, line = stack.pop()
        line = getattr(node, "lineno", line)
        if not isinstance(node, ast.Module | ast.Load | ast.Store | ast.Expr):
            yield _kind(node), line
            count += 1
        children = [child for child in ast.iter_child_nodes(node) if not _is_docstring(child)]
        stack += [(child, line) for child in reversed(children)]


def _kind(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return f"Constant {type(node.value).__name__}"
    if isinstance(node, ast.Attribute):
        return f"Attribute {node.attr}"  # what is called of a library is structure
    return type(node).__name__


def _is_docstring(node: ast.AST) -> bool:
    text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return text and isinstance(getattr(node, "value").value, str)  # noqa: B009 - narrowed above


def _hash(gram: list[tuple[str, int]]) -> int:
    text = "\0".join(kind for kind, _ in gram)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest())
